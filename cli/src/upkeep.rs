//! Keeping the store to its limits when a command is done with it.

use pipe_store::{Limits, PruneReport, Store};

use crate::amount::bytes;
use crate::progress::Progress;

/// Remembers what was used, and makes room when there is need. What cannot be done now the next command tries again; the results of
/// this one are there in any case.
pub(crate) fn settle(store: &Store, limits: &Limits, progress: &Progress) {
    match store.settle(limits) {
        Ok(None) => {}
        Ok(Some(report)) => {
            if let Some(message) = complaint(&report, limits) {
                progress.warning(&message);
            }
        }
        Err(error) => progress.warning(&format!("the store could not be kept to its size: {error}")),
    }
}

/// What a person can do about: a limit that is too low for what is done with the store.
fn complaint(report: &PruneReport, limits: &Limits) -> Option<String> {
    if report.own > 0 {
        return Some(format!(
            "the store may take {}, which is less than this command's own results need: {} of them were removed, and will be made \
             again; `cache.size` and `cache.free` of the configuration set the limits",
            bytes(limits.size),
            bytes(report.own),
        ));
    }
    let over = report.left.saturating_sub(limits.size);
    (over > 0 && report.in_use).then(|| {
        format!("the store takes {} more than it may until other runs in progress have ended", bytes(over))
    })
}
