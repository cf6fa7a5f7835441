//! Keeping the store to its limits when a command is done with it.

use pipe_store::{Limits, PruneReason, PruneReport, Store};

use crate::amount::bytes;

/// Remembers what was used, and makes room when there is need. What cannot be done now the next command tries again; the results of
/// this one are there in any case.
pub(crate) fn settle(store: &Store, limits: &Limits, warn: impl FnOnce(&str)) {
    match store.settle(limits) {
        Ok(None) => {}
        Ok(Some(report)) => {
            if let Some(message) = complaint(&report, limits) {
                warn(&message);
            }
        }
        Err(error) => warn(&format!("the store could not be kept to its size: {error}")),
    }
}

/// What a person can do about: a limit that is too low for what is done with the store.
fn complaint(report: &PruneReport, limits: &Limits) -> Option<String> {
    if report.own > 0 {
        let reason = match report.removed.iter().any(|removed| removed.reason == PruneReason::Floor) {
            true => {
                "the store's disk is nearly full, and there is no room on it for this command's own results"
                    .to_owned()
            }
            false => {
                let size = bytes(limits.size);
                format!("the store may take {size}, which is less than this command's own results need")
            }
        };
        return Some(format!(
            "{reason}: {} of them were removed, and will be made again; `cache.size` and `cache.free` of the configuration set the limits",
            bytes(report.own),
        ));
    }
    let over = report.left.saturating_sub(limits.size);
    (over > 0 && report.in_use).then(|| {
        format!("the store takes {} more than it may until other runs in progress have ended", bytes(over))
    })
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use pipe_store::{Floor, Pruned};

    use super::*;

    #[test]
    fn the_limit_that_was_reached_is_the_one_that_is_named() {
        let said = |reason: PruneReason| {
            let what = Pruned {
                what: "step build".into(),
                bytes: 1 << 20,
                shared: 0,
                used: SystemTime::UNIX_EPOCH,
                reason,
            };
            let report = PruneReport { own: 1 << 20, removed: vec![what], ..PruneReport::default() };
            complaint(&report, &Limits { size: 50 << 30, free: Floor::Bytes(0) }).unwrap_or_default()
        };
        assert!(said(PruneReason::Limit).contains("the store may take"));
        let full = said(PruneReason::Floor);
        assert!(full.contains("disk is nearly full") && !full.contains("may take"), "{full}");
    }
}
