//! How much room the store takes.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::policy::Limits;
use crate::{Store, StoreError, disk_usage};

/// Bytes on the disk, by what takes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreSize {
    /// Files and folders of results, images and imported folders.
    pub layers: u64,
    /// Logs and other texts that have a file of their own.
    pub blobs: u64,
    /// The database: results, folders of Merkle trees, small texts.
    pub database: u64,
    /// Cache volumes.
    pub volumes: u64,
    /// Downloads under way or broken off.
    pub downloads: u64,
    /// What steps in progress have written so far, as far as this process may look.
    pub work: u64,
    /// Packages that were fetched. Nothing removes them by itself.
    pub packages: u64,
    /// What was found damaged.
    pub quarantine: u64,
}

impl StoreSize {
    /// All of it.
    pub fn total(&self) -> u64 {
        let kept = self.layers + self.blobs + self.database + self.volumes + self.packages;
        kept + self.downloads + self.work + self.quarantine
    }
}

impl Store {
    /// How much room the store takes.
    pub fn size(&self) -> Result<StoreSize, StoreError> {
        let sum = |query: &str| -> Result<u64, StoreError> {
            let sum = self
                .database()
                .read(|connection| connection.query_row(query, [], |row| row.get::<_, Option<i64>>(0)))?;
            Ok(u64::try_from(sum.unwrap_or_default()).unwrap_or_default())
        };
        // What cannot be looked at counts nothing.
        let usage = |name: &str| disk_usage(&self.dir().join(name)).unwrap_or_default();
        Ok(StoreSize {
            layers: sum("SELECT sum(disk) FROM layer")?,
            blobs: sum("SELECT sum(size) FROM blob WHERE bytes IS NULL")?,
            database: self.database_size()?,
            volumes: self.volumes()?.iter().map(|volume| volume.bytes).sum(),
            downloads: usage("downloads"),
            work: usage("work"),
            packages: usage("packages"),
            quarantine: usage("quarantine"),
        })
    }

    /// Whether the store takes more than it may, or leaves too little to others. What layers and blobs take is kept as a sum, so this
    /// costs the same in a large store.
    pub(super) fn is_over(&self, limits: &Limits) -> Result<bool, StoreError> {
        if limits.free.missing(self.dir()) > 0 {
            return Ok(true);
        }
        let kept: i64 = self
            .database()
            .read(|connection| connection.query_row("SELECT bytes FROM total", [], |row| row.get(0)))?;
        let usage = |name: &str| disk_usage(&self.dir().join(name)).unwrap_or_default();
        let log = fs::metadata(self.dir().join("db.sqlite-wal")).map_or(0, |log| log.blocks() * 512);
        let folders: u64 = ["downloads", "work", "packages", "quarantine"].into_iter().map(usage).sum();
        let others = self.database_size()? + log + self.measured_volumes()? + folders;
        Ok(u64::try_from(kept).unwrap_or_default() + others > limits.size)
    }

    /// Pages that hold something. The log is folded into them again and again.
    fn database_size(&self) -> Result<u64, StoreError> {
        let pages: i64 = self.database().read(|connection| {
            connection.query_row(
                "SELECT (page_count - freelist_count) * page_size
                 FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
                [],
                |row| row.get(0),
            )
        })?;
        Ok(u64::try_from(pages).unwrap_or_default())
    }
}
