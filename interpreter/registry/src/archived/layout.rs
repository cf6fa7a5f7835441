//! OCI layouts.

use pipe_archive::ArchivedFiles;
use pipe_ops::BlobDigest;

use super::found::Found;
use super::{ARCHIVE, document, lacks};
use crate::RegistryError;
use crate::manifest::{Descriptor, Document, Manifest};
use crate::reference::show_digest;

/// Indexes in indexes, and documents that are read of one file.
const DEPTH: usize = 4;
const MOST_DOCUMENTS: usize = 1024;

/// Names of images, as the specification and containerd write them.
const NAMES: [&str; 2] = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

/// What an image's configuration is called; other things are kept in layouts as well.
const CONFIGS: [&str; 3] =
    ["", "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/// The folder of the archive that is a layout: itself, or the one that was packed.
pub(super) fn folder(files: &ArchivedFiles) -> Option<Vec<u8>> {
    let of = |path: &[u8]| path.strip_suffix(b"oci-layout").map(<[u8]>::to_vec);
    let found = files.paths().filter_map(of).filter(|folder| folder.is_empty() || folder.ends_with(b"/"));
    let folder =
        found.min_by_key(|folder| (folder.iter().filter(|byte| **byte == b'/').count(), folder.clone()))?;
    files.get(&[folder.as_slice(), b"index.json"].concat()).map(|_| folder)
}

/// All images of a layout.
pub(super) fn images(files: &ArchivedFiles, folder: &[u8]) -> Result<Vec<Found>, RegistryError> {
    let mut layout = Layout { files, folder, found: Vec::new(), documents: 0 };
    let path = [folder, b"index.json"].concat();
    let bytes = document(files, &path)?.ok_or_else(|| lacks("index.json"))?;
    match Document::parse(&bytes)? {
        Document::Index(manifests) => layout.index(&manifests, &[], 0)?,
        Document::Manifest(_) => {
            return Err(RegistryError::malformed(format!("{ARCHIVE} has an index.json that is no index")));
        }
    }
    Ok(layout.found)
}

struct Layout<'a> {
    files: &'a ArchivedFiles,
    folder: &'a [u8],
    found: Vec<Found>,
    documents: usize,
}

impl Layout<'_> {
    /// Adds the images of an index; `names` are those of the index itself.
    fn index(
        &mut self,
        manifests: &[Descriptor],
        names: &[String],
        depth: usize,
    ) -> Result<(), RegistryError> {
        if depth > DEPTH {
            return Err(RegistryError::malformed(format!("{ARCHIVE} has indexes in indexes, too deep")));
        }
        for descriptor in manifests {
            // What BuildKit says of how an image was made.
            if descriptor.platform.as_ref().is_some_and(|platform| platform.os == "unknown") {
                continue;
            }
            let own: Vec<String> =
                NAMES.iter().filter_map(|name| descriptor.annotation(name)).take(1).collect();
            let names = if own.is_empty() { names } else { own.as_slice() };
            let bytes = self.blob(descriptor)?;
            match Document::parse(&bytes)? {
                Document::Index(manifests) => self.index(&manifests, names, depth + 1)?,
                Document::Manifest(manifest) => self.manifest(descriptor, bytes, &manifest, names)?,
            }
        }
        Ok(())
    }

    fn manifest(
        &mut self,
        descriptor: &Descriptor,
        bytes: Vec<u8>,
        manifest: &Manifest,
        names: &[String],
    ) -> Result<(), RegistryError> {
        if !CONFIGS.contains(&manifest.config.media_type.as_str()) {
            return Ok(());
        }
        let config = self.blob(&manifest.config)?;
        let layers = manifest.layers.iter().map(|layer| {
            let digest = layer.digest()?;
            Ok((self.path(digest), Some(digest)))
        });
        let layers = layers.collect::<Result<_, RegistryError>>()?;
        let mut found = Found::new(bytes, config, layers, names.to_vec())?;
        if found.platform.is_none() {
            found.platform = descriptor.platform.clone();
        }
        self.found.push(found);
        Ok(())
    }

    /// A document, verified.
    fn blob(&mut self, descriptor: &Descriptor) -> Result<Vec<u8>, RegistryError> {
        self.documents += 1;
        if self.documents > MOST_DOCUMENTS {
            return Err(RegistryError::malformed(format!(
                "{ARCHIVE} has more than {MOST_DOCUMENTS} documents"
            )));
        }
        let digest = descriptor.digest()?;
        let shown = show_digest(digest);
        let bytes = document(self.files, &self.path(digest))?.ok_or_else(|| lacks(&shown))?;
        if BlobDigest::of(&bytes) != digest {
            let found = show_digest(BlobDigest::of(&bytes));
            return Err(RegistryError::malformed(format!("{ARCHIVE} is damaged: {shown} came as {found}")));
        }
        Ok(bytes)
    }

    fn path(&self, digest: BlobDigest) -> Vec<u8> {
        [self.folder, format!("blobs/sha256/{digest}").as_bytes()].concat()
    }
}
