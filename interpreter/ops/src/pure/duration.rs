//! Durations as text: `1h30min`.

/// Units with their length in nanoseconds, from the longest on.
const UNITS: &[(&str, i64)] = &[
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

/// As a literal of the language. What is left below a millisecond becomes a fraction of one: `0.25ms`.
pub(super) fn format_duration(nanoseconds: i64) -> String {
    let mut rest = nanoseconds.unsigned_abs();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut out = String::from(if nanoseconds < 0 { "-" } else { "" });
    for (unit, length) in UNITS {
        let length = length.unsigned_abs();
        let count = rest / length;
        let last = *unit == "ms";
        rest %= length;
        if last && rest > 0 {
            let fraction = format!("{rest:06}");
            out.push_str(&format!("{count}.{}{unit}", fraction.trim_end_matches('0')));
        } else if count > 0 {
            out.push_str(&format!("{count}{unit}"));
        }
    }
    out
}

/// The nanoseconds of a text like `1h30min`, `-5s`, `0.25ms`: numbers with the units `d h min s ms`, longest first.
/// `None` when it is not of this form or out of range.
pub fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut total: i64 = 0;
    let mut units = UNITS.iter();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (_, length) = units.by_ref().find(|(name, _)| *name == unit)?;
        total = total.checked_add(scaled(number, *length)?)?;
        rest = tail;
    }
    if negative { total.checked_neg() } else { Some(total) }
}

/// `number` times `length`; a fraction must come out whole.
fn scaled(number: &str, length: i64) -> Option<i64> {
    let number = number.replace('_', "");
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let whole: i64 = whole.parse().ok()?;
    let mut total = whole.checked_mul(length)?;
    if number.contains('.') {
        if fraction.is_empty() || fraction.len() > 17 {
            return None;
        }
        let scale = 10_i128.pow(fraction.len() as u32);
        let part = i128::from(fraction.parse::<i64>().ok()?) * i128::from(length);
        if part % scale != 0 {
            return None;
        }
        total = total.checked_add(i64::try_from(part / scale).ok()?)?;
    }
    Some(total)
}
