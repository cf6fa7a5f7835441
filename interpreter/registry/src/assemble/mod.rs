//! Images out of the store: what a container changed of the image that it began as becomes one layer, beside the layers of that image,
//! which stay as they are byte for byte.

mod config;
mod index;
mod layer;

use std::collections::BTreeMap;

use pipe_ops::{BlobDigest, Digest, ImageDigests};
use pipe_store::Tree;
use serde_json::{Map, Value};

use crate::image::fact_key;
use crate::manifest::{Descriptor, Document, Manifest, oci_type};
use crate::reference::show_digest;
use crate::{Images, RegistryError};
pub use config::ConfigChanges;

/// An image to be made.
#[derive(Clone, Debug)]
pub struct ImageSpec {
    /// Its root file system.
    pub root: Tree,
    /// The image that it began as, with its root file system.
    pub base: Option<(Tree, ImageDigests)>,
    /// `os/arch[/variant]`, for an image that began as none.
    pub platform: String,
    /// Nothing changed is the whole base, which may be for several platforms.
    pub whole: bool,
    /// What is changed of the configuration.
    pub changes: ConfigChanges,
    /// Annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// The time of everything in it, in seconds since 1970.
    pub time: i64,
}

/// What an image is made over.
struct Base {
    manifest: Manifest,
    digest: BlobDigest,
    config: Vec<u8>,
}

impl Images {
    /// An image that was made before and that the store still has.
    ///
    /// # Errors
    /// When the store fails.
    pub fn assembled(&self, key: Digest) -> Result<Option<ImageDigests>, RegistryError> {
        let Some((text, _)) = self.store.fact::<String>(assembled_key(key))? else { return Ok(None) };
        let mut digests = text.split(' ').map(|text| Digest::from_hex(text).map(BlobDigest));
        let (Some(Some(whole)), Some(Some(manifest))) = (digests.next(), digests.next()) else {
            return Ok(None);
        };
        let digests = ImageDigests { whole, manifest };
        Ok(self.is_kept(manifest)?.then_some(digests))
    }

    /// Makes an image, in the store. `key` is what [`Images::assembled`] will find it by.
    ///
    /// # Errors
    /// When the image that it began as is not in the store any more, or when it is none, or when the store fails.
    pub fn assemble(&self, spec: &ImageSpec, key: Digest) -> Result<ImageDigests, RegistryError> {
        let base = match &spec.base {
            None => None,
            Some((_, digests)) => Some(self.base(digests.manifest)?),
        };
        let from = spec.base.as_ref().map(|(tree, _)| tree);
        let same_tree = from.is_some_and(|from| from.digest == spec.root.digest);
        let digests = match &spec.base {
            Some((_, base)) if same_tree && spec.changes.is_empty() && spec.annotations.is_empty() => {
                if spec.whole { *base } else { ImageDigests::single(base.manifest) }
            }
            _ => ImageDigests::single(self.made(spec, base.as_ref(), from)?),
        };
        let text = format!("{} {}", digests.whole, digests.manifest);
        self.store.put_fact(assembled_key(key), &text, &[])?;
        Ok(digests)
    }

    fn made(
        &self,
        spec: &ImageSpec,
        base: Option<&Base>,
        from: Option<&Tree>,
    ) -> Result<BlobDigest, RegistryError> {
        let empty = self.store.empty_tree();
        let from = from.unwrap_or(&empty);
        let layer = if from.digest == spec.root.digest {
            None
        } else {
            Some(self.packed_layer(from, &spec.root, spec.time)?)
        };
        let config = config::made(spec, base.map(|base| base.config.as_slice()), layer.as_ref())?;
        let config_digest = self.keep_document(&config)?;
        let old = base.map(|base| base.manifest.layers.as_slice()).unwrap_or_default();
        // What Docker calls its layers is the same thing under another name.
        let old = old
            .iter()
            .map(|layer| Descriptor { media_type: oci_type(&layer.media_type).to_owned(), ..layer.clone() });
        let manifest = Manifest {
            config: Descriptor {
                media_type: "application/vnd.oci.image.config.v1+json".to_owned(),
                digest: show_digest(config_digest),
                size: config.len() as u64,
                ..Descriptor::default()
            },
            layers: old.chain(layer.map(|layer| layer.descriptor())).collect(),
        };
        let mut document = manifest.to_json();
        if !spec.annotations.is_empty() {
            let annotations: Map<String, Value> =
                spec.annotations.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect();
            document["annotations"] = annotations.into();
        }
        let digest = self.keep_document(document.to_string().as_bytes())?;
        if let Some(base) = base {
            self.same_origins(base.digest, digest)?;
        }
        Ok(digest)
    }

    fn base(&self, digest: BlobDigest) -> Result<Base, RegistryError> {
        let gone = || {
            RegistryError::new(
                crate::ErrorKind::Store,
                "an image that another one is made over is gone from the store",
            )
            .help("run again: it is fetched then")
        };
        let bytes = self.stored_document(digest)?.ok_or_else(gone)?;
        let Document::Manifest(manifest) = Document::parse(&bytes)? else {
            return Err(RegistryError::malformed("an image is to be made over an index, which is none"));
        };
        let config = self.stored_document(manifest.config.digest()?)?.ok_or_else(gone)?;
        Ok(Base { manifest, digest, config })
    }

    /// Whether everything of an image is here that came from nowhere else.
    fn is_kept(&self, manifest: BlobDigest) -> Result<bool, RegistryError> {
        let Some(bytes) = self.stored_document(manifest)? else { return Ok(false) };
        match Document::parse(&bytes)? {
            Document::Index(_) => Ok(true),
            Document::Manifest(found) => {
                for layer in &found.layers {
                    if self.is_own_layer(layer.digest()?)? && self.kept_blob(layer.digest()?)?.is_none() {
                        return Ok(false);
                    }
                }
                Ok(self.stored_document(found.config.digest()?)?.is_some())
            }
        }
    }
}

fn assembled_key(key: Digest) -> Digest {
    fact_key("assembled", &key.to_string())
}
