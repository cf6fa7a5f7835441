//! Images out of files: OCI layouts (OCI image specification 1.1, "Image Layout") as tar archives, and what `docker save` writes.

mod docker;
mod found;
mod layout;

use std::io::Read;

use pipe_archive::{ArchivedFile, ArchivedFiles, Meter, UnpackFailure, Verified, unpack_layer};
use pipe_ops::{BlobDigest, StepKey};
use pipe_store::{DiffLayer, FileRef};

use crate::fetch::{PARALLEL, layer_key};
use crate::image::fact_key;
use crate::manifest::{DOCUMENT_LIMIT, Descriptor};
use crate::origin::Origin;
use crate::parallel::in_parallel;
use crate::reference::{parse_digest, show_digest};
use crate::{Cancel, ErrorKind, Image, Images, RegistryError};
use found::{Found, Layer};

/// What errors call it.
pub(crate) const ARCHIVE: &str = "the archive";

impl Images {
    /// The image for a platform in a file of the store. What the store has of it is not unpacked again.
    ///
    /// # Errors
    /// When the file holds no such image, or several, or is not what it claims to be, or when the store fails.
    pub fn archived(&self, file: &FileRef, platform: &str, cancel: &Cancel) -> Result<Image, RegistryError> {
        let key = fact_key("archive", &format!("{}\0{platform}", file.digest));
        let origin = || Origin::Archive(file.clone());
        if let Some((text, _)) = self.store.fact::<String>(key)?
            && let Some(digest) = parse_digest(&text)
            && let Some(image) = self.stored(digest, platform)?
        {
            self.note_origin(image.manifest, origin())?;
            return Ok(image);
        }
        let cancelled = || cancel.is_cancelled();
        let files = ArchivedFiles::open(&self.store, file, &self.limits, &cancelled);
        let files = files.map_err(|failure| refused(ARCHIVE, failure))?;
        let image = self.take(&files, found::choose(images(&files)?, platform)?, cancel)?;
        self.note_origin(image.manifest, origin())?;
        self.store.put_fact(key, &show_digest(image.manifest), &[])?;
        Ok(image)
    }

    /// Puts an image into the store: its layers, its configuration, its manifest.
    fn take(&self, files: &ArchivedFiles, image: Found, cancel: &Cancel) -> Result<Image, RegistryError> {
        let layers = in_parallel(image.layers.len(), PARALLEL, |index| {
            let layer = image.layers.get(index);
            let layer = layer.ok_or_else(|| RegistryError::malformed("a layer without a number"))?;
            self.archived_layer(files, layer, cancel)
        })?;
        let diff_ids: Vec<BlobDigest> = image.layers.iter().map(|layer| layer.diff_id).collect();
        let root = self.root(&diff_ids, &layers)?;
        let manifest = self.keep_document(&image.manifest)?;
        // Last, as for images that are fetched: who finds the configuration finds the rest.
        self.keep_document(&image.config_bytes)?;
        Ok(Image { root, config: image.config.config, manifest })
    }

    /// What a layer of an image was sent as.
    pub(crate) fn archived_blob(
        &self,
        files: &ArchivedFiles,
        blob: &Descriptor,
    ) -> Result<ArchivedFile, RegistryError> {
        let digest = blob.digest()?;
        let images = images(files)?;
        let is_it = |layer: &&Layer| layer.digest.unwrap_or(layer.diff_id) == digest;
        let layer = images.iter().flat_map(|image| &image.layers).find(is_it);
        layer.and_then(|layer| files.get(&layer.path)).ok_or_else(|| lacks(&blob.digest))
    }

    fn archived_layer(
        &self,
        files: &ArchivedFiles,
        layer: &Layer,
        cancel: &Cancel,
    ) -> Result<DiffLayer, RegistryError> {
        if let Some(layer) = self.usable_layer(layer.diff_id)? {
            return Ok(layer);
        }
        let _lock = self.store.lock_step(StepKey(layer_key(layer.diff_id)), &|| cancel.is_cancelled())?;
        if let Some(layer) = self.usable_layer(layer.diff_id)? {
            return Ok(layer);
        }
        let shown = layer.path.escape_ascii().to_string();
        let content = files.get(&layer.path).ok_or_else(|| lacks(&shown))?;
        let meter = Meter::default();
        let mut verified = Verified::new(watched(content, cancel), meter.clone());
        let unpacked = unpack_layer(&self.store, &mut verified, meter, self.limits);
        let whole = verified.finish();
        if let (Some(wanted), Ok((found, _))) = (layer.digest, &whole)
            && *found != wanted
        {
            let found = show_digest(*found);
            return Err(RegistryError::malformed(format!("{ARCHIVE} is damaged: {shown} came as {found}")));
        }
        let what = format!("the layer {shown} of {ARCHIVE}");
        let unpacked = unpacked.map_err(|failure| refused(&what, failure))?;
        self.keep_layer(&ARCHIVE, layer.diff_id, unpacked)
    }
}

/// All images of an archive.
fn images(files: &ArchivedFiles) -> Result<Vec<Found>, RegistryError> {
    match layout::folder(files) {
        Some(folder) => layout::images(files, &folder),
        None => docker::images(files),
    }
}

/// A document of an archive, whole; `None` when there is none of that path.
fn document(files: &ArchivedFiles, path: &[u8]) -> Result<Option<Vec<u8>>, RegistryError> {
    let Some(mut file) = files.get(path) else { return Ok(None) };
    if file.left() > DOCUMENT_LIMIT {
        let (path, size) = (path.escape_ascii(), file.left());
        let message = format!("{ARCHIVE} has a document of {size} bytes, {path}: no image needs that");
        return Err(RegistryError::malformed(message));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(unread)?;
    Ok(Some(bytes))
}

fn lacks(path: &str) -> RegistryError {
    RegistryError::malformed(format!("{ARCHIVE} lacks {path}, which it names"))
}

fn unread(error: std::io::Error) -> RegistryError {
    RegistryError::new(ErrorKind::Store, format!("{ARCHIVE} cannot be read: {error}"))
}

pub(crate) fn refused(what: &str, failure: UnpackFailure) -> RegistryError {
    match failure {
        UnpackFailure::Content(reason) => RegistryError::malformed(format!("{what} is refused: {reason}")),
        UnpackFailure::Read(error) => unread(error),
        UnpackFailure::Store(error) => error.into(),
    }
}

/// A stream that ends when nobody waits for it any more.
fn watched(mut inner: impl Read, cancel: &Cancel) -> impl Read {
    struct Watched<F>(F);
    impl<F: FnMut(&mut [u8]) -> std::io::Result<usize>> Read for Watched<F> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            (self.0)(buffer)
        }
    }
    Watched(move |buffer: &mut [u8]| {
        if cancel.is_cancelled() {
            return Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted));
        }
        inner.read(buffer)
    })
}
