//! What the user allows: `--allow`, `PIPE_ALLOW`, the configuration.

use std::path::{Path, PathBuf};

use pipe_engine::Grants;

use crate::exit::CliError;

/// Adds grants as they are written: `file:PATH`.
///
/// # Errors
/// When one is of a kind that is not there.
pub(crate) fn add<'a>(
    grants: &mut Grants,
    written: impl IntoIterator<Item = &'a str>,
    current_dir: &Path,
) -> Result<(), CliError> {
    for grant in written {
        match grant.split_once(':') {
            Some(("file", path)) if !path.is_empty() => {
                grants.files.push(existing(grant, &current_dir.join(path))?)
            }
            _ => {
                return Err(CliError::usage(format!("`{grant}` is not a grant")).help(
                    "this version knows `file:PATH`: a file or folder outside the package that may be read",
                ));
            }
        }
    }
    Ok(())
}

/// A grant for something that is not there would be one for whatever comes there later.
fn existing(grant: &str, path: &Path) -> Result<PathBuf, CliError> {
    path.canonicalize().map_err(|error| CliError::usage(format!("the grant `{grant}`: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_start_in_the_current_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f"), "").unwrap();
        let mut grants = Grants::default();
        add(&mut grants, ["file:f"], folder.path()).unwrap();
        assert_eq!(grants.files, [folder.path().join("f").canonicalize().unwrap()]);
        for wrong in ["file:missing", "file:", "secret:X", "f"] {
            assert!(add(&mut grants, [wrong], folder.path()).is_err(), "{wrong}");
        }
    }
}
