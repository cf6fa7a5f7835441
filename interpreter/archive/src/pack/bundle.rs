//! A tar archive of files that are no tree: put together one by one.

use std::io::{Read, Write};

use super::tar::Archive;
use crate::ArchiveError;

/// A tar archive that grows, for files whose names are the program's own. The same files in the same order give the same bytes.
pub struct Bundle<'a>(Archive<'a>);

impl<'a> Bundle<'a> {
    /// `time` is that of everything in it, in seconds since 1970.
    pub fn new(time: i64, to: &'a mut dyn Write) -> Bundle<'a> {
        Bundle(Archive::new(time, to))
    }

    /// Adds a folder, by its path with a slash at the end: at most 100 bytes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn dir(&mut self, path: &str) -> Result<(), ArchiveError> {
        self.0.dir(path.as_bytes())
    }

    /// Adds a file of `size` bytes. Its path has at most 100 bytes.
    ///
    /// # Errors
    /// When the content ends before that, or cannot be read, or the archive cannot be written.
    pub fn file(&mut self, path: &str, size: u64, content: &mut dyn Read) -> Result<(), ArchiveError> {
        self.0.file(path.as_bytes(), size, content)
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(self) -> Result<(), ArchiveError> {
        self.0.end()
    }
}
