//! Numbers and their units.

use super::Builder;
use crate::Span;
use crate::ast::{NumLit, NumValue};
use crate::errors::{Raised, literals};

/// Units of durations, in nanoseconds.
const DURATIONS: [(&str, u64); 5] = [
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Units of sizes, in bytes.
const SIZES: [(&str, u64); 7] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// What people write for a unit.
const SPELLINGS: [(&str, &str); 27] = [
    ("m", "min"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("msec", "ms"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("k", "kB"),
    ("K", "KiB"),
    ("KB", "kB"),
    ("Ki", "KiB"),
    ("M", "MiB"),
    ("Mb", "MB"),
    ("mb", "MB"),
    ("Mi", "MiB"),
    ("G", "GiB"),
    ("Gb", "GB"),
    ("gb", "GB"),
    ("Gi", "GiB"),
];

/// Why a number has no value.
enum Bad {
    /// The unit, and where it stands in the number.
    Unit {
        at: usize,
        unit: String,
    },
    Other(&'static str),
}

impl Builder<'_> {
    pub(crate) fn number(&mut self, l: u32, r: u32) -> NumLit {
        let span = Span { start: l, end: r };
        let text = self.symbols.symbol(self.slice(l, r));
        let value = value(&text).unwrap_or_else(|bad| {
            let error = sentence(bad, self.absolute(span));
            self.raised.push(error);
            NumValue::Bad
        });
        NumLit { text, value, span }
    }
}

fn sentence(bad: Bad, place: Span) -> Raised {
    match bad {
        Bad::Other(message) => literals::bad_number(place, message),
        Bad::Unit { at, unit } => {
            let start = place.start + at as u32;
            let place = Span { start, end: start + unit.len() as u32 };
            let nearest = SPELLINGS.iter().find(|(theirs, _)| *theirs == unit).map(|(_, ours)| *ours);
            literals::unknown_unit(place, &unit, nearest)
        }
    }
}

/// One number with the unit behind it.
struct Part<'t> {
    digits: &'t str,
    fraction: &'t str,
    unit: &'t str,
    /// Where the unit stands in the number.
    at: usize,
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut rest = text;
    let mut out = Vec::new();
    while !rest.is_empty() {
        let (digits, after) = split(rest, |c| c.is_ascii_digit() || c == '_');
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => split(after, |c| c.is_ascii_digit() || c == '_'),
            None => ("", after),
        };
        let (unit, after) = split(after, |c| !c.is_ascii_digit());
        let at = text.len() - after.len() - unit.len();
        out.push(Part { digits, fraction, unit, at });
        rest = after;
    }
    out
}

fn split(text: &str, inside: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !inside(c)).unwrap_or(text.len()))
}

fn value(text: &str) -> Result<NumValue, Bad> {
    let parts = parts(text);
    match parts.as_slice() {
        [part] if part.unit.is_empty() => plain(text, part),
        [part] if lookup(&SIZES, part.unit).is_some() => size(part),
        _ => duration(&parts),
    }
}

fn lookup(table: &[(&str, u64)], unit: &str) -> Option<u64> {
    table.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor)
}

fn plain(text: &str, part: &Part<'_>) -> Result<NumValue, Bad> {
    let digits = text.replace('_', "");
    if part.fraction.is_empty() {
        return digits
            .parse()
            .map(NumValue::Int)
            .map_err(|_| Bad::Other("this number is too large for an `Int`"));
    }
    match digits.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(NumValue::Float(number.to_bits())),
        _ => Err(Bad::Other("this number is too large for a `Float`")),
    }
}

fn size(part: &Part<'_>) -> Result<NumValue, Bad> {
    scaled(part, &SIZES)?
        .and_then(|bytes| u64::try_from(bytes).ok())
        .map(NumValue::Size)
        .ok_or(Bad::Other("this size is no whole number of bytes, or too large"))
}

/// `1h30min`: parts from the largest unit down, each unit once.
fn duration(parts: &[Part<'_>]) -> Result<NumValue, Bad> {
    let mut total: i64 = 0;
    let mut last = u64::MAX;
    for part in parts {
        let nanoseconds = scaled(part, &DURATIONS)?
            .and_then(|n| i64::try_from(n).ok())
            .ok_or(Bad::Other("this duration is no whole number of nanoseconds, or too long"))?;
        let unit = lookup(&DURATIONS, part.unit).unwrap_or(0);
        if unit >= last {
            return Err(Bad::Other("the parts of a duration go from the largest unit down: `1h30min`"));
        }
        last = unit;
        total = total.checked_add(nanoseconds).ok_or(Bad::Other("this duration is too long"))?;
    }
    Ok(NumValue::Duration(total))
}

/// The number in the smallest unit; `None` when it is not whole or too large.
fn scaled(part: &Part<'_>, table: &[(&str, u64)]) -> Result<Option<u128>, Bad> {
    let Some(factor) = lookup(table, part.unit) else {
        return Err(Bad::Unit { at: part.at, unit: part.unit.to_owned() });
    };
    let digits = |text: &str| text.replace('_', "");
    let (whole, fraction) = (digits(part.digits), digits(part.fraction));
    Ok(exact(&whole, fraction.trim_end_matches('0'), u128::from(factor)))
}

fn exact(whole: &str, fraction: &str, factor: u128) -> Option<u128> {
    let whole = whole.parse::<u128>().ok()?.checked_mul(factor)?;
    if fraction.is_empty() {
        return Some(whole);
    }
    let scale = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let scaled = fraction.parse::<u128>().ok()?.checked_mul(factor)?;
    (scaled % scale == 0).then(|| whole.checked_add(scaled / scale)).flatten()
}
