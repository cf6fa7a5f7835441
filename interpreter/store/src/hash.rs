//! Digesting bytes as they are read.

use std::io::{self, Read, Write};

use pipe_ops::{BlobDigest, Digest};
use sha2::{Digest as _, Sha256};

/// Bytes read at once: large enough that system calls do not count, small enough to stay in the cache.
const CHUNK: usize = 128 * 1024;

/// Copies everything from `reader` to `writer`; the digest and the number of bytes.
pub(crate) fn copy_hashed(reader: &mut impl Read, writer: &mut impl Write) -> io::Result<(BlobDigest, u64)> {
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => return Ok((BlobDigest(Digest(hash.finalize().into())), size)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let chunk = buffer.get(..read).unwrap_or_default();
        hash.update(chunk);
        writer.write_all(chunk)?;
        size += read as u64;
    }
}

/// The digest of everything that can be read, and the number of bytes.
pub(crate) fn hash_reader(reader: &mut impl Read) -> io::Result<(BlobDigest, u64)> {
    copy_hashed(reader, &mut io::sink())
}
