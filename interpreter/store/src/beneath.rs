//! Opening paths of the host without following a link: what was decided on is what is opened, also when somebody puts a link in its place
//! at this moment.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, mkdirat, openat, openat2};
use rustix::io::Errno;

/// Opens a path below a folder for reading. No component may be a symbolic link, so nothing outside the folder is reached, also
/// when somebody replaces a folder by a link at this moment.
pub(crate) fn open_beneath(root: impl AsFd, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
    let path = if path.is_empty() { Path::new(".") } else { Path::new(OsStr::from_bytes(path)) };
    // A named pipe put there meanwhile must not block.
    let flags = flags | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    loop {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match openat2(root.as_fd(), path, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            // An old kernel, or a seccomp filter that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => return step_by_step(root, path, flags),
            other => return Ok(other?),
        }
    }
}

/// Opens a folder by its absolute path, in which no component may be a symbolic link.
pub(crate) fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    let below = path.strip_prefix("/").unwrap_or(path);
    open_beneath(start(path)?, below.as_os_str().as_bytes(), OFlags::DIRECTORY)
        .map_err(|error| explained(path, error))
}

/// Opens a folder as [`open_folder`] does, and makes it and those that lead to it where they are missing.
pub(crate) fn make_folders(path: &Path) -> io::Result<OwnedFd> {
    make_each(path).map_err(|error| explained(path, error))
}

fn make_each(path: &Path) -> io::Result<OwnedFd> {
    // One on the way may be closed to readers.
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut at = start(path)?;
    for name in path.strip_prefix("/").unwrap_or(path) {
        at = match openat(&at, name, flags, Mode::empty()) {
            Err(Errno::NOENT) => {
                match mkdirat(&at, name, Mode::RWXU | Mode::RWXG | Mode::RWXO) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                openat(&at, name, flags, Mode::empty())?
            }
            other => other?,
        };
    }
    Ok(at)
}

/// Where a path begins.
fn start(path: &Path) -> io::Result<OwnedFd> {
    let begin = if path.is_absolute() { "/" } else { "." };
    Ok(openat(CWD, begin, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// The kernel speaks of too many links, or of something that is no folder.
fn explained(path: &Path, error: io::Error) -> io::Error {
    let by_a_link = [Errno::LOOP, Errno::NOTDIR].map(|errno| Some(errno.raw_os_error()));
    if by_a_link.contains(&error.raw_os_error()) && path.ancestors().any(Path::is_symlink) {
        return io::Error::other("a symbolic link has come into its place");
    }
    error
}

fn step_by_step(root: impl AsFd, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    // One on the way may be closed to readers.
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut at = openat(root, ".", folder, Mode::empty())?;
    let mut names = path.iter().peekable();
    while let Some(name) = names.next() {
        let flags = if names.peek().is_some() { folder } else { flags };
        at = openat(&at, name, flags, Mode::empty())?;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::{self, File};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    type Open = fn(&File, &[u8]) -> io::Result<OwnedFd>;

    #[test]
    fn links_lead_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("a")).unwrap();
        fs::write(root.join("a/file"), b"in").unwrap();
        fs::write(dir.path().join("secret"), b"out").unwrap();
        symlink("../secret", root.join("link")).unwrap();
        symlink("..", root.join("up")).unwrap();
        let root = File::open(&root).unwrap();
        let ways: [Open; 2] = [
            |root, path| open_beneath(root, path, OFlags::empty()),
            |root, path| {
                step_by_step(root, Path::new(OsStr::from_bytes(path)), OFlags::RDONLY | OFlags::NOFOLLOW)
            },
        ];
        for open in ways {
            assert!(open(&root, b"a/file").is_ok());
            assert!(open(&root, b"link").is_err());
            assert!(open(&root, b"up/secret").is_err());
        }
        assert!(open_beneath(&root, b"../secret", OFlags::empty()).is_err());
    }

    /// Whoever may pass through a folder need not be able to list it; root always is.
    #[test]
    fn folders_on_the_way_are_passed_through_only() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("closed")).unwrap();
        fs::write(dir.path().join("closed/file"), b"in").unwrap();
        let root = File::open(dir.path()).unwrap();
        fs::set_permissions(dir.path().join("closed"), fs::Permissions::from_mode(0o311)).unwrap();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW;
        assert!(step_by_step(&root, Path::new("closed/file"), flags).is_ok());
        fs::set_permissions(dir.path().join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
        // What comes of it can be read, also where it is the folder itself.
        let itself = step_by_step(&root, Path::new("."), flags | OFlags::DIRECTORY).unwrap();
        assert!(rustix::fs::Dir::read_from(itself).unwrap().next().is_some());
    }

    #[test]
    fn a_folder_is_made_where_it_is_and_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().canonicalize().unwrap();
        make_folders(&place.join("a/b/c")).unwrap();
        assert!(open_folder(&place.join("a/b/c")).is_ok());
        fs::write(place.join("a/file"), b"").unwrap();
        symlink("b", place.join("a/link")).unwrap();
        for wrong in ["a/file/d", "a/link/d", "a/link"] {
            assert!(make_folders(&place.join(wrong)).is_err(), "{wrong}");
            assert!(open_folder(&place.join(wrong)).is_err(), "{wrong}");
        }
        assert_eq!(fs::read_dir(place.join("a/b")).unwrap().count(), 1);
    }
}
