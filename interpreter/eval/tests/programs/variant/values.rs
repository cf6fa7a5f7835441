//! Other values, of the same kinds.

use std::ops::Range;

use super::Edit;
use super::random::Random;

/// Other numbers and texts, as far as one can tell without types that they are as good.
pub(super) fn others(text: &str, literals: &[Range<usize>], random: &mut Random) -> Vec<Edit> {
    let mut edits = Vec::new();
    for range in literals {
        let old = &text[range.clone()];
        let new = if old.starts_with('"') { string(old, random) } else { number(old, random) };
        if let Some(new) = new.filter(|_| random.percent(70)) {
            edits.push((range.clone(), new));
        }
    }
    edits
}

/// Another number that is not larger, with the same unit: what is a port or a percentage stays one.
fn number(text: &str, random: &mut Random) -> Option<String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let value: usize = text[..digits].parse().ok()?;
    if value == 0 || text[digits..].starts_with(['.', '_']) {
        return None;
    }
    Some(format!("{}{}", 1 + random.below(value), &text[digits..]))
}

/// Another sentence, another tag of an image.
fn string(text: &str, random: &mut Random) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if text.starts_with("\"\"\"") || inner.contains(['$', '\\']) {
        return None;
    }
    if inner.contains(' ') {
        return Some(format!("\"{inner} {}\"", random.below(100)));
    }
    let (name, tag) = inner.rsplit_once(':')?;
    let is_tag = !tag.is_empty() && tag.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase());
    (is_tag && is_name).then(|| format!("\"{name}:{}.{}\"", random.below(50), random.below(50)))
}
