//! Whether a folder of the host may be replaced by a result: what somebody would miss must stay.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::export::write_error;
use crate::{ExportError, Store, StoreError};

/// What makes a folder more than a result, by the name of an entry.
const PRECIOUS: [(&str, &str); 2] = [(".git", "holds a Git repository"), ("pipe.toml", "holds a package")];

impl Store {
    /// A folder that will be gone afterwards must be an earlier result, or empty. `mtime` is the time that results get.
    pub(crate) fn is_replaceable(
        &self,
        target: &Path,
        destination: &Path,
        mtime: i64,
    ) -> Result<(), StoreError> {
        let precious = |reason| Err(ExportError::Precious { path: destination.to_path_buf(), reason }.into());
        let real = fs::canonicalize(target).map_err(|error| write_error(target, error))?;
        if std::env::current_dir().is_ok_and(|here| here.starts_with(&real)) {
            return precious("holds the current folder");
        }
        if fs::canonicalize(self.dir()).is_ok_and(|store| store.starts_with(&real)) {
            return precious("holds the store");
        }
        for (name, reason) in PRECIOUS {
            if fs::symlink_metadata(real.join(name)).is_ok() {
                return precious(reason);
            }
        }
        match foreign(&real, mtime)? {
            Some(entry) => {
                let entry = entry.strip_prefix(&real).unwrap_or(&entry).to_path_buf();
                Err(ExportError::Foreign { path: destination.to_path_buf(), entry }.into())
            }
            None => Ok(()),
        }
    }
}

/// The first entry of a folder that is no part of a result. All that is written has one time, a whole second, which is also the
/// folder's own as long as nobody adds to it: files of other origin do not look like that. Folders alone are not missed.
fn foreign(folder: &Path, mtime: i64) -> Result<Option<PathBuf>, StoreError> {
    let own = fs::symlink_metadata(folder).map_err(|error| write_error(folder, error))?;
    let times = [Some(mtime), (own.mtime_nsec() == 0).then_some(own.mtime())];
    let is_written = |file: &fs::Metadata| file.mtime_nsec() == 0 && times.contains(&Some(file.mtime()));
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| write_error(&folder, error))? {
            let path = entry.map_err(|error| write_error(&folder, error))?.path();
            let metadata = fs::symlink_metadata(&path).map_err(|error| write_error(&path, error))?;
            if metadata.is_dir() {
                folders.push(path);
            } else if !is_written(&metadata) {
                return Ok(Some(path));
            }
        }
    }
    Ok(None)
}
