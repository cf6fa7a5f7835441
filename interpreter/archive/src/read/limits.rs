//! How much an archive may hold.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Limits of what an archive unpacks to. They are far above what images have, and end what was made to fill a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that a layer may have without compression.
    pub unpacked: u64,
    /// How many times its compressed bytes a layer may have, once it is larger than [`Limits::ratio_from`].
    pub ratio: u64,
    /// Bytes from which the ratio counts.
    pub ratio_from: u64,
    /// Entries of a layer.
    pub entries: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { unpacked: 64 << 30, ratio: 200, ratio_from: 1 << 30, entries: 1_000_000 }
    }
}

/// Counts the compressed bytes of a layer, for whoever counts what they become.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
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
