//! Amounts as the language writes them.

use std::time::Duration;

/// A duration: `1min30s`.
pub(crate) fn humane(duration: Duration) -> String {
    let (mut rest, mut text) = (duration.as_millis(), String::new());
    for (unit, millis) in [("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)] {
        if rest >= millis {
            text.push_str(&format!("{}{unit}", rest / millis));
            rest %= millis;
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

/// A size: `64MiB`; the largest unit of which it has whole ones.
pub(crate) fn size(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];
    let fits = units.into_iter().find(|(_, bits)| bytes != 0 && bytes.trailing_zeros() >= *bits);
    let (unit, bits) = fits.unwrap_or(("B", 0));
    format!("{}{unit}", bytes >> bits)
}

/// A size that was measured: whole ones of the largest unit, `61MiB`.
pub(crate) fn rough(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];
    // Two digits say enough.
    let fits = units.into_iter().find(|(_, bits)| bytes >> bits >= 10);
    let (unit, bits) = fits.unwrap_or(("B", 0));
    format!("{}{unit}", bytes >> bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_in_programs() {
        assert_eq!(humane(Duration::from_millis(90_500)), "1min30s500ms");
        assert_eq!(humane(Duration::ZERO), "0s");
        assert_eq!(size(64 << 20), "64MiB");
        assert_eq!(size(3 << 29), "1536MiB");
        assert_eq!(size(1001), "1001B");
        assert_eq!(size(0), "0B");
        assert_eq!(rough((61 << 20) + 12345), "61MiB");
        assert_eq!(rough(7 << 30), "7168MiB");
        assert_eq!(rough(3), "3B");
    }
}
