//! A store, archives to unpack into it, and a look at what came of it.
#![allow(dead_code)]

mod raw_tar;

use std::io::{Cursor, Write};

use pipe_archive::{Limits, UnpackFailure, Unpacking, unpack};
use pipe_store::{EntryKind, Store, StoreOptions, Tree};
use zip::ZipWriter;

pub(crate) use raw_tar::{RawTar, raw_tar};

pub(crate) struct Lab {
    pub(crate) store: Store,
    limits: Limits,
    _folder: tempfile::TempDir,
}

impl Lab {
    pub(crate) fn new() -> Lab {
        Lab::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Lab {
        let folder = tempfile::tempdir().unwrap();
        let options = StoreOptions { owner: None, boot_id: "one".to_owned() };
        let store = Store::open(&folder.path().join("store"), options).unwrap();
        Lab { store, limits, _folder: folder }
    }

    pub(crate) fn unpack(&self, bytes: &[u8]) -> Result<Tree, UnpackFailure> {
        self.unpack_as(bytes, false)
    }

    pub(crate) fn unpack_root(&self, bytes: &[u8]) -> Result<Tree, UnpackFailure> {
        self.unpack_as(bytes, true)
    }

    /// When it fails, nothing of it is in the store.
    fn unpack_as(&self, bytes: &[u8], root: bool) -> Result<Tree, UnpackFailure> {
        let file = self.store.make_file(0o644, |to| {
            to.write_all(bytes).unwrap();
            Ok::<(), pipe_store::StoreError>(())
        });
        let before = self.files();
        let how = Unpacking { root, limits: self.limits };
        let unpacked = unpack(&self.store, &file.unwrap(), &how, &|| false);
        assert!(unpacked.is_ok() || self.files() == before, "something is left");
        unpacked
    }

    /// Why an archive is refused.
    pub(crate) fn refused(&self, bytes: &[u8]) -> String {
        match self.unpack(bytes) {
            Err(UnpackFailure::Content(reason)) => reason,
            other => panic!("it is not refused: {other:?}"),
        }
    }

    /// What is in a tree: path, mode and owner, content and attributes.
    pub(crate) fn listing(&self, tree: &Tree) -> Vec<String> {
        let content = self.store.content(tree).unwrap();
        let show = |entry: &pipe_store::ListEntry| {
            let (path, meta) = (entry.path.escape_ascii(), &entry.meta);
            let mut line = format!("{path} {:o} {}:{}", meta.mode, meta.uid, meta.gid);
            let mut bytes = Vec::new();
            match &entry.kind {
                EntryKind::Dir => line = format!("{path}/ {:o} {}:{}", meta.mode, meta.uid, meta.gid),
                EntryKind::Symlink { target } => return format!("{path} -> {}", target.escape_ascii()),
                _ => content.copy_file(entry, &mut bytes).unwrap(),
            }
            for (name, value) in &meta.xattrs {
                line += &format!(" {}={}", name.escape_ascii(), value.escape_ascii());
            }
            if !bytes.is_empty() {
                line += &format!(" {}", bytes.escape_ascii());
            }
            line
        };
        content.entries().iter().map(show).collect()
    }

    /// Layers of the store, and what is under way.
    fn files(&self) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        let mut pending = vec![self.store.dir().join("work"), self.store.dir().join("layers")];
        while let Some(folder) = pending.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.push(path.clone());
                if path.is_dir() && !path.is_symlink() {
                    pending.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

pub(crate) fn zip_with(fill: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    fill(&mut zip);
    zip.finish().unwrap().into_inner()
}
