//! Forms of checked texts, for values that are known only now: a decoded field, a `String` used as a `Path`. Literals are checked
//! by the front end, with an error inside the literal.

use super::args::Args;
use super::checked_reference::{git_ref, image_ref, url, version};
use super::{PureError, PureFn, regexes};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[("check", check)];

/// The type's name, then the text; gives the text.
fn check(args: &Args<'_>) -> Result<Datum, PureError> {
    check_text(args.text(0)?, args.text(1)?)?;
    Ok(Datum::Text(args.text(1)?.clone()))
}

/// Whether a text has the form of the checked type named `kind` (`Path`, `EnvName`, …).
///
/// # Errors
/// When it has not, with what is wrong; [`PureError::Unknown`] when there is no such type.
pub fn check_text(kind: &str, text: &str) -> Result<(), PureError> {
    let (article_kind, verdict) = match kind {
        "Path" => ("a `Path`", path(text)),
        "Glob" => ("a `Glob`", glob(text)),
        "EnvName" => ("an `EnvName`", env_name(text)),
        "Port" => ("a `Port`", number(text, 1, 65_535)),
        "Percent" => ("a `Percent`", number(text, 0, 100)),
        "Mode" => ("a `Mode`", mode(text)),
        "Platform" => ("a `Platform`", platform(text)),
        "Version" => ("a `Version`", version(text)),
        "ImageRef" => ("an `ImageRef`", image_ref(text)),
        "Url" => ("a `Url`", url(text)),
        "GitRef" => ("a `GitRef`", git_ref(text)),
        "Regex" => return regexes::compile(text).map(drop),
        _ => return Err(PureError::Unknown { function: format!("check {kind}") }),
    };
    verdict.map_err(|reason| PureError::Form { kind: article_kind, text: shortened(text), reason })
}

/// What a checker says: fine, or why not.
pub(super) type Verdict = Result<(), String>;

pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).chain(['…']).collect()
    }
}

fn path(text: &str) -> Verdict {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    no_nul(text)
}

fn no_nul(text: &str) -> Verdict {
    if text.contains('\0') { Err("it has a NUL character".to_owned()) } else { Ok(()) }
}

/// Brackets and braces must be closed.
fn glob(text: &str) -> Verdict {
    path(text)?;
    let mut chars = text.chars();
    let (mut bracket, mut braces) = (false, 0_u32);
    while let Some(c) = chars.next() {
        match c {
            ']' => bracket = false,
            _ if bracket => {}
            '\\' if chars.next().is_none() => return Err("nothing follows the last `\\`".to_owned()),
            '\\' => {}
            '[' => bracket = true,
            '{' => braces += 1,
            '}' => braces = braces.checked_sub(1).ok_or("a `}` closes nothing")?,
            _ => {}
        }
    }
    if bracket {
        return Err("a `[` is not closed".to_owned());
    }
    if braces > 0 { Err("a `{` is not closed".to_owned()) } else { Ok(()) }
}

fn env_name(text: &str) -> Verdict {
    match text.chars().next() {
        None => return Err("it is empty".to_owned()),
        Some(c) if c.is_ascii_digit() => return Err("it begins with a digit".to_owned()),
        Some(_) => {}
    }
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '_') {
        Some(c) => Err(format!("`{}` is not a letter, digit or `_`", c.escape_debug())),
        None => Ok(()),
    }
}

fn number(text: &str, least: u32, most: u32) -> Verdict {
    match text.parse::<u32>() {
        Ok(number) if (least..=most).contains(&number) => Ok(()),
        _ => Err(format!("it is not a whole number from {least} to {most}")),
    }
}

fn mode(text: &str) -> Verdict {
    let octal = text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    if octal && (3..=4).contains(&text.len()) {
        Ok(())
    } else {
        Err("it is not three or four octal digits, as in 0755".to_owned())
    }
}

fn platform(text: &str) -> Verdict {
    let parts: Vec<&str> = text.split('/').collect();
    let well_formed =
        |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if (2..=3).contains(&parts.len()) && parts.iter().all(well_formed) {
        Ok(())
    } else {
        Err("it is not of the form `os/arch`, as in linux/amd64".to_owned())
    }
}
