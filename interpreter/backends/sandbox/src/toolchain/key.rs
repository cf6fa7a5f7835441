//! What the host's tools are, as a digest: the state of the package database, and of the folders in which tools are installed past
//! it. Never a walk of `/usr`, and no file is read: hashing a database of a megabyte costs more than all else of a cached run, and
//! the folders' own times already tell this machine from any other.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use pipe_ops::Digest;
use sha2::{Digest as _, Sha256};

/// Files and folders that change when a package is installed, removed or updated: dpkg, apk, pacman, rpm (three places over time).
const DATABASES: [&str; 6] = [
    "/var/lib/dpkg/status",
    "/lib/apk/db/installed",
    "/var/lib/pacman/local",
    "/usr/lib/sysimage/rpm/rpmdb.sqlite",
    "/var/lib/rpm/rpmdb.sqlite",
    "/var/lib/rpm/Packages",
];

/// What is installed by hand, and what the loader knows.
const PLACES: [&str; 9] = [
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/local/lib",
    "/usr/local/include",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/etc/ld.so.cache",
];

/// Changes whenever this encoding does.
const VERSION: &str = "pipe host toolchain 2";

/// The digest. `path` is the value of `PATH`: folders that a step would search too.
pub(crate) fn digest(path: &str) -> Digest {
    digest_of(Path::new("/"), path)
}

fn digest_of(root: &Path, path: &str) -> Digest {
    let mut hash = Sha256::new();
    add(&mut hash, VERSION.as_bytes());
    add(&mut hash, std::env::consts::ARCH.as_bytes());
    let shown =
        |folder: &&str| ["/usr", "/bin", "/sbin"].iter().any(|shown| Path::new(folder).starts_with(shown));
    for place in DATABASES.into_iter().chain(PLACES).chain(path.split(':').filter(shown)) {
        add(&mut hash, place.as_bytes());
        add(&mut hash, state(&under(root, place)).as_bytes());
    }
    Digest(hash.finalize().into())
}

fn under(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// With its length, so that no two sequences of fields have the same bytes.
fn add(hash: &mut Sha256, field: &[u8]) {
    hash.update((field.len() as u64).to_le_bytes());
    hash.update(field);
}

/// Everything of a file's or folder's state that a change of its content, or of the names in it, moves.
fn state(path: &Path) -> String {
    match std::fs::metadata(path) {
        Ok(meta) => {
            let (changed, nanos) = (meta.ctime(), meta.ctime_nsec());
            format!("{} {} {} {} {changed} {nanos}", meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec())
        }
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PATH: &str = "/usr/bin:/home/ann/bin";

    fn host() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for folder in ["var/lib/dpkg", "usr/local/bin", "usr/bin", "home/ann/bin"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        std::fs::write(root.path().join("var/lib/dpkg/status"), "Package: gcc\nVersion: 12\n").unwrap();
        root
    }

    #[test]
    fn what_installs_tools_changes_the_digest() {
        let root = host();
        let before = digest_of(root.path(), PATH);
        assert_eq!(digest_of(root.path(), PATH), before);
        std::fs::write(root.path().join("var/lib/dpkg/status"), "Package: gcc\nVersion: 13.1\n").unwrap();
        let updated = digest_of(root.path(), PATH);
        assert_ne!(updated, before);
        std::fs::write(root.path().join("usr/local/bin/tool"), "").unwrap();
        assert_ne!(digest_of(root.path(), PATH), updated);
    }

    #[test]
    fn what_a_step_does_not_see_does_not() {
        let root = host();
        let before = digest_of(root.path(), PATH);
        std::fs::write(root.path().join("home/ann/bin/tool"), "").unwrap();
        assert_eq!(digest_of(root.path(), PATH), before);
    }
}
