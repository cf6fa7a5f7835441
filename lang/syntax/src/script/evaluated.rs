//! Variables that a shell evaluates as arithmetic, where bash runs commands in subscripts: `k='a[$(date)]'; echo $((k))`.

use std::collections::BTreeSet;

use super::double_bracket::ARITHMETIC;
use super::scanner::Unit;

/// The names that stand in arithmetic anywhere in the script: in `((…))`, in subscripts, behind `let`, beside `-eq` in
/// `[[…]]`, as an offset in `${x:…}`. Quoting is not looked at: a name too many costs little.
pub(super) fn evaluated_names(units: &[Unit]) -> BTreeSet<String> {
    let text: Vec<char> = units
        .iter()
        .map(|unit| match unit {
            Unit::Char(c) => *c,
            Unit::Hole => ' ',
        })
        .collect();
    let mut names = BTreeSet::new();
    for at in 0..text.len() {
        let before = at.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(' ');
        let rest = text.get(at..).unwrap_or_default();
        let region = if rest.starts_with(&['(', '(']) && before != '(' {
            until(rest, "))")
        } else if rest.starts_with(&['[', '[']) && !is_name(before) {
            until(rest, "]]").filter(|region| compares(region))
        } else if rest.starts_with(&['$', '{']) {
            parameter(rest)
        } else if rest.first() == Some(&'[') && is_name(before) {
            until(rest, "]").filter(|inside| assigns(rest.get(inside.len()..).unwrap_or_default()))
        } else if rest.starts_with(&['l', 'e', 't', ' ']) && !is_name(before) {
            rest.split(|c| matches!(c, '\n' | ';')).next()
        } else {
            None
        };
        collect(region.unwrap_or_default(), &mut names);
    }
    names
}

/// The subscript or the offset of `${…}`: what stands behind its name, unless that is a default.
fn parameter(rest: &[char]) -> Option<&[char]> {
    let inside = until(rest, "}")?.get(2..)?;
    let inside = inside.strip_prefix(&['#']).or(inside.strip_prefix(&['!'])).unwrap_or(inside);
    let behind = inside.iter().position(|c| !is_name(*c)).and_then(|at| inside.get(at..))?;
    match behind {
        ['[', ..] => Some(behind),
        [':', next, ..] if !"-+=?".contains(*next) => Some(behind),
        _ => None,
    }
}

/// Whether this is the end of `a[…]=` or `a[…]+=`.
fn assigns(text: &[char]) -> bool {
    text.starts_with(&[']', '=']) || text.starts_with(&[']', '+', '='])
}

/// What stands before an end in the same line; all of the line when the end is not there.
fn until<'t>(text: &'t [char], end: &str) -> Option<&'t [char]> {
    let end: Vec<char> = end.chars().collect();
    let line = text.split(|c| *c == '\n').next()?;
    let at = line.windows(end.len()).position(|window| window == end);
    line.get(..at.unwrap_or(line.len()))
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

/// Whether `[[ … ]]` compares numbers.
fn compares(region: &[char]) -> bool {
    region.split(|c| c.is_whitespace()).any(|word| ARITHMETIC.contains(&&*word.iter().collect::<String>()))
}

fn collect(region: &[char], names: &mut BTreeSet<String>) {
    for name in region.split(|c| !is_name(*c)) {
        if name.first().is_some_and(|c| !c.is_ascii_digit()) {
            names.insert(name.iter().collect());
        }
    }
}
