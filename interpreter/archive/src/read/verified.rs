//! Streams that are digested while they are read.

use std::io::{self, Read};

use pipe_ops::{BlobDigest, Digest};
use sha2::{Digest as _, Sha256};

use super::Meter;

/// A stream that is digested while it is read.
pub struct Verified<R> {
    inner: R,
    hasher: Sha256,
    count: u64,
    meter: Meter,
}

impl<R: Read> Verified<R> {
    /// Over a stream; `meter` counts its bytes as well.
    pub fn new(inner: R, meter: Meter) -> Verified<R> {
        Verified { inner, hasher: Sha256::new(), count: 0, meter }
    }

    /// Reads what is left, then gives the digest and the number of bytes.
    pub fn finish(mut self) -> io::Result<(BlobDigest, u64)> {
        io::copy(&mut self, &mut io::sink())?;
        Ok((BlobDigest(Digest(self.hasher.finalize().into())), self.count))
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        self.count += count as u64;
        self.meter.add(count);
        Ok(count)
    }
}
