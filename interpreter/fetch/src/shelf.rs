//! Where fetched packages lie: a folder for each content, named by its digest, which is there as a whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use crate::error::FetchError;

/// What names of folders begin with in which a package is being fetched.
const SCRATCH: &str = ".fetch-";
/// The file that is locked while folders for fetching are made and removed.
const LOCK: &str = ".lock";

/// A folder of packages.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
}

/// A folder in which a package is being fetched; removed when it is dropped, and when its process dies by the next one that fetches.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    /// Locked as long as this lives.
    _alive: File,
}

impl Scratch {
    /// An empty folder in it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn empty(&self, name: &str) -> Result<PathBuf, FetchError> {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).map_err(FetchError::disk(&folder))?;
        Ok(folder)
    }
}

impl Shelf {
    /// The packages in a folder, which need not be there yet.
    pub fn new(folder: PathBuf) -> Shelf {
        Shelf { folder }
    }

    /// The packages that are there, by their digests.
    pub fn digests(&self) -> Vec<String> {
        let names = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let mut digests: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        digests.sort();
        digests
    }

    /// Removes a package. Whoever has read it already is not disturbed, and whoever wants it fetches it again.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, digest: &str) -> Result<(), FetchError> {
        let place = self.folder.join(digest);
        match fs::remove_dir_all(&place) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(FetchError::Disk { path: place, error }),
            _ => Ok(()),
        }
    }

    /// A place to fetch to, on the same file system. What dead processes left is removed.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn scratch(&self) -> Result<Scratch, FetchError> {
        let failed = || FetchError::disk(&self.folder);
        fs::create_dir_all(&self.folder).map_err(failed())?;
        let guard = self.folder.join(LOCK);
        let guard = File::create(&guard).map_err(FetchError::disk(guard))?;
        flock(&guard, FlockOperation::LockExclusive).map_err(|error| failed()(error.into()))?;
        self.remove_dead();
        let folder = tempfile::Builder::new().prefix(SCRATCH).tempdir_in(&self.folder).map_err(failed())?;
        let alive = File::create(folder.path().join(LOCK)).map_err(failed())?;
        flock(&alive, FlockOperation::LockExclusive).map_err(|error| failed()(error.into()))?;
        Ok(Scratch { folder, _alive: alive })
    }

    fn remove_dead(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            if !entry.file_name().as_encoded_bytes().starts_with(SCRATCH.as_bytes()) {
                continue;
            }
            let alive = File::open(entry.path().join(LOCK))
                .is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_err());
            if !alive {
                // What cannot be removed takes some room, and nothing else.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Puts the files of a package there, under the digest of its content. One that is there already stays, unless it is `damaged`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(
        &self,
        scratch: &Scratch,
        digest: &str,
        files: &BTreeMap<String, String>,
        damaged: bool,
    ) -> Result<(), FetchError> {
        let place = self.folder.join(digest);
        let made = scratch.empty(&format!("{digest}.new"))?;
        write_files(&made, files)?;
        if damaged {
            let aside = scratch.folder.path().join(format!("{digest}.old"));
            match fs::rename(&place, &aside) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(FetchError::Disk { path: place, error });
                }
                _ => {}
            }
        }
        match fs::rename(&made, &place) {
            // Somebody was faster, with the same content.
            Err(_) if place.is_dir() => Ok(()),
            done => done.map_err(FetchError::disk(place)),
        }
    }
}

/// Writes the files of a package into an empty folder.
///
/// # Errors
/// When one cannot be written.
pub fn write_files(folder: &Path, files: &BTreeMap<String, String>) -> Result<(), FetchError> {
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(FetchError::disk(parent))?;
        }
        fs::write(&path, text).map_err(FetchError::disk(path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn files(text: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("sub/x.pipe".to_owned(), text.to_owned())])
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_package_is_there_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().join("packages"));
        let read = || fs::read_to_string(folder.path().join("packages/ab/sub/x.pipe")).unwrap();
        for (text, damaged, stands) in
            [("one", false, "one"), ("two", false, "one"), ("three", true, "three")]
        {
            let scratch = shelf.scratch().unwrap();
            shelf.put(&scratch, "ab", &files(text), damaged).unwrap();
            assert_eq!(read(), stands);
        }
        assert_eq!(names(&folder.path().join("packages")), [LOCK, "ab"]);
        assert_eq!(shelf.digests(), ["ab"]);
        shelf.remove("ab").unwrap();
        shelf.remove("ab").unwrap();
        assert_eq!(names(&folder.path().join("packages")), [LOCK]);
    }

    #[test]
    fn what_the_dead_left_is_removed_and_nothing_of_the_living() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().to_path_buf());
        let living = shelf.scratch().unwrap();
        let dead = folder.path().join(".fetch-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::create_dir(folder.path().join(".fetch-younger")).unwrap();
        fs::create_dir(folder.path().join("ab")).unwrap();
        let second = shelf.scratch().unwrap();
        assert!(living.folder.path().is_dir() && second.folder.path().is_dir());
        assert!(!dead.exists());
        assert_eq!(names(folder.path()).len(), 4, "{:?}", names(folder.path()));
    }
}
