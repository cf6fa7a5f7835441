//! Opening what is inside a folder of the host, and nothing outside it.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

/// Opens a path below a folder for reading. No component may be a symbolic link, so nothing outside the folder is reached, also
/// when somebody replaces a folder by a link at this moment.
pub(super) fn open_beneath(root: impl AsFd, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
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

fn step_by_step(root: impl AsFd, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
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
    use std::os::unix::fs::symlink;

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
}
