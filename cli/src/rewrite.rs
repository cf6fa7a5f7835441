//! Changing a source file.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use crate::exit::CliError;

/// A file that is to have another text.
pub(crate) struct Change {
    /// Where it is.
    pub(crate) file: PathBuf,
    /// How it is called to people.
    pub(crate) name: String,
    pub(crate) old: String,
    pub(crate) new: String,
}

impl Change {
    /// Replaces the text of the file. It is written beside and renamed, so that nobody ever sees half a file; the mode stays, and the
    /// owner where that is allowed. A link stays one: what it leads to is changed.
    ///
    /// # Errors
    /// When the file is no longer as it was read, or cannot be written; it is then as it was.
    pub(crate) fn write(&self) -> Result<(), CliError> {
        let failed = |error: std::io::Error| CliError::usage(format!("cannot write {}: {error}", self.name));
        let real = self.file.canonicalize().map_err(failed)?;
        if std::fs::read(&real).map_err(failed)? != self.old.as_bytes() {
            return Err(CliError::usage(format!("{} changed while it was looked at", self.name))
                .help("it is left as it is; try again"));
        }
        let metadata = std::fs::metadata(&real).map_err(failed)?;
        let (beside, mut file) = create_beside(&real).map_err(failed)?;
        let written = fill(&mut file, &metadata, &self.new).and_then(|()| std::fs::rename(&beside, &real));
        written.map_err(|error| {
            let _ = std::fs::remove_file(&beside);
            failed(error)
        })
    }

    /// The change back.
    pub(crate) fn undone(self) -> Change {
        Change { old: self.new, new: self.old, ..self }
    }

    /// A unified diff, as `patch` takes it.
    pub(crate) fn difference(&self) -> String {
        similar::TextDiff::from_lines(&self.old, &self.new)
            .unified_diff()
            .header(&format!("a/{}", self.name), &format!("b/{}", self.name))
            .to_string()
    }
}

/// Writes a whole file: beside its place first, then renamed, so that nobody ever reads half of it.
///
/// # Errors
/// When it cannot be written; what stood there is as it was.
pub(crate) fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    write_beside(path, |mut file| file.write_all(text.as_bytes()), |error| error)
}

/// The same of what is written bit by bit.
///
/// # Errors
/// What `fill` says, or `failed` makes of the file that cannot be made or renamed; what stood there is as it was.
pub(crate) fn write_beside<E>(
    path: &Path,
    fill: impl FnOnce(&File) -> Result<(), E>,
    failed: impl Fn(std::io::Error) -> E,
) -> Result<(), E> {
    let (beside, file) = create_beside(path).map_err(&failed)?;
    let written = fill(&file).and_then(|()| std::fs::rename(&beside, path).map_err(&failed));
    written.inspect_err(|_| drop(std::fs::remove_file(&beside)))
}

/// A new file in the same folder. What has its name already is left alone, be it a link that somebody laid there.
fn create_beside(path: &Path) -> std::io::Result<(PathBuf, File)> {
    remove_left(path);
    let mut last = std::io::ErrorKind::AlreadyExists.into();
    for number in 0..100 {
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".pipe-{}-{number}", std::process::id()));
        let beside = PathBuf::from(beside);
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Ok(file) => {
                // Says that somebody writes it; where files cannot be locked, the number of the process has to do.
                let _ = file.try_lock();
                return Ok((beside, file));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// Removes what killed processes left beside a file. A process of that number, or a lock, says that somebody still writes: the number
/// alone means nothing in another PID namespace.
fn remove_left(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let is_left = writer_of(name.as_bytes(), found.as_bytes())
            .is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists());
        if !is_left || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let left = File::open(entry.path());
        if left.is_ok_and(|left| left.try_lock().is_ok()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The process that made a file beside one of this name.
fn writer_of(name: &[u8], beside: &[u8]) -> Option<u32> {
    let rest = std::str::from_utf8(beside.strip_prefix(name)?).ok()?;
    let (process, number) = rest.strip_prefix(".pipe-")?.split_once('-')?;
    number.parse::<u32>().ok()?;
    process.parse().ok()
}

fn fill(file: &mut File, as_in: &Metadata, text: &str) -> std::io::Result<()> {
    file.write_all(text.as_bytes())?;
    // Only root may give a file away; for others it stays theirs, as it does with any editor.
    let _ = fchown(&*file, Some(as_in.uid()), Some(as_in.gid()));
    file.set_permissions(as_in.permissions())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn change(file: PathBuf, old: &str, new: &str) -> Change {
        Change { file, name: "main.pipe".to_owned(), old: old.to_owned(), new: new.to_owned() }
    }

    #[test]
    fn a_difference_can_be_applied() {
        let change = change(PathBuf::new(), "let a = 1\nlet b=2\n", "let a = 1\nlet b = 2\n");
        insta::assert_snapshot!(change.difference(), @r"
        --- a/main.pipe
        +++ b/main.pipe
        @@ -1,2 +1,2 @@
         let a = 1
        -let b=2
        +let b = 2
        ");
    }

    #[test]
    fn a_link_that_was_laid_in_the_way_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("main.pipe"), folder.path().join("other"));
        std::fs::write(&file, "old").unwrap();
        std::fs::write(&other, "mine").unwrap();
        let mut laid = file.clone().into_os_string();
        laid.push(format!(".pipe-{}-0", std::process::id()));
        std::os::unix::fs::symlink(&other, laid).unwrap();
        change(file.clone(), "old", "new").write().unwrap();
        assert_eq!(std::fs::read_to_string(file).unwrap(), "new");
        assert_eq!(std::fs::read_to_string(other).unwrap(), "mine");
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        // No process has a number that large.
        let (dead, held) = (place("v.tar.pipe-4194999-0"), place("v.tar.pipe-4194998-0"));
        let living = place(&format!("v.tar.pipe-{}-7", std::process::id()));
        let others = [place("w.tar.pipe-4194999-0"), place("v.tar.pipe-4194999-x"), place("v.tar.pipe-x-0")];
        others.iter().chain([&dead, &living]).for_each(|file| std::fs::write(file, "half").unwrap());
        let holder = File::create(&held).unwrap();
        holder.lock().unwrap();
        write_whole(&place("v.tar"), "all").unwrap();
        assert!(!dead.exists());
        assert!(others.iter().chain([&living, &held]).all(|file| file.exists()));
        assert_eq!(std::fs::read_to_string(place("v.tar")).unwrap(), "all");
    }

    #[test]
    fn a_file_that_changed_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("main.pipe");
        std::fs::write(&file, "newer").unwrap();
        assert!(change(file.clone(), "old", "new").write().is_err());
        assert_eq!(std::fs::read_to_string(file).unwrap(), "newer");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
