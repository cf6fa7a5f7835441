//! How much an archive may hold.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Limits of what an archive unpacks to. They are far above what images have, and end what was made to fill a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that an archive may have without compression.
    pub unpacked: u64,
    /// How many times its compressed bytes an archive may have, once it is larger than [`Limits::ratio_from`].
    pub ratio: u64,
    /// Bytes from which the ratio counts.
    pub ratio_from: u64,
    /// Entries of an archive.
    pub entries: u64,
    /// Bytes of all names, targets of links and extended attributes, which are in memory until the archive is whole.
    pub names: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { unpacked: 64 << 30, ratio: 200, ratio_from: 1 << 30, entries: 1_000_000, names: 512 << 20 }
    }
}

/// Counts the compressed bytes of an archive, for whoever counts what they become.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// Of an archive whose size is known before it is read.
    pub(crate) fn of(bytes: u64) -> Meter {
        Meter(Arc::new(AtomicU64::new(bytes)))
    }

    /// Counts bytes that were read.
    pub(crate) fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream that ends with an error where it becomes absurdly long.
pub(crate) struct Limited<R> {
    inner: R,
    compressed: Meter,
    limits: Limits,
    count: u64,
}

impl<R> Limited<R> {
    pub(crate) fn new(inner: R, compressed: Meter, limits: Limits) -> Limited<R> {
        Limited { inner, compressed, limits, count: 0 }
    }

    /// As if so many bytes had been read before.
    pub(crate) fn after(self, count: u64) -> Limited<R> {
        Limited { count, ..self }
    }

    /// Bytes that were read.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    fn check(&self) -> io::Result<()> {
        let Limits { unpacked, ratio, ratio_from, .. } = self.limits;
        if self.count > unpacked {
            return Err(absurd(format!("it unpacks to more than {} GiB", unpacked >> 30)));
        }
        let compressed = self.compressed.bytes().max(1);
        if self.count > ratio_from && self.count / compressed > ratio {
            return Err(absurd(format!("it unpacks to more than {ratio} times its size")));
        }
        Ok(())
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        self.check()?;
        Ok(count)
    }
}

/// An archive that is not to be unpacked.
pub(crate) fn absurd(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
