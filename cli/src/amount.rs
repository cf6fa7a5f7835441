//! Sizes and ages as people write them.

use std::time::Duration;

/// Units of sizes, and their bytes.
const SIZES: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// Units of ages, and their seconds.
const AGES: [(&str, u64); 5] = [("s", 1), ("min", 60), ("h", 3600), ("d", 86_400), ("w", 7 * 86_400)];

/// A size: `20GiB`, `500 MB`, `0`.
///
/// # Errors
/// What is wrong with it, for a person.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    if text.trim() == "0" {
        return Ok(0);
    }
    measured(text, &SIZES).ok_or_else(|| format!("`{text}` is not a size like `20GiB` or `500MB`"))
}

/// An age: `7d`, `12h`.
///
/// # Errors
/// What is wrong with it, for a person.
pub(crate) fn age(text: &str) -> Result<Duration, String> {
    let seconds =
        measured(text, &AGES).ok_or_else(|| format!("`{text}` is not an age like `7d` or `12h`"))?;
    Ok(Duration::from_secs(seconds))
}

fn measured(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// Bytes in their largest binary unit.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut scaled = bytes as f64;
    let mut unit = 0;
    while scaled >= 1024.0 && unit + 1 < units.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{scaled:.1} {}", units[unit]) }
}

/// An age in its largest unit.
pub(crate) fn rounded(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sizes_and_ages_are_read() {
        assert_eq!(size("20GiB").unwrap(), 20 << 30);
        assert_eq!(size(" 500 MB ").unwrap(), 500_000_000);
        assert_eq!(size("0").unwrap(), 0);
        for bad in ["", "20", "GiB", "-1GiB", "1.5GiB", "20gib", "99999999999TiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        assert_eq!(age("7d").unwrap(), Duration::from_secs(7 * 86_400));
        assert!(age("7").is_err() && age("7 days").is_err());
    }

    #[test]
    fn sizes_and_ages_read_well() {
        assert_eq!(bytes(12), "12 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(rounded(7200), "2 h");
    }
}
