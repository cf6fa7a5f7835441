//! Packages that were fetched: where they lie, and their files as they were when their digest was taken. What is read of such a
//! package is what was checked, whatever becomes of its folder meanwhile.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::content::{PackageFiles, read_package};
use super::lock::{LOCK, LockError, LockedPackage, PackageLock};
use super::root::{PackageRoot, leads_out, normal};
use super::source::PackageSource;
use super::vendor::{VENDOR, VENDORED, vendor_folders};
use crate::system::{Entry, FileKind, System};

/// The files of a program: those of fetched packages as they were checked, all others as the system has them.
pub(super) struct Files<'a> {
    pub(super) system: &'a dyn System,
    fetched: BTreeMap<PathBuf, PackageFiles>,
}

/// Why a package cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// `pipe.lock` does not have it.
    NotLocked,
    /// It was never fetched on this machine.
    NotFetched,
    /// Its content is other than what the lock says, or cannot be read.
    Changed(String),
    /// The package has a `vendor/` in which it is not.
    NotVendored,
    /// Another content than the lock says is in `vendor/`.
    ChangedInVendor(String),
}

/// Which packages a program may take, and from where.
#[derive(Debug, Default)]
pub(super) struct Locked {
    pub(super) lock: PackageLock,
    /// Where each is in `vendor/`, when there is one.
    pub(super) vendored: Option<BTreeMap<PackageSource, PathBuf>>,
}

/// The text of a package's lock; `None` when there is none. What is no file of the package, or cannot be read, pins nothing and is
/// empty: whatever needs it says so.
pub(super) fn lock_text(system: &dyn System, root: &PackageRoot) -> Option<String> {
    let file = root.dir.join(LOCK);
    // A pipe or a device has no end, and is not waited for.
    if system.kind(&file) != Some(FileKind::File) {
        return None;
    }
    let inside = !leads_out(system, &root.dir, &file);
    Some(if inside { system.read(&file).unwrap_or_default() } else { String::new() })
}

impl Locked {
    /// What the text of a package's lock says, and where its packages are.
    ///
    /// # Errors
    /// When a line of the lock is wrong.
    pub(super) fn read(system: &dyn System, root: &PackageRoot, text: &str) -> Result<Locked, LockError> {
        let lock = PackageLock::parse(text)?;
        let vendor = root.dir.join(VENDOR);
        let is_there = system.kind(&vendor.join(VENDORED)) == Some(FileKind::File);
        let vendored = is_there.then(|| {
            let folders = vendor_folders(&lock).into_iter();
            folders.map(|(source, name)| (source, vendor.join(name))).collect()
        });
        Ok(Locked { lock, vendored })
    }
}

impl<'a> Files<'a> {
    pub(super) fn new(system: &'a dyn System) -> Files<'a> {
        Files { system, fetched: BTreeMap::new() }
    }

    /// Finds a package and checks its content; from then on its files are what was checked.
    pub(super) fn take(
        &mut self,
        locked: &Locked,
        source: &PackageSource,
    ) -> Result<(PathBuf, LockedPackage), Unusable> {
        let package = locked.lock.get(source).ok_or(Unusable::NotLocked)?;
        let vendored = locked.vendored.as_ref();
        let folder = match vendored {
            Some(folders) => folders.get(source).cloned(),
            None => self.system.packages().map(|packages| packages.join(&package.digest)),
        };
        let missing = if vendored.is_some() { Unusable::NotVendored } else { Unusable::NotFetched };
        let Some(folder) = folder.filter(|folder| self.system.kind(folder) == Some(FileKind::Dir)) else {
            return Err(missing);
        };
        if self.fetched.contains_key(&folder) {
            return Ok((folder, package.clone()));
        }
        let changed = |reason: String| match vendored {
            Some(_) => Unusable::ChangedInVendor(reason),
            None => Unusable::Changed(reason),
        };
        let files = read_package(self.system, &folder, &package.digest).map_err(changed)?;
        self.fetched.insert(folder.clone(), files);
        Ok((folder, package.clone()))
    }

    /// The fetched package that a path lies in, and its path there; `None` for any other.
    fn inside<'s>(&'s self, path: &Path) -> Option<(&'s Path, &'s PackageFiles, String)> {
        if self.fetched.is_empty() {
            return None;
        }
        let path = normal(path);
        let mut folders = path.ancestors();
        let (folder, files) = folders.find_map(|folder| self.fetched.get_key_value(folder))?;
        let below = path.strip_prefix(folder).ok()?.to_str()?.replace('\\', "/");
        Some((folder, files, below))
    }
}

fn kind(files: &PackageFiles, path: &str) -> Option<FileKind> {
    if files.contains_key(path) {
        return Some(FileKind::File);
    }
    let below = |file: &String| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    (path.is_empty() || files.keys().any(below)).then_some(FileKind::Dir)
}

impl System for Files<'_> {
    fn current_dir(&self) -> PathBuf {
        self.system.current_dir()
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        match self.inside(path) {
            Some((_, files, path)) => files.get(&path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into()),
            None => self.system.read(path),
        }
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        match self.inside(path) {
            Some((_, files, path)) => kind(files, &path),
            None => self.system.kind(path),
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let Some((_, files, dir)) = self.inside(dir) else { return self.system.list(dir) };
        let mut entries: BTreeMap<&str, FileKind> = BTreeMap::new();
        for file in files.keys() {
            let rest =
                if dir.is_empty() { Some(file.as_str()) } else { file.strip_prefix(&format!("{dir}/")) };
            let Some(rest) = rest else { continue };
            let (name, kind) = match rest.split_once('/') {
                Some((name, _)) => (name, FileKind::Dir),
                None => (rest, FileKind::File),
            };
            entries.insert(name, kind);
        }
        Ok(entries.into_iter().map(|(name, kind)| Entry { name: name.to_owned(), kind }).collect())
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        match self.inside(path) {
            Some((folder, files, path)) if kind(files, &path).is_some() => Ok(folder.join(path)),
            Some(_) => Err(io::ErrorKind::NotFound.into()),
            None => self.system.canonical(path),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_checked_is_what_is_read() {
        let disk = crate::system::MemorySystem::new().with("p/main.pipe", "later").with("q/x.pipe", "q");
        let mut files = Files::new(&disk);
        let checked = PackageFiles::from([
            ("main.pipe".to_owned(), "checked".to_owned()),
            ("sub/y.pipe".to_owned(), "y".to_owned()),
        ]);
        files.fetched.insert(PathBuf::from("/p"), checked);
        let read = |path: &str| files.read(Path::new(path)).ok();
        assert_eq!(read("/p/main.pipe").as_deref(), Some("checked"));
        assert_eq!(read("/p/sub/../main.pipe").as_deref(), Some("checked"));
        assert_eq!(read("/p/../q/x.pipe").as_deref(), Some("q"));
        assert_eq!(read("/p/other.pipe"), None);
        assert_eq!(files.kind(Path::new("/p/sub")), Some(FileKind::Dir));
        assert_eq!(files.kind(Path::new("/p/su")), None);
        let names = |path: &str| -> Vec<String> {
            files.list(Path::new(path)).unwrap().into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(names("/p"), ["main.pipe", "sub"]);
        assert_eq!(names("/p/sub"), ["y.pipe"]);
        assert_eq!(files.canonical(Path::new("/p/sub/../sub/y.pipe")).unwrap(), Path::new("/p/sub/y.pipe"));
    }
}
