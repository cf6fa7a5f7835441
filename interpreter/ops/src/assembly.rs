//! Images that leave the graph: a container as layers, a configuration and a manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::image_config::entry;
use crate::{Arg, BlobDigest, Datum, Digest, Output};

/// A container as an image: what it changes of the image that it began as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assembly {
    /// The root file system.
    pub root: Output,
    /// The image that it began as; without one every file of the root is the image's own.
    pub base: Option<BaseImage>,
    /// `os/arch[/variant]`.
    pub platform: String,
    /// When nothing is changed, the image stays what its reference led to: an index of all its platforms.
    pub whole: bool,
    /// Variables that are set.
    pub env: BTreeMap<String, Arg>,
    /// Variables of the image that were taken away, sorted.
    pub unset_env: Vec<String>,
    /// The working folder, when it is set.
    pub workdir: Option<Arg>,
    /// `user[:group]`, when it is set.
    pub user: Option<String>,
    /// What is started, when it is set: a list of texts.
    pub entrypoint: Option<Arg>,
    /// What is started, or what the entrypoint is given, when it is set: a list of texts.
    pub command: Option<Arg>,
    /// Labels that are set.
    pub labels: BTreeMap<String, Arg>,
    /// Annotations of the manifest.
    pub annotations: BTreeMap<String, Arg>,
    /// Ports it listens on beside those of the image, as `80/tcp`.
    pub ports: Vec<String>,
    /// What runs scripts, when it is set.
    pub shell: Option<Vec<String>>,
}

/// The image that a container began as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseImage {
    /// Its root file system.
    pub root: Output,
    /// Its digests: an [`ImageDigests`]' value.
    pub digests: Output,
}

/// Which image something is: what of it the store keeps is found by these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageDigests {
    /// What stands for all of it: an index's where it is for several platforms, else its manifest's.
    pub whole: BlobDigest,
    /// The manifest for one platform; of an index that was made, the index's.
    pub manifest: BlobDigest,
}

impl ImageDigests {
    /// Of an image that is one document.
    pub fn single(digest: BlobDigest) -> ImageDigests {
        ImageDigests { whole: digest, manifest: digest }
    }

    /// As a plain value: a map from field names.
    pub fn to_datum(&self) -> Datum {
        let field = |name: &str, digest: BlobDigest| (Datum::text(name), Datum::text(digest.to_string()));
        Datum::Map(vec![field("manifest", self.manifest), field("whole", self.whole)])
    }

    /// From a plain value; `None` when it is none of [`ImageDigests::to_datum`].
    pub fn from_datum(datum: &Datum) -> Option<ImageDigests> {
        let digest = |name: &str| Digest::from_hex(entry(datum, name)?.as_text()?).map(BlobDigest);
        Some(ImageDigests { whole: digest("whole")?, manifest: digest("manifest")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_come_back() {
        let digests = ImageDigests { whole: BlobDigest::of(b"index"), manifest: BlobDigest::of(b"manifest") };
        assert_eq!(ImageDigests::from_datum(&digests.to_datum()), Some(digests));
        assert_eq!(ImageDigests::from_datum(&Datum::Unit), None);
    }
}
