//! Digests: SHA-256, with a newtype for each thing that is digested.

use serde::{Deserialize, Serialize};

/// A SHA-256 digest of bytes, shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", &hex::encode(self.0)[..12])
    }
}

macro_rules! digest_kind {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub Digest);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

digest_kind!(
    /// Of an op's definition: its own encoding and its inputs' definitions. Says nothing of content.
    OpDigest
);
digest_kind!(
    /// Of what a step's result depends on: the op with its inputs' content. The name of a result in the cache.
    StepKey
);
digest_kind!(
    /// Of a directory tree: the root of its Merkle tree.
    TreeDigest
);
digest_kind!(
    /// Of bytes.
    BlobDigest
);
