//! Removing folders of any depth and mode.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Removes a folder with everything in it, whatever the modes and however deep the folders in it: a step can make folders deeper
/// than any path reaches. Not there is fine.
///
/// Folders below the first level are moved up before they are emptied, so no path grows long and nothing recurses.
///
/// Another process may remove the same folder at the same time (what a killed one left): what it takes away or moves in between is
/// looked at again.
pub fn remove_layer(dir: &Path) -> io::Result<()> {
    const TRIES: usize = 1000;
    let mut result = remove_once(dir);
    for _ in 0..TRIES {
        match &result {
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) =>
            {
                result = remove_once(dir);
            }
            _ => break,
        }
    }
    result
}

fn remove_once(dir: &Path) -> io::Result<()> {
    match fs::symlink_metadata(dir) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return fs::remove_file(dir),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    let mut next = 0u64;
    let mut pending = empty(dir, dir, &mut next)?;
    while let Some(folder) = pending.pop() {
        pending.extend(empty(&folder, dir, &mut next)?);
        fs::remove_dir(&folder)?;
    }
    fs::remove_dir(dir)
}

/// Removes what is in a folder but its own folders, which are given back as children of `top`.
fn empty(folder: &Path, top: &Path, next: &mut u64) -> io::Result<Vec<PathBuf>> {
    open_up(folder)?;
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if !entry.file_type()?.is_dir() {
            fs::remove_file(&path)?;
        } else if folder == top {
            folders.push(path);
        } else if fs::remove_dir(&path).is_err() {
            // Moving a folder changes its `..`, so it must be writable itself.
            open_up(&path)?;
            folders.push(move_up(&path, top, next)?);
        }
    }
    Ok(folders)
}

fn open_up(folder: &Path) -> io::Result<()> {
    let mode = fs::symlink_metadata(folder)?.permissions().mode();
    if mode & 0o700 != 0o700 {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode | 0o700))?;
    }
    Ok(())
}

fn move_up(path: &Path, top: &Path, next: &mut u64) -> io::Result<PathBuf> {
    loop {
        let target = top.join(format!(".removed-{next}"));
        *next += 1;
        match renameat_with(CWD, path, CWD, &target, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(target),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rustix::fs::{Mode, OFlags, mkdirat, openat};

    use super::*;

    #[test]
    fn removes_what_no_path_reaches_and_no_mode_lets_in() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("layer");
        fs::create_dir(&top).unwrap();
        fs::write(top.join("file"), b"").unwrap();
        std::os::unix::fs::symlink("/", top.join(".removed-0")).unwrap();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let mut at = openat(CWD, &top, flags, Mode::empty()).unwrap();
        for _ in 0..300 {
            let name = "a-name-long-enough-to-pass-the-limit";
            mkdirat(&at, name, Mode::RWXU).unwrap();
            mkdirat(&at, "empty", Mode::empty()).unwrap();
            at = openat(&at, name, flags, Mode::empty()).unwrap();
        }
        rustix::fs::fchmod(&at, Mode::empty()).unwrap();
        remove_layer(&top).unwrap();
        assert!(!top.exists());
        remove_layer(&top).unwrap();
    }

    #[test]
    fn several_may_remove_one_folder() {
        for _ in 0..20 {
            let top = tempfile::tempdir().unwrap();
            let dir = top.path().join("left");
            for number in 0..20 {
                let deep = dir.join(format!("{number}/a/b"));
                fs::create_dir_all(&deep).unwrap();
                fs::write(deep.join("file"), "").unwrap();
            }
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| remove_layer(&dir))).collect();
                threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
            });
            assert!(!dir.exists());
        }
    }
}
