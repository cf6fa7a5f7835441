//! What a step prints, and what it reads.

use std::io::{self, Seek, Write};
use std::os::fd::OwnedFd;

use pipe_engine::{OutputSink, Stream};
use rustix::fs::{MemfdFlags, Mode, OFlags};
use rustix::pipe::PipeFlags;
use tokio::net::unix::pipe::Receiver;

/// As much as a pipe holds.
const CHUNK: usize = 64 * 1024;

/// A pipe: the end that is read here, the end that the step gets.
pub(super) fn pipe() -> io::Result<(Receiver, OwnedFd)> {
    let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    // Sets the reading end, and only it, to non-blocking.
    Ok((Receiver::from_owned_fd(reader)?, writer))
}

/// Passes bytes on until every writer is gone.
pub(super) async fn pump(reader: &Receiver, stream: Stream, sink: &dyn OutputSink) -> io::Result<()> {
    // Read into without being cleared first: many steps print nothing.
    let mut buffer = Vec::with_capacity(CHUNK);
    loop {
        reader.readable().await?;
        buffer.clear();
        match reader.try_read_buf(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(_) => sink.output(stream, &buffer),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// A file in memory with these bytes, open for reading only.
pub(super) fn input(bytes: &[u8]) -> io::Result<OwnedFd> {
    let mut file = std::fs::File::from(rustix::fs::memfd_create("stdin", MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    file.rewind()?;
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}
