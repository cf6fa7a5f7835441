//! A tar archive whose files are read by name, in any order.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use pipe_store::{FileRef, Store};

use crate::read::{EntryKind, Limited, Meter, Tally, TarReader, Watched, absurd, decode, is_compressed};
use crate::{Limits, UnpackFailure};

/// Links that are followed to a file: tools that save images link a layer that two images share.
const HOPS: usize = 8;

/// The files of a tar archive, by their paths without a leading `./`.
#[derive(Debug)]
pub struct ArchivedFiles {
    content: Arc<File>,
    places: HashMap<Vec<u8>, Place>,
}

#[derive(Clone, Debug)]
enum Place {
    /// Where its content begins, and its bytes.
    At(u64, u64),
    /// It is a link to another path.
    Link(Vec<u8>),
}

impl ArchivedFiles {
    /// Of a file in the store. One that is compressed is laid down beside it without its compression for as long as this lives.
    ///
    /// # Errors
    /// When it is no tar archive, holds more than it may, or the store fails.
    pub fn open(
        store: &Store,
        file: &FileRef,
        limits: &Limits,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<ArchivedFiles, UnpackFailure> {
        let mut content = store.open_verified(file)?;
        if is_compressed(&content)? {
            let plain = decode(Watched::new(content, cancelled))?;
            let mut plain = Limited::new(plain, Meter::of(file.size), *limits);
            let mut laid = store.unnamed_file()?;
            copy(&mut plain, &mut laid, store)?;
            content = laid;
        }
        let mut tar =
            TarReader::new(BufReader::with_capacity(64 << 10, Watched::new(Cursor::of(&content), cancelled)));
        let (mut places, mut tally) = (HashMap::new(), Tally::default());
        while let Some(entry) = tar.next()? {
            tally.add(&entry, limits)?;
            let place = match entry.kind {
                EntryKind::File => Place::At(tar.position(), tar.left()),
                EntryKind::HardLink => Place::Link(joined(b"", &entry.target)),
                EntryKind::Symlink => Place::Link(joined(folder(&entry.path), &entry.target)),
                EntryKind::Dir => continue,
                EntryKind::Fifo | EntryKind::Device => {
                    let path = entry.path.escape_ascii();
                    return Err(absurd(format!("`{path}` is neither a file nor a folder")).into());
                }
            };
            if places.insert(joined(b"", &entry.path), place).is_some() {
                return Err(absurd(format!("`{}` is there twice", entry.path.escape_ascii())).into());
            }
        }
        Ok(ArchivedFiles { content: Arc::new(content), places })
    }

    /// All paths.
    pub fn paths(&self) -> impl Iterator<Item = &[u8]> {
        self.places.keys().map(Vec::as_slice)
    }

    /// The content of a file; `None` when there is none of that path.
    pub fn get(&self, path: &[u8]) -> Option<ArchivedFile> {
        let mut path = path.to_vec();
        for _ in 0..HOPS {
            match self.places.get(&path)? {
                Place::At(start, size) => {
                    return Some(ArchivedFile { content: self.content.clone(), at: *start, left: *size });
                }
                Place::Link(target) => path.clone_from(target),
            }
        }
        None
    }
}

/// The content of a file of an archive.
#[derive(Debug)]
pub struct ArchivedFile {
    content: Arc<File>,
    at: u64,
    left: u64,
}

impl ArchivedFile {
    /// Bytes that were not read yet.
    pub fn left(&self) -> u64 {
        self.left
    }
}

impl Read for ArchivedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.content.read_at(buffer.get_mut(..most).unwrap_or_default(), self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

/// A file from its beginning, whatever else reads it.
struct Cursor<'a> {
    file: &'a File,
    at: u64,
}

impl Cursor<'_> {
    fn of(file: &File) -> Cursor<'_> {
        Cursor { file, at: 0 }
    }
}

impl Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// As [`io::copy`], telling what could not be read from what could not be kept.
fn copy(from: &mut impl Read, to: &mut File, store: &Store) -> Result<(), UnpackFailure> {
    let mut buffer = vec![0; 128 << 10];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        to.write_all(buffer.get(..count).unwrap_or_default()).map_err(|error| store.not_written(error))?;
    }
}

fn folder(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    path.get(..slash.unwrap_or(0)).unwrap_or_default()
}

/// A path from another one, without `.` and `..`. Above the archive's own folder there is nothing, so nothing is found there.
fn joined(base: &[u8], path: &[u8]) -> Vec<u8> {
    let mut names: Vec<&[u8]> = Vec::new();
    for name in base.split(|byte| *byte == b'/').chain(path.split(|byte| *byte == b'/')) {
        match name {
            b"" | b"." => {}
            b".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join(&b'/')
}
