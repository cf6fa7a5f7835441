//! Where the parts of images can be had again: each image's origins, by its digest. Layers are unpacked when they come, so what a layer was
//! sent as is asked for again when it is to be sent on.

use std::io::Read;

use pipe_archive::{ArchivedFiles, Meter, Verified};
use pipe_ops::BlobDigest;
use pipe_store::FileRef;
use serde::{Deserialize, Serialize};

use crate::archived::{ARCHIVE, refused};
use crate::fetch::{PART_LIFE, Stopped, altered};
use crate::http::{Download, Endpoint};
use crate::image::fact_key;
use crate::manifest::Descriptor;
use crate::reference::show_digest;
use crate::{Cancel, ErrorKind, Images, Reference, RegistryError};

/// Origins of one image that are remembered.
const MOST: usize = 8;

/// Where an image came from, or was sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// A repository of a registry.
    Repository { registry: String, repository: String },
    /// A file of the store.
    Archive(FileRef),
}

impl Origin {
    pub(crate) fn of(reference: &Reference) -> Origin {
        Origin::Repository { registry: reference.registry.clone(), repository: reference.repository.clone() }
    }
}

impl Images {
    /// Remembers where an image can be had.
    pub(crate) fn note_origin(&self, image: BlobDigest, origin: Origin) -> Result<(), RegistryError> {
        self.note_origins(image, vec![origin])
    }

    /// The parts of `of` can be had where those of `image` can, too.
    pub(crate) fn same_origins(&self, of: BlobDigest, image: BlobDigest) -> Result<(), RegistryError> {
        self.note_origins(image, self.origins(of)?)
    }

    fn note_origins(&self, image: BlobDigest, new: Vec<Origin>) -> Result<(), RegistryError> {
        let known = self.origins(image)?;
        if known.starts_with(&new) {
            return Ok(());
        }
        let old = known.into_iter().filter(|origin| !new.contains(origin));
        let all: Vec<Origin> = new.iter().cloned().chain(old).take(MOST).collect();
        Ok(self.store.put_fact(origins_key(image), &all, &[])?)
    }

    /// Where an image can be had, the last one first.
    pub(crate) fn origins(&self, image: BlobDigest) -> Result<Vec<Origin>, RegistryError> {
        let fact = self.store.fact::<Vec<Origin>>(origins_key(image))?;
        Ok(fact.map(|(origins, _)| origins).unwrap_or_default())
    }

    /// A blob of an image as it is sent: what the store keeps, else what one of the origins has.
    pub(crate) fn blob_file(
        &self,
        blob: &Descriptor,
        origins: &[Origin],
        cancel: &Cancel,
    ) -> Result<FileRef, RegistryError> {
        let digest = blob.digest()?;
        if let Some(file) = self.kept_blob(digest)? {
            return Ok(file);
        }
        if let Some(bytes) = self.stored_document(digest)? {
            return self.copied(&mut bytes.as_slice());
        }
        let mut failure = None;
        for origin in origins {
            let tried = match origin {
                Origin::Archive(file) => self.blob_of_archive(blob, file, cancel),
                Origin::Repository { registry, repository } => {
                    let reference = Reference {
                        registry: registry.clone(),
                        repository: repository.clone(),
                        tag: None,
                        digest: Some(digest),
                    };
                    self.blob_of_registry(blob, &reference, cancel)
                }
            };
            match tried {
                Ok(file) => {
                    self.keep_blob(&file)?;
                    return Ok(file);
                }
                Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| {
            RegistryError::new(
                ErrorKind::Absent,
                format!("it is not known where the layer {} of the image came from", blob.digest),
            )
        }))
    }

    /// A stream as a file of the store.
    pub(crate) fn copied(&self, from: &mut dyn Read) -> Result<FileRef, RegistryError> {
        let copied = self.store.make_file(0o644, |to| match std::io::copy(from, to) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.store.not_written(error)),
        });
        Ok(copied?)
    }

    fn blob_of_archive(
        &self,
        blob: &Descriptor,
        file: &FileRef,
        cancel: &Cancel,
    ) -> Result<FileRef, RegistryError> {
        let cancelled = || cancel.is_cancelled();
        let files = ArchivedFiles::open(&self.store, file, &self.limits, &cancelled);
        let files = files.map_err(|failure| refused(ARCHIVE, failure))?;
        let mut content = self.archived_blob(&files, blob)?;
        let copied = self.copied(&mut content)?;
        if copied.digest == blob.digest()? {
            return Ok(copied);
        }
        let found = show_digest(copied.digest);
        Err(RegistryError::malformed(format!("{ARCHIVE} is damaged: {} came as {found}", blob.digest)))
    }

    fn blob_of_registry(
        &self,
        blob: &Descriptor,
        reference: &Reference,
        cancel: &Cancel,
    ) -> Result<FileRef, RegistryError> {
        self.at_first_endpoint(reference, |endpoint| self.download(blob, endpoint, cancel))
    }

    fn download(&self, blob: &Descriptor, endpoint: &Endpoint, cancel: &Cancel) -> Result<FileRef, Stopped> {
        let digest = blob.digest()?;
        let part = self.store.partial_file(digest, PART_LIFE)?;
        let kept_part = |error: std::io::Error| {
            RegistryError::new(ErrorKind::Store, format!("cannot keep a download in the store: {error}"))
        };
        let mut download = Download::new(&self.client, endpoint, blob, &part, cancel).map_err(kept_part)?;
        let mut verified = Verified::new(&mut download, Meter::default());
        let copied = self.copied(&mut verified);
        let found = verified.finish();
        if let Some(failure) = download.failure() {
            return Err(failure.into());
        }
        let copied = copied?;
        if found.is_ok_and(|found| found == (digest, blob.size)) {
            download.forget();
            return Ok(copied);
        }
        download.forget();
        Err(altered("a layer", &blob.digest, &show_digest(copied.digest)))
    }

    /// A manifest or an index, which may be one that only the origins of what names it have.
    pub(crate) fn document_of(
        &self,
        digest: BlobDigest,
        origins: &[Origin],
        cancel: &Cancel,
    ) -> Result<Vec<u8>, RegistryError> {
        if let Some(bytes) = self.stored_document(digest)? {
            return Ok(bytes);
        }
        let mut failure = None;
        for origin in origins {
            let Origin::Repository { registry, repository } = origin else { continue };
            let reference = Reference {
                registry: registry.clone(),
                repository: repository.clone(),
                tag: None,
                digest: Some(digest),
            };
            let asked = self.at_first_endpoint(&reference, |endpoint| {
                self.document(endpoint, &show_digest(digest), Some(digest), cancel)
            });
            match asked {
                Ok(_) => {
                    let bytes = self.stored_document(digest)?;
                    return bytes.ok_or_else(|| RegistryError::malformed("a manifest was not kept"));
                }
                Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| {
            let shown = show_digest(digest);
            RegistryError::new(
                ErrorKind::Absent,
                format!("it is not known where the manifest {shown} came from"),
            )
        }))
    }
}

fn origins_key(image: BlobDigest) -> pipe_ops::Digest {
    fact_key("origins", &image.to_string())
}
