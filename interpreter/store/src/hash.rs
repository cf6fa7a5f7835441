//! Digesting bytes as they are read.

use std::io::{self, Read, Write};

use pipe_ops::{BlobDigest, Digest};
use sha2::{Digest as _, Sha256};

/// Bytes read at once: large enough that system calls do not count, small enough to stay in the cache.
const CHUNK: usize = 128 * 1024;
/// Bytes of the first read. Most files are smaller, and clearing a large buffer costs more than reading them.
const FIRST: usize = 4 * 1024;

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
}
