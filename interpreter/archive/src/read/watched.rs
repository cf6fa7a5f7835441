//! Streams that end when nobody waits for them any more.

use std::io::{self, Read};

/// A stream that ends with an error when nobody waits for it any more.
pub(crate) struct Watched<'a, R> {
    inner: R,
    cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl<'a, R> Watched<'a, R> {
    pub(crate) fn new(inner: R, cancelled: &'a (dyn Fn() -> bool + Sync)) -> Watched<'a, R> {
        Watched { inner, cancelled }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if (self.cancelled)() {
            return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
        }
        self.inner.read(buffer)
    }
}
