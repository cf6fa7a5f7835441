//! Which package a command means.

use std::path::{Path, PathBuf};

use pipe_analysis::{PackageRoot, System};

use crate::environment::Environment;
use crate::exit::CliError;

/// The package of `-C`'s folder, else of the current one.
///
/// # Errors
/// When there is none.
pub(crate) fn package(
    system: &dyn System,
    environment: &Environment,
    directory: Option<&Path>,
) -> Result<PackageRoot, CliError> {
    let folder = environment.current_dir.join(directory.unwrap_or(Path::new("")));
    if !folder.is_dir() {
        return Err(CliError::usage(format!("{} is not a folder", folder.display())));
    }
    PackageRoot::discover(system, &folder).ok_or_else(|| {
        CliError::usage(format!("there is no package in {}", folder.display())).help(
            "a package is a folder with a `pipe.toml` or a `main.pipe`; `-C DIR` chooses another folder",
        )
    })
}

/// The `.pipe` files of the package of a folder, or of these files and folders; sorted. Packages inside the package are
/// not its own.
///
/// # Errors
/// When a path cannot be read, or there is no package.
pub(crate) fn source_files(
    environment: &Environment,
    directory: Option<&Path>,
    paths: &[PathBuf],
) -> Result<Vec<PathBuf>, CliError> {
    let mut found = Vec::new();
    if paths.is_empty() {
        let root = package(&environment.system(), environment, directory)?;
        search(&root.dir, &|folder| folder.join("pipe.toml").is_file(), &mut found)?;
    }
    for path in paths {
        files(&environment.current_dir.join(path), &mut found)?;
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The `.pipe` files that a path stands for; folders are searched, but for hidden ones.
///
/// # Errors
/// When something cannot be read.
pub(super) fn files(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    search(path, &|_| false, found)
}

/// As [`files`], but for folders below that are to be left out.
fn search(path: &Path, left_out: &dyn Fn(&Path) -> bool, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::usage(format!("cannot read {}: {error}", path.display()));
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_dir() {
        found.push(path.to_path_buf());
        return Ok(());
    }
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        entries.push((entry.path(), entry.file_type().map_err(failed)?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (entry, kind) in entries {
        let hidden = entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        // Links are not followed: they may lead in circles.
        if kind.is_dir() && !hidden && !left_out(&entry) {
            search(&entry, left_out, found)?;
        } else if kind.is_file() && entry.extension().is_some_and(|extension| extension == "pipe") {
            found.push(entry);
        }
    }
    Ok(())
}
