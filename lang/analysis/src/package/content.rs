//! What a fetched package consists of, and its digest.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::lock::LOCK;
use super::root::MANIFEST;
use crate::system::{FileKind, System};

/// The files of a package by their paths in it, with `/` between the parts.
pub type PackageFiles = BTreeMap<String, String>;

/// Whether a file of this name belongs to a package: its manifest, modules, and what says under which licence they stand. Nothing
/// else of a dependency can be read by anything, so nothing else is fetched.
pub fn is_package_file(name: &str) -> bool {
    let licence = |word: &str| name.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    name == MANIFEST
        || name.ends_with(".pipe")
        || ["license", "licence", "copying", "notice"].into_iter().any(licence)
}

/// The digest of a package's content, in hexadecimal: SHA-256 over what `sha256sum` prints of its files, sorted by their paths.
/// Neither modes nor times count.
pub fn package_digest(files: &PackageFiles) -> String {
    let listing = files.iter().fold(String::new(), |mut listing, (path, text)| {
        let _ = writeln!(listing, "{}  {path}", hex(text));
        listing
    });
    hex(&listing)
}

fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The files of a package that lies in a folder, when they are what the digest says.
///
/// # Errors
/// Why not, as a clause.
pub fn read_package(system: &dyn System, folder: &Path, digest: &str) -> Result<PackageFiles, String> {
    let files = read(system, folder).map_err(|error| error.to_string())?;
    match package_digest(&files) {
        found if found == digest => Ok(files),
        found => Err(format!("its digest is {found}, and {LOCK} has {digest}")),
    }
}

/// Reads the files of a package that lies in a folder. Links are none of them.
///
/// # Errors
/// What the system says of a file or folder.
fn read(system: &dyn System, folder: &Path) -> io::Result<PackageFiles> {
    let mut files = PackageFiles::new();
    let mut folders = vec![String::new()];
    while let Some(below) = folders.pop() {
        for entry in system.list(&folder.join(&below))? {
            let path = if below.is_empty() { entry.name.clone() } else { format!("{below}/{}", entry.name) };
            match entry.kind {
                FileKind::Dir => folders.push(path),
                FileKind::File if is_package_file(&entry.name) => {
                    let text = system.read(&folder.join(&path))?;
                    files.insert(path, text);
                }
                FileKind::File => {}
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::system::MemorySystem;

    #[test]
    fn the_digest_is_what_sha256sum_gives() {
        // printf a > main.pipe; printf b > sub/x.pipe; sha256sum main.pipe sub/x.pipe | sha256sum
        let files = PackageFiles::from([("sub/x.pipe".into(), "b".into()), ("main.pipe".into(), "a".into())]);
        assert_eq!(
            package_digest(&files),
            "c6c9642d7f36323706a7251f64f2e73b455d5c7f15820c6f9917ea9fe7e5d5c4"
        );
    }

    #[test]
    fn a_package_is_its_modules() {
        let system = MemorySystem::new()
            .with("p/pipe.toml", "1")
            .with("p/main.pipe", "2")
            .with("p/sub/x.pipe", "3")
            .with("p/sub/README.md", "4")
            .with("p/LICENSE-MIT", "5")
            .with("other/y.pipe", "6");
        let files = read(&system, Path::new("p")).unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["LICENSE-MIT", "main.pipe", "pipe.toml", "sub/x.pipe"]);
        let mut other = files.clone();
        other.insert("sub/x.pipe".into(), "33".into());
        assert_ne!(package_digest(&files), package_digest(&other));
    }
}
