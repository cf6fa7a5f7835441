//! A cache in a folder: `results/ab/NAME` and `blobs/ab/DIGEST`. Files are written beside and renamed, so that any number may write at once and
//! nobody sees a half.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use pipe_ops::{BlobDigest, Digest};
use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use crate::{CacheError, RemoteCache};

/// The folder in the folder: another form of cache gets another name.
const FORM: &str = "pipe-cache-1";

/// A cache in a folder.
#[derive(Debug)]
pub struct DirCache {
    path: PathBuf,
    origin: String,
}

impl DirCache {
    /// In this folder, which need not be there yet.
    pub fn new(path: PathBuf) -> DirCache {
        DirCache { origin: format!("dir:{}", path.display()), path }
    }

    fn what(&self, kind: &str, name: &str) -> String {
        format!("{kind} {} of the cache {}", name.get(..12).unwrap_or(name), self.origin)
    }

    /// The folder of a kind and a name, opened. No name below the user's own folder may be a link: somebody else may have laid it there.
    fn folder(&self, kind: &str, name: &str, make: bool) -> io::Result<Option<OwnedFd>> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        if make {
            std::fs::create_dir_all(&self.path)?;
        }
        let mut folder = match File::open(&self.path) {
            Ok(folder) => OwnedFd::from(folder),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        for part in [FORM, kind, name.get(..2).unwrap_or(name)] {
            if make
                && let Err(error) = mkdirat(&folder, part, Mode::from_raw_mode(0o777))
                && error != Errno::EXIST
            {
                return Err(error.into());
            }
            folder = match openat(&folder, part, flags, Mode::empty()) {
                Ok(folder) => folder,
                Err(Errno::NOENT) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
        }
        Ok(Some(folder))
    }

    /// A file of the cache. It must be one: a pipe would never end.
    fn open(&self, kind: &str, name: &str) -> io::Result<Option<File>> {
        let Some(folder) = self.folder(kind, name, false)? else { return Ok(None) };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&folder, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if file.metadata()?.is_file() { Ok(Some(file)) } else { Err(io::Error::other("it is no file")) }
    }

    /// Writes a file that is there as a whole or not at all.
    fn write(
        &self,
        kind: &str,
        name: &str,
        fill: &mut dyn FnMut(&mut File) -> Result<(), CacheError>,
    ) -> Result<(), CacheError> {
        let failed = || CacheError::io(self.what(kind, name));
        let folder = self.folder(kind, name, true).map_err(failed())?;
        let folder = folder.ok_or_else(|| CacheError::wrong(self.what(kind, name), "has no folder"))?;
        let mut random = [0; 8];
        rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())
            .map_err(|error| failed()(error.into()))?;
        let beside = format!(".{name}.{:016x}", u64::from_ne_bytes(random));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = openat(&folder, &beside, flags, Mode::from_raw_mode(0o666));
        let mut file = File::from(made.map_err(|error| failed()(error.into()))?);
        // What a power loss takes is found out by its digest.
        let done = fill(&mut file).and_then(|()| {
            renameat(folder.as_fd(), &beside, folder.as_fd(), name).map_err(|error| failed()(error.into()))
        });
        if done.is_err() {
            let _ = unlinkat(&folder, &beside, AtFlags::empty());
        }
        done
    }
}

impl RemoteCache for DirCache {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn result(&self, entry: Digest, limit: u64) -> Result<Option<Vec<u8>>, CacheError> {
        let name = entry.to_string();
        let failed = || CacheError::io(self.what("results", &name));
        let Some(file) = self.open("results", &name).map_err(failed())? else { return Ok(None) };
        let mut bytes = Vec::new();
        let read = file.take(limit + 1).read_to_end(&mut bytes).map_err(failed())?;
        if read as u64 > limit {
            return Err(CacheError::wrong(self.what("results", &name), "is larger than any result is"));
        }
        Ok(Some(bytes))
    }

    fn put_result(&self, entry: Digest, bytes: &[u8]) -> Result<(), CacheError> {
        let name = entry.to_string();
        self.write("results", &name, &mut |file| {
            file.write_all(bytes).map_err(CacheError::io(self.what("results", &name)))
        })
    }

    fn blob(&self, digest: BlobDigest, size: u64, to: &mut dyn Write) -> Result<bool, CacheError> {
        let name = digest.to_string();
        let what = self.what("blobs", &name);
        let Some(file) = self.open("blobs", &name).map_err(CacheError::io(what.clone()))? else {
            return Ok(false);
        };
        // One that is larger is read no further than to see that.
        copy(&mut file.take(size + 1), to, digest, Some(size), &what)?;
        Ok(true)
    }

    fn has_blob(&self, digest: BlobDigest) -> Result<bool, CacheError> {
        let name = digest.to_string();
        Ok(self.open("blobs", &name).map_err(CacheError::io(self.what("blobs", &name)))?.is_some())
    }

    fn put_blob(&self, digest: BlobDigest, content: &mut dyn Read) -> Result<(), CacheError> {
        let name = digest.to_string();
        let what = self.what("blobs", &name);
        self.write("blobs", &name, &mut |file| copy(content, file, digest, None, &what))
    }
}

/// Copies content, which must be that of a digest.
fn copy(
    from: &mut dyn Read,
    to: &mut dyn Write,
    digest: BlobDigest,
    size: Option<u64>,
    what: &str,
) -> Result<(), CacheError> {
    let (mut hash, mut count, mut buffer) = (Sha256::new(), 0u64, vec![0; 128 << 10]);
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CacheError::io(what)(error)),
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        hash.update(bytes);
        count += read as u64;
        to.write_all(bytes).map_err(CacheError::io(what))?;
    }
    let found = BlobDigest(Digest(hash.finalize().into()));
    if found != digest || size.is_some_and(|size| size != count) {
        return Err(CacheError::wrong(what, "holds another content than its name says"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::symlink;

    use super::*;

    struct Lab {
        folder: tempfile::TempDir,
        cache: DirCache,
    }

    impl Lab {
        fn new() -> Lab {
            let folder = tempfile::tempdir().unwrap();
            Lab { cache: DirCache::new(folder.path().join("cache")), folder }
        }

        fn place(&self, digest: BlobDigest) -> PathBuf {
            let name = digest.to_string();
            self.folder.path().join("cache").join(FORM).join("blobs").join(&name[..2]).join(name)
        }

        fn read(&self, digest: BlobDigest, size: u64) -> Result<Option<Vec<u8>>, String> {
            let mut bytes = Vec::new();
            let there = self.cache.blob(digest, size, &mut bytes);
            there.map(|there| there.then_some(bytes)).map_err(|error| error.to_string())
        }
    }

    #[test]
    fn what_is_kept_comes_back() {
        let lab = Lab::new();
        let digest = BlobDigest::of(b"content");
        assert_eq!(lab.read(digest, 7), Ok(None));
        assert!(!lab.cache.has_blob(digest).unwrap());
        lab.cache.put_blob(digest, &mut &b"content"[..]).unwrap();
        assert!(lab.cache.has_blob(digest).unwrap());
        assert_eq!(lab.read(digest, 7), Ok(Some(b"content".to_vec())));
        let entry = Digest::of(b"entry");
        assert_eq!(lab.cache.result(entry, 10).unwrap(), None);
        lab.cache.put_result(entry, b"one").unwrap();
        lab.cache.put_result(entry, b"two").unwrap();
        assert_eq!(lab.cache.result(entry, 10).unwrap(), Some(b"two".to_vec()));
        assert!(lab.cache.result(entry, 2).is_err());
    }

    #[test]
    fn what_is_not_what_its_name_says_is_refused() {
        let lab = Lab::new();
        let digest = BlobDigest::of(b"content");
        assert!(lab.cache.put_blob(digest, &mut &b"other"[..]).is_err());
        assert!(!lab.cache.has_blob(digest).unwrap());
        lab.cache.put_blob(digest, &mut &b"content"[..]).unwrap();
        for altered in [&b"CONTENT"[..], b"content and more", b"", b"con"] {
            std::fs::write(lab.place(digest), altered).unwrap();
            assert!(lab.read(digest, 7).unwrap_err().contains("another content"));
        }
        // Nothing is left of what could not be written.
        let names = std::fs::read_dir(lab.place(digest).parent().unwrap()).unwrap().count();
        assert_eq!(names, 1);
    }

    #[test]
    fn nothing_is_followed_and_nothing_is_waited_for() {
        let lab = Lab::new();
        let digest = BlobDigest::of(b"content");
        lab.cache.put_blob(digest, &mut &b"content"[..]).unwrap();
        let (place, private) = (lab.place(digest), lab.folder.path().join("private"));
        std::fs::rename(&place, &private).unwrap();
        symlink(&private, &place).unwrap();
        assert!(lab.read(digest, 7).is_err());
        std::fs::remove_file(&place).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &place, rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(lab.read(digest, 7).unwrap_err().contains("no file"));
        std::fs::remove_file(&place).unwrap();
        // A folder that leads elsewhere.
        let folder = place.parent().unwrap();
        std::fs::remove_dir(folder).unwrap();
        std::fs::create_dir(lab.folder.path().join("elsewhere")).unwrap();
        symlink(lab.folder.path().join("elsewhere"), folder).unwrap();
        assert!(lab.cache.put_blob(digest, &mut &b"content"[..]).is_err());
        assert_eq!(std::fs::read_dir(lab.folder.path().join("elsewhere")).unwrap().count(), 0);
    }

    #[test]
    fn two_may_write_the_same_at_once() {
        let lab = Lab::new();
        let digest = BlobDigest::of(&vec![7; 1 << 20]);
        let other = DirCache::new(lab.folder.path().join("cache"));
        std::thread::scope(|scope| {
            for cache in [&lab.cache, &other] {
                scope.spawn(move || {
                    for _ in 0..20 {
                        cache.put_blob(digest, &mut vec![7; 1 << 20].as_slice()).unwrap();
                    }
                });
            }
            for _ in 0..20 {
                assert!(lab.read(digest, 1 << 20).is_ok());
            }
        });
        assert_eq!(std::fs::read_dir(lab.place(digest).parent().unwrap()).unwrap().count(), 1);
    }
}
