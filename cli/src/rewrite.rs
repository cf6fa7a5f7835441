//! Changing a source file.

use std::path::{Path, PathBuf};

use crate::exit::CliError;

/// Replaces the text of a file. It is written beside and renamed, so that nobody ever sees half a file; the mode stays.
///
/// # Errors
/// When it cannot be written; the file is then as it was.
pub(crate) fn file(path: &Path, text: &str) -> Result<(), CliError> {
    // A link stays one: what it leads to is changed.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut beside = real.clone().into_os_string();
    beside.push(format!(".pipe-{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = std::fs::metadata(&real).and_then(|metadata| {
        std::fs::write(&beside, text)?;
        std::fs::set_permissions(&beside, metadata.permissions())?;
        std::fs::rename(&beside, &real)
    });
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        CliError::usage(format!("cannot write {}: {error}", path.display()))
    })
}
