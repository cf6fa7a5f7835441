//! Paths: `/` between parts, `.` and `..` resolved by their text alone.

use super::args::{Args, optional};
use super::{PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("Path.parent", |a| Ok(Datum::text(parent(a.text(0)?)))),
    ("Path.name", |a| Ok(Datum::text(name(a.text(0)?)))),
    ("Path.extension", |a| Ok(optional(extension(a.text(0)?).map(Datum::text)))),
    ("Path.stem", |a| Ok(Datum::text(stem(a.text(0)?)))),
    ("Path.parts", |a| Ok(Datum::List(parts(a.text(0)?).into_iter().map(Datum::text).collect()))),
    ("Path.is_absolute", |a| Ok(Datum::Bool(a.text(0)?.starts_with('/')))),
    ("Path.with_name", |a| Ok(Datum::text(join_path(&parent(a.text(0)?), a.text(1)?)))),
    ("Path.with_extension", with_extension),
    ("Path.relative_to", |a| Ok(optional(relative_to(a.text(0)?, a.text(1)?).map(Datum::text)))),
    ("Path.starts_with", |a| Ok(Datum::Bool(starts_with(a.text(0)?, a.text(1)?)))),
    ("Path.join", |a| Ok(Datum::text(join_path(a.text(0)?, a.text(1)?)))),
];

/// The folders of a glob before its first wildcard; all of it, when it has none. Of an absolute one at least `/`, else perhaps nothing.
pub fn fixed_part(glob: &str) -> &str {
    let Some(at) = glob.find(['*', '?', '[', '{', '\\']) else { return glob };
    let before = glob.get(..at).unwrap_or_default();
    match before.rfind('/') {
        Some(0) => "/",
        Some(slash) => before.get(..slash).unwrap_or_default(),
        None => "",
    }
}

/// A path in its shortest form: no empty parts, no `.`, `..` taken away with the part before it. `..` above `/` is `/`;
/// above the start of a relative path it stays. The empty relative path is `.`.
pub fn normalise_path(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if absolute => {}
                _ => parts.push(part),
            },
            part => parts.push(part),
        }
    }
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// `part` seen from `base`, normalised. An absolute `part` stands alone.
pub fn join_path(base: &str, part: &str) -> String {
    if part.starts_with('/') { normalise_path(part) } else { normalise_path(&format!("{base}/{part}")) }
}

fn parent(path: &str) -> String {
    let path = normalise_path(path);
    match path.rsplit_once('/') {
        Some(("", _)) => "/".to_owned(),
        Some((parent, _)) => parent.to_owned(),
        None => ".".to_owned(),
    }
}

fn name(path: &str) -> String {
    let path = normalise_path(path);
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// A name that begins with its only `.` has none.
fn extension(path: &str) -> Option<String> {
    match name(path).rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.is_empty() => Some(extension.to_owned()),
        _ => None,
    }
}

/// The name without its extension.
fn stem(path: &str) -> String {
    let name = name(path);
    match extension(path) {
        Some(extension) => name.strip_suffix(&format!(".{extension}")).unwrap_or(&name).to_owned(),
        None => name,
    }
}

/// The names on the way to it. What an absolute path is seen from is not one of them.
fn parts(path: &str) -> Vec<String> {
    let path = normalise_path(path);
    path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
}

/// With another extension, or with none where it is empty. A path without a name has none to change.
fn with_extension(args: &Args<'_>) -> Result<Datum, PureError> {
    let (path, extension) = (args.text(0)?, args.text(1)?.trim_start_matches('.'));
    let stem = stem(path);
    if matches!(stem.as_str(), "" | "." | "..") {
        return Ok(Datum::text(normalise_path(path)));
    }
    let name = if extension.is_empty() { stem } else { format!("{stem}.{extension}") };
    Ok(Datum::text(join_path(&parent(path), &name)))
}

/// The path as it is seen from `folder`; none when it does not lie below it.
fn relative_to(path: &str, folder: &str) -> Option<String> {
    if !starts_with(path, folder) {
        return None;
    }
    let (path, folder) = (normalise_path(path), normalise_path(folder));
    let rest = if folder == "." { &path } else { path.strip_prefix(folder.as_str())? };
    Some(normalise_path(rest.trim_start_matches('/')))
}

fn starts_with(path: &str, folder: &str) -> bool {
    let (path, folder) = (normalise_path(path), normalise_path(folder));
    if path.starts_with('/') != folder.starts_with('/') {
        return false;
    }
    match folder.as_str() {
        "/" => true,
        "." => path != ".." && !path.starts_with("../"),
        folder => path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}
