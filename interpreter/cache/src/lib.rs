//! Caches that several stores share: results by their keys, content by its digest.
//!
//! **Invariant.** What comes out of a cache is bytes of somebody else's: content is digested as it is read and never given on under another digest; what a
//! result says is not looked at here. Nothing of a cache is run, followed or waited for.

mod address;
mod dir;
mod error;

use std::fmt::Debug;
use std::io::{Read, Write};

use pipe_ops::{BlobDigest, Digest};

pub use address::{AddressError, CacheAddress};
pub use dir::DirCache;
pub use error::CacheError;

/// A cache that several stores share. Every call may take long, and may fail without harm: who asks goes on without it.
pub trait RemoteCache: Debug + Send + Sync {
    /// Where it is, for people: `dir:/srv/cache`.
    fn origin(&self) -> &str;

    /// What is kept under an entry's name, at most `limit` bytes of it; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is larger.
    fn result(&self, entry: Digest, limit: u64) -> Result<Option<Vec<u8>>, CacheError>;

    /// Keeps something under an entry's name, in place of what is there.
    ///
    /// # Errors
    /// When it cannot be written.
    fn put_result(&self, entry: Digest, bytes: &[u8]) -> Result<(), CacheError>;

    /// Writes the content of a digest, which has so many bytes; whether there is any. What was written is not to be used when this fails.
    ///
    /// # Errors
    /// When it cannot be read, or is another content.
    fn blob(&self, digest: BlobDigest, size: u64, to: &mut dyn Write) -> Result<bool, CacheError>;

    /// Whether there is content of a digest. It may be damaged.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn has_blob(&self, digest: BlobDigest) -> Result<bool, CacheError>;

    /// Keeps content under its digest.
    ///
    /// # Errors
    /// When it cannot be written, or is another content.
    fn put_blob(&self, digest: BlobDigest, content: &mut dyn Read) -> Result<(), CacheError>;
}
