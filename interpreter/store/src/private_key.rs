//! The store's own key.

use std::fs;
use std::io::{self, Read, Write};

use rustix::rand::{GetRandomFlags, getrandom};

use crate::{Store, StoreError, WritePoint};

const NAME: &str = "private.key";
const LEN: usize = 32;

impl Store {
    /// Random bytes that nobody else knows, the same for as long as the store is there. Made when they are first asked for; only the
    /// store's owner can read them.
    pub fn private_key(&self) -> Result<[u8; LEN], StoreError> {
        let path = self.dir().join(NAME);
        let failed = |action| {
            let path = &path;
            move |error| StoreError::io(action, path, error)
        };
        if let Some(key) = read(&path).map_err(failed("read"))? {
            return Ok(key);
        }
        let mut key = [0; LEN];
        getrandom(&mut key, GetRandomFlags::empty()).map_err(|error| failed("make")(error.into()))?;
        let staged = self.staged()?;
        let written = self.disk().write_new(&staged, |file| {
            file.write_all(&key)?;
            file.sync_all()
        });
        written.map_err(failed("make"))?;
        if fs::symlink_metadata(&path).is_ok() {
            if let Some(key) = read(&path).map_err(failed("read"))? {
                return Ok(key);
            }
            // What is there is no key: a power loss took its bytes.
            self.disk().remove_file(&path).map_err(failed("replace"))?;
        }
        self.disk().before(WritePoint::Rename(&staged, &path)).map_err(failed("make"))?;
        // Never over another process's, which may have been used already.
        match fs::hard_link(&staged, &path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("make")(error)),
        }
        self.disk().remove_file(&staged).map_err(failed("make"))?;
        let kept = read(&path).map_err(failed("read"))?;
        kept.ok_or_else(|| failed("read")(io::ErrorKind::InvalidData.into()))
    }
}

/// The key, if there is one.
fn read(path: &std::path::Path) -> io::Result<Option<[u8; LEN]>> {
    let mut key = [0; LEN];
    let mut file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    match file.read_exact(&mut key) {
        Ok(()) => Ok(Some(key)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::StoreOptions;

    fn open(dir: &std::path::Path) -> Store {
        Store::open(dir, StoreOptions { owner: None, boot_id: "boot".into() }).unwrap()
    }

    #[test]
    fn a_store_keeps_its_key_and_no_other_has_it() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = open(one.path()).private_key().unwrap();
        assert_eq!(open(one.path()).private_key().unwrap(), key);
        assert_ne!(open(two.path()).private_key().unwrap(), key);
        let mode = fs::metadata(one.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn processes_that_make_it_at_once_agree() {
        let dir = tempfile::tempdir().unwrap();
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let store = open(dir.path());
                std::thread::spawn(move || store.private_key().unwrap())
            })
            .collect();
        let keys: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_key_that_lost_its_bytes_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        fs::write(dir.path().join(NAME), b"short").unwrap();
        let key = store.private_key().unwrap();
        assert_eq!(store.private_key().unwrap(), key);
    }
}
