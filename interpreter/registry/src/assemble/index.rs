//! One image for several platforms.

use pipe_ops::{BlobDigest, Digest, ImageDigests};
use serde_json::json;

use super::assembled_key;
use crate::manifest::{Descriptor, Document, INDEX, media_type};
use crate::reference::show_digest;
use crate::{ErrorKind, Images, RegistryError, config};

impl Images {
    /// Makes an index of images, in their order. `key` is what [`Images::assembled`] will find it by.
    ///
    /// # Errors
    /// When two of them are for one platform, or one is not in the store, or when the store fails.
    pub fn index(&self, images: &[ImageDigests], key: Digest) -> Result<ImageDigests, RegistryError> {
        let mut manifests: Vec<Descriptor> = Vec::with_capacity(images.len());
        for image in images {
            let described = self.described(image.manifest)?;
            if let Some(platform) = &described.platform
                && manifests.iter().any(|known| known.platform.as_ref() == Some(platform))
            {
                let message = format!("two images of the index are for {}", platform.shown());
                return Err(RegistryError::new(ErrorKind::Unfit, message)
                    .help("an index holds one image for each platform: make each with another `platform:`"));
            }
            manifests.push(described);
        }
        let document = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
        let digests = ImageDigests::single(self.keep_document(document.to_string().as_bytes())?);
        self.store.put_fact(assembled_key(key), &format!("{} {}", digests.whole, digests.manifest), &[])?;
        Ok(digests)
    }

    /// An image as an index names it.
    pub(crate) fn described(&self, manifest: BlobDigest) -> Result<Descriptor, RegistryError> {
        let gone = || {
            RegistryError::new(ErrorKind::Store, "an image is gone from the store")
                .help("run again: it is made anew then")
        };
        let bytes = self.stored_document(manifest)?.ok_or_else(gone)?;
        let platform = match Document::parse(&bytes)? {
            Document::Index(_) => None,
            Document::Manifest(found) => {
                let config = self.stored_document(found.config.digest()?)?.ok_or_else(gone)?;
                Some(config::parse(&config)?.platform).filter(|platform| !platform.os.is_empty())
            }
        };
        Ok(Descriptor {
            media_type: media_type(&bytes)?,
            digest: show_digest(manifest),
            size: bytes.len() as u64,
            platform,
            annotations: None,
        })
    }
}
