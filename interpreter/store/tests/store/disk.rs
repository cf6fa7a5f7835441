//! A disk that is full, or cannot be written.

use std::path::{Path, PathBuf};
use std::process::Command;

use pipe_store::{Store, StoreError, StoreOptions};

/// A small file system of its own; unmounted when dropped.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// `None` where nothing can be mounted.
    fn mount() -> Option<Disk> {
        let folder = tempfile::tempdir().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(folder.path()).output();
        mounted.ok()?.status.success().then(|| Disk { folder })
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let mut mount = Command::new("mount");
        mount.args(["-o", &options]).arg(self.folder.path());
        // A program that another test is just starting has copies of this process's open files for a moment.
        let mounted = (0..1000).any(|_| {
            let done = mount.output().unwrap().status.success();
            if !done {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            done
        });
        assert!(mounted);
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(path, StoreOptions { owner: None, boot_id: "boot".to_owned() })
}

#[test]
fn a_full_disk_loses_nothing_and_says_what_to_do() {
    let Some(disk) = Disk::mount() else {
        eprintln!("SKIP a_full_disk_loses_nothing_and_says_what_to_do: nothing can be mounted");
        return;
    };
    let store = open(&disk.store()).unwrap();
    let kept = store.with_file(&store.empty_tree(), "kept", b"kept", 0o644).unwrap();
    let large = vec![7; 4 << 20];
    let layer = store.with_file(&kept, "large", &large, 0o644).unwrap_err();
    let blob = store.put_blob(&large).unwrap_err();
    for error in [layer, blob] {
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
        assert!(error.to_string().contains("PIPE_STORE"), "{error}");
    }
    // The database itself finds no room either.
    let mut number = 0u64;
    let error = loop {
        number += 1;
        match store.put_blob(&[number.to_le_bytes(); 2000].concat()) {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    drop(store);
    disk.remount("size=64m");
    let store = open(&disk.store()).unwrap();
    assert_eq!(store.verify(false).unwrap().damage, []);
    assert_eq!(store.read_file(&store.subfile(&kept, "kept").unwrap()).unwrap(), b"kept");
    assert!(store.put_blob(&large).is_ok());
}

#[test]
fn a_disk_that_cannot_be_written_says_what_to_do() {
    let Some(disk) = Disk::mount() else {
        eprintln!("SKIP a_disk_that_cannot_be_written_says_what_to_do: nothing can be mounted");
        return;
    };
    let store = open(&disk.store()).unwrap();
    store.put_blob(b"before").unwrap();
    drop(store);
    disk.remount("ro");
    let error = open(&disk.store()).and_then(|store| store.put_blob(b"x").map(drop)).unwrap_err();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error}");
    let error = open(&disk.folder.path().join("other")).err().unwrap();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error}");
    assert!(error.to_string().contains("PIPE_STORE"), "{error}");
}
