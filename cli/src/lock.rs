//! `pipe.lock`: what tags of images, branches of repositories, files of the web and versions of packages were when they were resolved.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use pipe_analysis::PackageLock;
use pipe_registry::Pins;
use rustix::fs::{FlockOperation, Mode, OFlags};

use crate::environment::Environment;
use crate::exit::CliError;

/// Bytes of the largest lock: no package has as many images.
const LARGEST: u64 = 4 << 20;

/// The pins of a package; one without a lock has none.
///
/// # Errors
/// When the lock cannot be read, or is not of its form.
pub(crate) fn read(package: &Path) -> Result<Pins, CliError> {
    let path = path(package);
    let failed = |reason: String| CliError::usage(format!("cannot read {}: {reason}", path.display()));
    Pins::parse(&text(&path).map_err(|error| failed(error.to_string()))?)
        .map_err(|error| failed(error.to_string()))
}

/// Adds pins to a package's lock, as far as it can be written: a run is not lost for it. In CI they are only told: a job's changes
/// are thrown away, so the next would resolve the tags again.
pub(crate) fn add(package: &Path, new: &Pins, environment: &Environment, warn: impl Fn(&str)) {
    if new.is_empty() {
        return;
    }
    if environment.in_ci {
        let names: Vec<&str> = new.names().collect();
        return warn(&format!(
            "not pinned in pipe.lock: {}; run outside CI once and keep the pipe.lock that is written with the sources",
            names.join(", ")
        ));
    }
    if let Err(reason) = insert(package, new) {
        warn(&format!(
            "cannot write {}: {reason}; the next run resolves tags, branches and files again",
            path(package).display()
        ));
    }
}

fn insert(package: &Path, new: &Pins) -> Result<(), String> {
    edit_pins(package, |pins| pins.fill(new))
}

/// Pins names to what they are now, whatever they were pinned to.
///
/// # Errors
/// When the lock cannot be written.
pub(crate) fn move_pins(package: &Path, moved: &Pins) -> Result<(), CliError> {
    let written = edit_pins(package, |pins| pins.overwrite(moved));
    written.map_err(|reason| CliError::usage(format!("cannot write {}: {reason}", path(package).display())))
}

fn edit_pins(package: &Path, change: impl FnOnce(&mut Pins)) -> Result<(), String> {
    edit(package, |before| {
        let mut pins = Pins::parse(before).map_err(|error| error.to_string())?;
        change(&mut pins);
        Ok(pins.write_into(before))
    })
}

/// The packages in a package's lock.
///
/// # Errors
/// As for [`read`].
pub(crate) fn packages(package: &Path) -> Result<PackageLock, CliError> {
    let path = path(package);
    let failed = |reason: String| CliError::usage(format!("cannot read {}: {reason}", path.display()));
    let text = text(&path).map_err(|error| failed(error.to_string()))?;
    PackageLock::parse(&text).map_err(|error| {
        failed(error.to_string())
            .help("take the file from where it is kept, or remove the line and run `pipe update`")
    })
}

/// Writes what became other of a lock's packages; its other lines stay. A lock in which there is nothing any more is not there.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_packages(
    package: &Path,
    before: &PackageLock,
    after: &PackageLock,
) -> Result<(), CliError> {
    if before == after {
        return Ok(());
    }
    let written = edit(package, |text| {
        let now = PackageLock::parse(text).map_err(|error| error.to_string())?;
        Ok(now.changed(before, after).write_into(text))
    });
    written.map_err(|reason| CliError::usage(format!("cannot write {}: {reason}", path(package).display())))
}

/// Changes a lock. Two `pipe` that do so at once do it one after the other: what the first wrote, the second reads.
fn edit(package: &Path, change: impl FnOnce(&str) -> Result<String, String>) -> Result<(), String> {
    let path = path(package);
    let folder = File::open(package).map_err(|error| error.to_string())?;
    // Where a file system has no such locks, the last one wins.
    let _alone = rustix::fs::flock(&folder, FlockOperation::LockExclusive);
    let before = text(&path).map_err(|error| error.to_string())?;
    let done = match change(&before)? {
        after if after == before => Ok(()),
        after if after.is_empty() => std::fs::remove_file(&path),
        after => replace(&path, &after),
    };
    done.map_err(|error| error.to_string())
}

/// Other processes always see a whole lock.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension(format!("lock.{}", std::process::id()));
    let written = write_new(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    written.inspect_err(|_| drop(std::fs::remove_file(&beside)))
}

/// Writes a file of our own. What stands in its place, left by a killed `pipe` or laid there as a link to elsewhere, goes first.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error);
    }
    File::create_new(path)?.write_all(text.as_bytes())
}

fn path(package: &Path) -> PathBuf {
    package.join("pipe.lock")
}

/// The text of a lock; empty when there is none. The package wrote it: a link could lead to a file that is none of the package's,
/// whose lines would come back with the next pin, and a pipe or a device has no end.
fn text(path: &Path) -> std::io::Result<String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(String::new()),
        Err(rustix::io::Errno::LOOP) => return Err(std::io::Error::other("it is a link")),
        Err(error) => return Err(error.into()),
    };
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    let mut text = String::new();
    if file.take(LARGEST + 1).read_to_string(&mut text)? as u64 > LARGEST {
        return Err(ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::symlink;

    use super::*;

    fn pins(name: &str) -> Pins {
        Pins::parse(&format!("image {name} sha256:{}\n", "a".repeat(64))).unwrap()
    }

    fn refusal(package: &Path) -> String {
        format!("{:?}", read(package).unwrap_err())
    }

    #[test]
    fn a_lock_that_leads_elsewhere_is_neither_read_nor_written() {
        let folder = tempfile::tempdir().unwrap();
        let (lock, private) = (path(folder.path()), folder.path().join("private"));
        std::fs::write(&private, "a secret line\n").unwrap();
        symlink(&private, &lock).unwrap();
        assert!(refusal(folder.path()).contains("it is a link"));
        assert!(insert(folder.path(), &pins("a:1")).unwrap_err().contains("it is a link"));
        assert_eq!(std::fs::read_to_string(&private).unwrap(), "a secret line\n");
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
        assert!(refusal(folder.path()).contains("it is not a file"));
    }

    #[test]
    fn what_is_written_beside_a_lock_follows_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let (lock, private) = (path(folder.path()), folder.path().join("private"));
        std::fs::write(&private, "mine").unwrap();
        symlink(&private, lock.with_extension(format!("lock.{}", std::process::id()))).unwrap();
        insert(folder.path(), &pins("a:1")).unwrap();
        assert_eq!(std::fs::read_to_string(&private).unwrap(), "mine");
        assert_eq!(read(folder.path()).unwrap(), pins("a:1"));
        assert!(!lock.is_symlink());
    }

    #[test]
    fn nothing_is_lost_of_what_many_write_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..40).map(|number| format!("name{number}:1")).collect();
        std::thread::scope(|scope| {
            for name in &names {
                scope.spawn(|| insert(folder.path(), &pins(name)).unwrap());
            }
        });
        assert_eq!(read(folder.path()).unwrap().iter().count(), names.len());
    }

    #[test]
    fn what_another_wrote_of_packages_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let lock = |names: &[&str]| {
            let line = |name: &&str| {
                let (commit, digest) = ("a".repeat(40), "b".repeat(64));
                format!("package https://example.com/{name} tag=v1 commit={commit} sha256={digest}\n")
            };
            PackageLock::parse(&names.iter().map(line).collect::<String>()).unwrap()
        };
        let write = |before: &[&str], after: &[&str]| {
            write_packages(folder.path(), &lock(before), &lock(after)).unwrap();
        };
        write(&[], &["one", "old"]);
        // Both began with `one` and `old`.
        write(&["one", "old"], &["one", "old", "two"]);
        write(&["one", "old"], &["one", "three"]);
        assert_eq!(packages(folder.path()).unwrap(), lock(&["one", "two", "three"]));
        write(&["one", "two", "three"], &[]);
        assert!(!path(folder.path()).exists());
    }
}
