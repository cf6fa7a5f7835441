//! Fetching images: from a reference to an image in the store.

mod layers;
mod login;
mod stopped;
mod stored;

use std::sync::Arc;

use pipe_archive::Limits;
use pipe_ops::BlobDigest;
use pipe_store::Store;

use crate::http::{Client, Endpoint, Failure, Request};
use crate::image::{fact_key, no_platform};
use crate::manifest::{ACCEPTED, DOCUMENT_LIMIT, Descriptor, Document, Manifest};
use crate::reference::show_digest;
use crate::{Cancel, Credentials, Image, Reference, RegistryError, Settings, config, platform};
pub(crate) use layers::{PARALLEL, PART_LIFE};
use stopped::Tried;
pub(crate) use stopped::{Stopped, altered};
pub(crate) use stored::layer_key;

/// Images of registries, in a store.
pub struct Images {
    pub(crate) store: Store,
    pub(crate) client: Client,
    pub(crate) limits: Limits,
}

/// An image, and what its tag stands for now.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The image.
    pub image: Image,
    /// The digest that the reference led to: an index's, where there is one.
    pub digest: BlobDigest,
}

impl Images {
    /// Over a store.
    pub fn new(store: Store, settings: Settings) -> Images {
        let credentials = Arc::new(Credentials::new(&settings));
        Images { store, client: Client::new(settings, credentials), limits: Limits::default() }
    }

    /// With other limits of what archives may hold.
    pub fn with_limits(mut self, limits: Limits) -> Images {
        self.limits = limits;
        self
    }

    /// Fetches an image: of `pinned`, else of the reference's digest, else of what its tag is now. What the store has is not fetched
    /// again; what comes is verified before it is kept.
    ///
    /// # Errors
    /// When no endpoint gives it, when it is not what it claims to be, or when the store fails.
    pub fn fetch(
        &self,
        reference: &Reference,
        pinned: Option<BlobDigest>,
        platform: &str,
        cancel: &Cancel,
    ) -> Result<Fetched, RegistryError> {
        if let Some(digest) = pinned.or(reference.digest)
            && let Some(image) = self.stored_from(reference, digest, platform)?
        {
            return Ok(Fetched { image, digest });
        }
        self.at_first_endpoint(reference, |endpoint| {
            self.fetch_from(endpoint, reference, pinned, platform, cancel)
        })
    }

    /// What a tag is now: the digest of the index or the manifest that it leads to. Nothing else of the image is fetched.
    ///
    /// # Errors
    /// As for [`Images::fetch`].
    pub fn resolve(&self, reference: &Reference, cancel: &Cancel) -> Result<BlobDigest, RegistryError> {
        let tag = reference.tag.as_deref().unwrap_or_default();
        self.at_first_endpoint(reference, |endpoint| {
            let (digest, _) = self.document(endpoint, tag, None, cancel)?;
            self.resolved(reference, digest)?;
            Ok(digest)
        })
    }

    /// What the first endpoint gives that has it.
    pub(crate) fn at_first_endpoint<T>(
        &self,
        reference: &Reference,
        ask: impl Fn(&Endpoint) -> Result<T, Stopped>,
    ) -> Result<T, RegistryError> {
        let mut tried = Tried::new(reference.to_string());
        for endpoint in Endpoint::all(reference, &self.client.settings)? {
            match ask(&endpoint) {
                Ok(given) => return Ok(given),
                Err(Stopped::Here(failure)) => tried.failures.push((endpoint.shown(), failure)),
                Err(Stopped::Everywhere(error)) => return Err(error),
            }
        }
        Err(tried.into_error(reference))
    }

    /// Keeps what a tag was when it was resolved.
    fn resolved(&self, reference: &Reference, digest: BlobDigest) -> Result<(), RegistryError> {
        if let Some(name) = reference.pin_name() {
            self.store.put_fact(fact_key("tag", &name), &show_digest(digest), &[])?;
        }
        Ok(())
    }

    fn fetch_from(
        &self,
        endpoint: &Endpoint,
        reference: &Reference,
        pinned: Option<BlobDigest>,
        platform: &str,
        cancel: &Cancel,
    ) -> Result<Fetched, Stopped> {
        let wanted = pinned.or(reference.digest);
        let name = wanted.map(show_digest).or_else(|| reference.tag.clone()).unwrap_or_default();
        let (digest, document) = self.document(endpoint, &name, wanted, cancel)?;
        let image = match document {
            Document::Manifest(manifest) => (digest, manifest),
            Document::Index(manifests) => {
                let chosen = platform::choose(&manifests, platform);
                let chosen = chosen.ok_or_else(|| no_platform(reference, platform, &manifests))?.digest()?;
                match self.document(endpoint, &show_digest(chosen), Some(chosen), cancel)? {
                    (chosen, Document::Manifest(manifest)) => (chosen, manifest),
                    (_, Document::Index(_)) => {
                        let message = format!("{reference} is an index of indexes, which no image is");
                        return Err(RegistryError::malformed(message).into());
                    }
                }
            }
        };
        let image = self.unpacked(endpoint, reference, image, platform, cancel)?;
        self.note_fetched(reference, &image, digest)?;
        if wanted.is_none() {
            self.resolved(reference, digest)?;
        }
        Ok(Fetched { image, digest })
    }

    /// A manifest or an index, verified and kept.
    pub(crate) fn document(
        &self,
        endpoint: &Endpoint,
        name: &str,
        wanted: Option<BlobDigest>,
        cancel: &Cancel,
    ) -> Result<(BlobDigest, Document), Stopped> {
        if let Some(digest) = wanted
            && let Some(bytes) = self.stored_document(digest)?
        {
            return Ok((digest, Document::parse(&bytes)?));
        }
        let bytes = self.small(endpoint, "manifests", name, ACCEPTED, cancel)?;
        let digest = BlobDigest::of(&bytes);
        if wanted.is_some_and(|wanted| wanted != digest) {
            return Err(altered("the manifest", name, &show_digest(digest)));
        }
        let document = Document::parse(&bytes).map_err(|error| Failure::Wrong(error.message))?;
        self.keep_document(&bytes)?;
        Ok((digest, document))
    }

    /// A document that fits into memory.
    fn small(
        &self,
        endpoint: &Endpoint,
        kind: &str,
        name: &str,
        accept: &str,
        cancel: &Cancel,
    ) -> Result<Vec<u8>, Stopped> {
        let request = Request::get(endpoint, endpoint.at(kind, name), accept);
        Ok(self.client.read(&request, DOCUMENT_LIMIT, cancel)?)
    }

    /// An image of a manifest: what the store lacks of it is fetched.
    fn unpacked(
        &self,
        endpoint: &Endpoint,
        reference: &Reference,
        (digest, manifest): (BlobDigest, Manifest),
        platform: &str,
        cancel: &Cancel,
    ) -> Result<Image, Stopped> {
        let config_digest = manifest.config.digest()?;
        let bytes = match self.stored_document(config_digest)? {
            Some(bytes) => bytes,
            None => {
                let name = show_digest(config_digest);
                let bytes = self.small(endpoint, "blobs", &name, "*/*", cancel)?;
                if BlobDigest::of(&bytes) != config_digest {
                    return Err(altered("the configuration", &name, &show_digest(BlobDigest::of(&bytes))));
                }
                bytes
            }
        };
        let parsed = config::parse(&bytes)?;
        let found = [Descriptor { platform: Some(parsed.platform.clone()), ..Descriptor::default() }];
        let says_nothing = parsed.platform.os.is_empty() && parsed.platform.architecture.is_empty();
        if !says_nothing && platform::choose(&found, platform).is_none() {
            return Err(no_platform(reference, platform, &found).into());
        }
        if parsed.diff_ids.len() != manifest.layers.len() {
            let (layers, ids) = (manifest.layers.len(), parsed.diff_ids.len());
            let message = format!("{reference} has {layers} layers, and its configuration names {ids}");
            return Err(RegistryError::malformed(message).into());
        }
        let wanted: Vec<(&Descriptor, BlobDigest)> =
            manifest.layers.iter().zip(parsed.diff_ids.iter().copied()).collect();
        let layers = self.layers(endpoint, reference, &wanted, cancel)?;
        let root = self.root(&parsed.diff_ids, &layers)?;
        // Last: who finds the configuration finds the layers, too.
        self.keep_document(&bytes)?;
        Ok(Image { root, config: parsed.config, manifest: digest })
    }
}
