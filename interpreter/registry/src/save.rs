//! An image in one file: an OCI layout (OCI image specification 1.1, "Image Layout"), which is at the same time what `docker load` reads.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Write;

use pipe_archive::{ArchiveError, Bundle};
use pipe_ops::BlobDigest;
use pipe_store::FileRef;
use serde_json::json;

use crate::manifest::{Descriptor, Document, INDEX, Manifest};
use crate::{Cancel, ErrorKind, Images, Reference, RegistryError};

/// Everything of an image.
pub struct SavedImage {
    documents: Vec<(String, Vec<u8>)>,
    layers: BTreeMap<String, FileRef>,
}

impl Images {
    /// Gathers an image for one platform; what its origins alone have of it is fetched. `name` is what a container engine that loads it
    /// will call it.
    ///
    /// # Errors
    /// When a part of it cannot be had, or when the store fails.
    pub fn saved(
        &self,
        image: BlobDigest,
        name: Option<&Reference>,
        cancel: &Cancel,
    ) -> Result<SavedImage, RegistryError> {
        let origins = self.origins(image)?;
        let bytes = self.document_of(image, &origins, cancel)?;
        let Document::Manifest(manifest) = Document::parse(&bytes)? else {
            return Err(RegistryError::malformed("an index cannot be saved, only an image for one platform"));
        };
        let config = self.stored_document(manifest.config.digest()?)?;
        let config = config.ok_or_else(|| {
            RegistryError::new(ErrorKind::Store, "the configuration of an image is gone from the store")
                .help("run again")
        })?;
        let mut layers = BTreeMap::new();
        for layer in &manifest.layers {
            let path = blob_path(layer)?;
            if let Entry::Vacant(place) = layers.entry(path) {
                place.insert(self.blob_file(layer, &origins, cancel)?);
            }
        }
        let mut described = self.described(image)?;
        if let Some(name) = name {
            let tag = name.tag.clone().unwrap_or_default();
            described.annotations = Some(BTreeMap::from([
                ("io.containerd.image.name".to_owned(), name.to_string()),
                ("org.opencontainers.image.ref.name".to_owned(), tag),
            ]));
        }
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [described]});
        let mut documents = vec![
            ("oci-layout".to_owned(), json!({"imageLayoutVersion": "1.0.0"}).to_string().into_bytes()),
            ("index.json".to_owned(), index.to_string().into_bytes()),
            ("manifest.json".to_owned(), for_docker(&manifest, name)?),
            (format!("blobs/sha256/{image}"), bytes),
            (blob_path(&manifest.config)?, config),
        ];
        documents.sort();
        Ok(SavedImage { documents, layers })
    }

    /// An image as a file of the store.
    ///
    /// # Errors
    /// As [`Images::saved`].
    pub fn tarball(&self, image: BlobDigest, time: i64, cancel: &Cancel) -> Result<FileRef, RegistryError> {
        let saved = self.saved(image, None, cancel)?;
        self.store.make_file(0o644, |to| self.write_saved(&saved, time, to))
    }

    /// Writes an image that was gathered. `time` is that of everything in the archive, in seconds since 1970.
    ///
    /// # Errors
    /// When it cannot be written, or a layer is not there any more.
    pub fn write_saved(
        &self,
        saved: &SavedImage,
        time: i64,
        to: &mut dyn Write,
    ) -> Result<(), RegistryError> {
        let failed = |error: ArchiveError| match error {
            ArchiveError::Store(error) => error.into(),
            other => RegistryError::new(ErrorKind::Store, other.to_string()),
        };
        let mut bundle = Bundle::new(time, to);
        for (path, bytes) in saved.documents.iter().filter(|(path, _)| !path.contains('/')) {
            bundle.file(path, bytes.len() as u64, &mut bytes.as_slice()).map_err(failed)?;
        }
        for folder in ["blobs/", "blobs/sha256/"] {
            bundle.dir(folder).map_err(failed)?;
        }
        for (path, bytes) in saved.documents.iter().filter(|(path, _)| path.contains('/')) {
            bundle.file(path, bytes.len() as u64, &mut bytes.as_slice()).map_err(failed)?;
        }
        for (path, file) in &saved.layers {
            let mut content = self.store.open_verified(file)?;
            bundle.file(path, file.size, &mut content).map_err(failed)?;
        }
        bundle.end().map_err(failed)
    }
}

fn blob_path(blob: &Descriptor) -> Result<String, RegistryError> {
    Ok(format!("blobs/sha256/{}", blob.digest()?))
}

/// What `docker load` reads.
fn for_docker(manifest: &Manifest, name: Option<&Reference>) -> Result<Vec<u8>, RegistryError> {
    let layers = manifest.layers.iter().map(blob_path).collect::<Result<Vec<_>, _>>()?;
    let names = name.map(|name| vec![name.to_string()]);
    let saved = json!([{"Config": blob_path(&manifest.config)?, "RepoTags": names, "Layers": layers}]);
    Ok(saved.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::show_digest;

    #[test]
    fn docker_finds_its_blobs_in_the_layout() {
        let blob = |byte: &str| Descriptor {
            digest: show_digest(BlobDigest::of(byte.as_bytes())),
            ..Descriptor::default()
        };
        let manifest = Manifest { config: blob("c"), layers: vec![blob("l")] };
        let bytes = for_docker(&manifest, None).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (config, layer) = (BlobDigest::of(b"c"), BlobDigest::of(b"l"));
        assert_eq!(
            text,
            format!(
                r#"[{{"Config":"blobs/sha256/{config}","RepoTags":null,"Layers":["blobs/sha256/{layer}"]}}]"#
            )
        );
    }
}
