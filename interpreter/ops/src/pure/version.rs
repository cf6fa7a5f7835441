//! Order of versions and other numbers that are kept as text (`Version`, `Port`, `Percent`).

use std::cmp::Ordering;

/// As Semantic Versioning 2.0.0, section 11, orders them, for any number of parts: `1.9` < `1.10`, `1.0-rc.1` < `1.0`, and what
/// follows `+` does not count.
pub(super) fn compare_versions(a: &str, b: &str) -> Ordering {
    let (a, b) = (split(a), split(b));
    let pre = match (a.1, b.1) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => parts(a, b, false),
    };
    parts(a.0, b.0, true).then(pre)
}

fn split(version: &str) -> (&str, Option<&str>) {
    let version = version.split('+').next().unwrap_or_default();
    match version.split_once('-') {
        Some((core, pre)) => (core, Some(pre)),
        None => (version, None),
    }
}

/// Part by part. `zeros`: what is missing counts as 0 (`1.2` equals `1.2.0`), else as less.
fn parts(a: &str, b: &str, zeros: bool) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (Some(a), Some(b)) => part(a, b),
            (Some(a), None) => {
                if zeros {
                    part(a, "0")
                } else {
                    Ordering::Greater
                }
            }
            (None, Some(b)) => {
                if zeros {
                    part("0", b)
                } else {
                    Ordering::Less
                }
            }
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers by value, before words; words by their text. Numbers of any length: by length without leading zeros, then by text.
fn part(a: &str, b: &str) -> Ordering {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match (number(a), number(b)) {
        (true, true) => {
            let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}
