//! Digesting bytes as they are read.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::Builder;

use pipe_ops::{BlobDigest, Digest};
use sha2::{Digest as _, Sha256};

/// Bytes read at once: large enough that system calls do not count, small enough to stay in the cache.
const CHUNK: usize = 128 * 1024;
/// Bytes of the first read. Most files are smaller, and clearing a large buffer costs more than reading them.
const FIRST: usize = 4 * 1024;
/// From this size on it is worth a thread to read while another one digests.
const LARGE: u64 = 4 << 20;
/// Chunks that are read ahead.
const AHEAD: usize = 4;

/// Copies everything from `reader` to `writer`; the digest and the number of bytes.
pub(crate) fn copy_hashed(reader: &mut impl Read, writer: &mut impl Write) -> io::Result<(BlobDigest, u64)> {
    let mut hash = Sha256::new();
    let mut size = 0;
    let (mut first, mut large) = ([0; FIRST], Vec::new());
    loop {
        let buffer = if large.is_empty() { &mut first[..] } else { &mut large[..] };
        let read = match reader.read(buffer) {
            Ok(0) => return Ok((BlobDigest(Digest(hash.finalize().into())), size)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let chunk = buffer.get(..read).unwrap_or_default();
        hash.update(chunk);
        writer.write_all(chunk)?;
        size += read as u64;
        if read == FIRST && large.is_empty() {
            large = vec![0; CHUNK];
        }
    }
}

/// The digest of everything that can be read, and the number of bytes.
pub(crate) fn hash_reader(reader: &mut impl Read) -> io::Result<(BlobDigest, u64)> {
    copy_hashed(reader, &mut io::sink())
}

/// The same of something that is about `size` bytes long: what is large is read by a thread of its own, for copying it out of the
/// kernel takes a fourth of the time. Where no thread can be had it is read by this one.
pub(crate) fn hash_sized(reader: &mut (impl Read + Send), size: u64) -> io::Result<(BlobDigest, u64)> {
    if size < LARGE {
        return hash_reader(reader);
    }
    let (empty, emptied) = channel();
    for _ in 0..AHEAD {
        // Its receiver is here, so this cannot fail.
        let _ = empty.send(vec![0; CHUNK]);
    }
    let (full, filled) = sync_channel(AHEAD);
    let digested = std::thread::scope(|scope| {
        let (thread, reader) = (Builder::new().name("read-ahead".to_owned()), &mut *reader);
        thread.spawn_scoped(scope, move || read_ahead(reader, &emptied, full)).ok()?;
        Some(hash_filled(&filled, empty))
    });
    digested.unwrap_or_else(|| hash_reader(reader))
}

/// A buffer, and how much of it is filled.
type Chunk = (Vec<u8>, usize);

/// Fills buffers until the end, an error, or until nobody wants them.
fn read_ahead(reader: &mut impl Read, emptied: &Receiver<Vec<u8>>, full: SyncSender<io::Result<Chunk>>) {
    while let Ok(mut buffer) = emptied.recv() {
        let chunk = loop {
            match reader.read(&mut buffer) {
                Ok(0) => return,
                Ok(read) => break Ok((buffer, read)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        if full.send(chunk).is_err() {
            return;
        }
    }
}

fn hash_filled(
    filled: &Receiver<io::Result<Chunk>>,
    empty: Sender<Vec<u8>>,
) -> io::Result<(BlobDigest, u64)> {
    let mut hash = Sha256::new();
    let mut size = 0;
    for chunk in filled {
        let (buffer, read) = chunk?;
        hash.update(buffer.get(..read).unwrap_or_default());
        size += read as u64;
        // At the end nobody waits for it any more.
        let _ = empty.send(buffer);
    }
    Ok((BlobDigest(Digest(hash.finalize().into())), size))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_byte_counts_once_whatever_the_size() {
        for size in [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + CHUNK, FIRST + CHUNK + 1] {
            let bytes: Vec<u8> = (0..size).map(|index| (index % 251) as u8).collect();
            let mut copy = Vec::new();
            let found = copy_hashed(&mut bytes.as_slice(), &mut copy).unwrap();
            assert_eq!(found, (BlobDigest::of(&bytes), size as u64));
            assert_eq!(copy, bytes);
        }
    }

    #[test]
    fn reading_ahead_finds_the_same() {
        let large = LARGE as usize;
        for size in [0, large - 1, large, large + 1, large + CHUNK * AHEAD + 7] {
            let bytes: Vec<u8> = (0..size).map(|index| (index % 251) as u8).collect();
            let expected = (BlobDigest::of(&bytes), size as u64);
            assert_eq!(hash_sized(&mut bytes.as_slice(), size as u64).unwrap(), expected);
            // The size is no more than a hint.
            assert_eq!(hash_sized(&mut bytes.as_slice(), LARGE).unwrap(), expected);
            assert_eq!(hash_sized(&mut bytes.as_slice(), 0).unwrap(), expected);
        }
    }

    #[test]
    fn what_cannot_be_read_on_is_told() {
        /// Gives some, is interrupted, gives some more, and fails.
        struct Broken(usize);
        impl Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    2 => Err(io::ErrorKind::Interrupted.into()),
                    9 => Err(io::ErrorKind::StaleNetworkFileHandle.into()),
                    _ => Ok(buffer.len()),
                }
            }
        }
        let error = hash_sized(&mut Broken(0), LARGE).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StaleNetworkFileHandle);
    }
}
