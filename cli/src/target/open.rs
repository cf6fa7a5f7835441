//! The package of a command line on which `-C` may stand behind the targets, where only the package tells whose flag is whose.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::request::{Request, read};
use crate::environment::Environment;
use crate::exit::CliError;
use crate::package::Package;

/// Loads the package and reads what stands after `command`. A `-C` there counts when the package that it chooses takes it for
/// `pipe`'s flag; otherwise it is somebody's value.
///
/// # Errors
/// As [`Package::load`] and [`read`].
pub(crate) fn open(
    environment: &Environment,
    command: &str,
    directory: Option<&Path>,
    rest: &[OsString],
) -> Result<(Package, Request), CliError> {
    let current = &environment.current_dir;
    let mut refused = None;
    if let Some(folder) = folder_behind(rest) {
        match Package::load(environment, Some(&folder)) {
            Ok(package) => {
                let request = read(&package, command, rest, current);
                match request {
                    Ok(request) if is_chosen(&request) => return Ok((package, request)),
                    Err(error) => refused = Some(error),
                    Ok(_) => {}
                }
            }
            Err(error) => refused = Some(error),
        }
    }
    let opened = Package::load(environment, directory)
        .and_then(|package| Ok((read(&package, command, rest, current)?, package)));
    match (opened, refused) {
        (Ok((request, package)), refused) => match refused.filter(|_| is_chosen(&request)) {
            Some(error) => Err(error),
            None => Ok((package, request)),
        },
        (Err(_), Some(error)) | (Err(error), None) => Err(error),
    }
}

/// The flag was taken for `pipe`'s.
fn is_chosen(request: &Request) -> bool {
    request.own.iter().any(|flag| folder_of(flag).is_some())
}

/// The folder of the last word that may be `-C DIR` or `-CDIR`.
pub(crate) fn folder_behind(rest: &[OsString]) -> Option<PathBuf> {
    let at = rest.iter().rposition(|word| folder_of(word).is_some())?;
    let attached = folder_of(rest.get(at)?)?;
    if attached.is_empty() { rest.get(at + 1).map(PathBuf::from) } else { Some(attached.into()) }
}

/// What follows `-C` in the same word.
fn folder_of(word: &OsStr) -> Option<&OsStr> {
    use std::os::unix::ffi::OsStrExt;
    word.as_bytes().strip_prefix(b"-C").map(OsStr::from_bytes)
}
