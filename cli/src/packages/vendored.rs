//! Packages inside the package that uses them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pipe_analysis::{PackageFiles, PackageLock, VENDOR, VENDORED, read_package, vendor_folders};
use pipe_fetch::write_files;

use super::place::failed;
use crate::environment::Environment;
use crate::exit::CliError;

/// Whether a package reads its packages from its own `vendor/`.
pub(crate) fn is_vendored(package: &Path) -> bool {
    package.join(VENDOR).join(VENDORED).is_file()
}

/// Puts the packages of a lock, which are all in the store, into `vendor/`. What an earlier call put there and is not wanted any more
/// goes; nothing else there is touched.
///
/// # Errors
/// When something stands in the way, or it cannot be written.
pub(crate) fn vendor(environment: &Environment, package: &Path, lock: &PackageLock) -> Result<(), CliError> {
    let folder = package.join(VENDOR);
    let cannot = |path: &Path, error: std::io::Error| {
        CliError::usage(format!("cannot write {}: {error}", path.display()))
    };
    if folder.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
        return Err(CliError::usage(format!("{} is not a folder", folder.display())));
    }
    let list = folder.join(VENDORED);
    let before = fs::read_to_string(&list).unwrap_or_default();
    let before = vendor_folders(&PackageLock::parse(&before).unwrap_or_default());
    let contents = contents(environment, lock)?;
    let foreign = contents.keys().find(|name| {
        !before.values().any(|ours| ours == *name) && folder.join(name).symlink_metadata().is_ok()
    });
    if let Some(name) = foreign {
        return Err(CliError::usage(format!(
            "{} is there, and is not one of pipe's",
            folder.join(name).display()
        ))
        .help("move it out of the way"));
    }
    for name in before.values() {
        let old = folder.join(name);
        match fs::remove_dir_all(&old) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(cannot(&old, error)),
            _ => {}
        }
    }
    if contents.is_empty() {
        let _ = fs::remove_file(&list);
        // Only when nothing of somebody else's is in it.
        let _ = fs::remove_dir(&folder);
        return Ok(());
    }
    fs::create_dir_all(&folder).map_err(|error| cannot(&folder, error))?;
    // First: what is missing or half there from now on is known to be missing.
    fs::write(&list, lock.write_into("")).map_err(|error| cannot(&list, error))?;
    for (name, files) in contents {
        let place = folder.join(name);
        fs::create_dir(&place).map_err(|error| cannot(&place, error))?;
        write_files(&place, &files).map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// The files of all packages, as the store has them, by the names of their folders.
fn contents(
    environment: &Environment,
    lock: &PackageLock,
) -> Result<BTreeMap<String, PackageFiles>, CliError> {
    let store = environment.packages()?;
    let system = environment.system();
    let mut contents = BTreeMap::new();
    for (source, name) in vendor_folders(lock) {
        let Some(package) = lock.get(&source) else { continue };
        let files = read_package(&system, &store.join(&package.digest), &package.digest)
            .map_err(|reason| CliError::usage(format!("{source}: {reason}")))?;
        contents.insert(name, files);
    }
    Ok(contents)
}
