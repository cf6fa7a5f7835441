//! Images that the store has.

use std::time::SystemTime;

use pipe_archive::Unpacked;
use pipe_ops::{BlobDigest, StepKey};
use pipe_store::{DiffLayer, Held, Stored};

use super::Images;
use crate::image::fact_key;

use crate::manifest::{Document, Manifest};
use crate::origin::Origin;
use crate::reference::{parse_digest, show_digest};
use crate::{Image, Reference, RegistryError, config, platform};

impl Images {
    /// An image that the store has, whole. Asks nobody.
    ///
    /// # Errors
    /// When the store fails, or has what is no image.
    pub fn stored(&self, digest: BlobDigest, platform: &str) -> Result<Option<Image>, RegistryError> {
        let Some((manifest_digest, manifest)) = self.stored_manifest(digest, platform)? else {
            return Ok(None);
        };
        let Some(bytes) = self.stored_document(manifest.config.digest()?)? else { return Ok(None) };
        let parsed = config::parse(&bytes)?;
        let mut layers = Vec::with_capacity(parsed.diff_ids.len());
        for diff_id in &parsed.diff_ids {
            match self.stored_layer(*diff_id)? {
                Some(layer) => layers.push(layer),
                None => return Ok(None),
            }
        }
        let root = self.root(&parsed.diff_ids, &layers)?;
        Ok(Some(Image { root, config: parsed.config, manifest: manifest_digest }))
    }

    /// The same, of an image that a reference leads to: where what is not kept of it can be had is remembered.
    ///
    /// # Errors
    /// As [`Images::stored`].
    pub fn stored_from(
        &self,
        reference: &Reference,
        digest: BlobDigest,
        platform: &str,
    ) -> Result<Option<Image>, RegistryError> {
        let image = self.stored(digest, platform)?;
        if let Some(image) = &image {
            self.note_fetched(reference, image, digest)?;
        }
        Ok(image)
    }

    pub(super) fn note_fetched(
        &self,
        reference: &Reference,
        image: &Image,
        digest: BlobDigest,
    ) -> Result<(), RegistryError> {
        self.note_origin(image.manifest, Origin::of(reference))?;
        if digest == image.manifest { Ok(()) } else { self.note_origin(digest, Origin::of(reference)) }
    }

    fn stored_manifest(
        &self,
        digest: BlobDigest,
        platform: &str,
    ) -> Result<Option<(BlobDigest, Manifest)>, RegistryError> {
        let Some(bytes) = self.stored_document(digest)? else { return Ok(None) };
        match Document::parse(&bytes)? {
            Document::Manifest(manifest) => Ok(Some((digest, manifest))),
            Document::Index(manifests) => {
                let Some(chosen) = platform::choose(&manifests, platform) else { return Ok(None) };
                let chosen = chosen.digest()?;
                let Some(bytes) = self.stored_document(chosen)? else { return Ok(None) };
                match Document::parse(&bytes)? {
                    Document::Manifest(manifest) => Ok(Some((chosen, manifest))),
                    Document::Index(_) => Ok(None),
                }
            }
        }
    }

    /// A manifest, an index or a configuration that the store has.
    pub(crate) fn stored_document(&self, digest: BlobDigest) -> Result<Option<Vec<u8>>, RegistryError> {
        match self.store.fact::<()>(document_key(digest))? {
            Some(_) => Ok(self.store.get_blob(digest)?),
            None => Ok(None),
        }
    }

    /// Keeps a manifest, an index or a configuration, for as long as it is used.
    pub(crate) fn keep_document(&self, bytes: &[u8]) -> Result<BlobDigest, RegistryError> {
        let digest = self.store.put_blob(bytes)?;
        self.store.put_fact(document_key(digest), &(), &[Held::Blob(digest)])?;
        Ok(digest)
    }

    /// What a tag was when it was last resolved here, and when that was.
    ///
    /// # Errors
    /// When the store fails.
    pub fn last_resolved(&self, name: &str) -> Result<Option<(BlobDigest, SystemTime)>, RegistryError> {
        let fact: Option<(String, SystemTime)> = self.store.fact(fact_key("tag", name))?;
        Ok(fact.and_then(|(text, time)| Some((parse_digest(&text)?, time))))
    }

    /// Puts a layer that was verified into the store.
    pub(crate) fn keep_layer(
        &self,
        image: &dyn std::fmt::Display,
        diff_id: BlobDigest,
        unpacked: Unpacked,
    ) -> Result<DiffLayer, RegistryError> {
        if unpacked.diff_id != diff_id {
            let (wanted, found) = (show_digest(diff_id), show_digest(unpacked.diff_id));
            let message = format!(
                "a layer of {image} unpacks to {found}, and its configuration says {wanted}: the image is broken"
            );
            return Err(RegistryError::malformed(message));
        }
        let layer = unpacked.draft.finish()?;
        self.store.put_fact(layer_key(diff_id), &layer, &[Held::Tree(layer.tree.clone())])?;
        Ok(layer)
    }

    /// A layer that the store has.
    pub(crate) fn stored_layer(&self, diff_id: BlobDigest) -> Result<Option<DiffLayer>, RegistryError> {
        match self.store.fact::<DiffLayer>(layer_key(diff_id))? {
            Some((layer, _)) if self.store.has_layer(&layer)? => Ok(Some(layer)),
            _ => Ok(None),
        }
    }

    /// The same, unless it was made when steps had a single id and now they have more.
    pub(crate) fn usable_layer(&self, diff_id: BlobDigest) -> Result<Option<DiffLayer>, RegistryError> {
        match self.stored_layer(diff_id)? {
            Some(layer) if layer.squashed && self.store.step_ids()? > 1 => Ok(None),
            other => Ok(other),
        }
    }

    /// The tree of layers that the store has.
    pub(crate) fn root(
        &self,
        diff_ids: &[BlobDigest],
        layers: &[DiffLayer],
    ) -> Result<pipe_store::Tree, RegistryError> {
        let squashed = layers.iter().any(|layer| layer.squashed);
        let ids: String = diff_ids.iter().map(|id| format!("{id} ")).collect();
        let key = StepKey(fact_key(if squashed { "squashed root" } else { "root" }, &ids));
        if let Some(Stored::Tree(tree)) = self.store.lookup_op(key)? {
            return Ok(tree);
        }
        let tree = self.store.stack(layers)?;
        self.store.record_op(key, &Stored::Tree(tree.clone()))?;
        Ok(tree)
    }
}

fn document_key(digest: BlobDigest) -> pipe_ops::Digest {
    fact_key("document", &digest.to_string())
}

pub(crate) fn layer_key(diff_id: BlobDigest) -> pipe_ops::Digest {
    fact_key("layer", &diff_id.to_string())
}
