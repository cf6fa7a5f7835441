//! Sending images (OCI distribution specification 1.1, "Push"): what the registry has is not sent, and what another repository of it has is
//! taken from there.

mod attach;
mod blobs;
mod refused;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pipe_ops::BlobDigest;
use ureq::http::Method;

use crate::fetch::{PARALLEL, Stopped};
use crate::http::{Client, Content, Endpoint, Failure, Request};
use crate::manifest::{ACCEPTED, Document, Manifest, media_type};
use crate::origin::Origin;
use crate::parallel::in_parallel;
use crate::reference::show_digest;
use crate::{Cancel, Credentials, ErrorKind, Images, Login, Reference, RegistryError};
use refused::{Doing, refused};

/// Indexes in an index: more is a circle, or nonsense.
const DEPTH: usize = 4;

/// What sending an image came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Bytes of layers and configurations that were sent.
    pub sent: u64,
}

/// An image on its way.
struct Push<'a> {
    images: &'a Images,
    client: &'a Client,
    endpoint: Endpoint,
    to: &'a Reference,
    cancel: &'a Cancel,
    /// Where its parts can be had.
    origins: Vec<Origin>,
    sent: AtomicU64,
}

impl Images {
    /// Sends an image of the store, an index with all that it names. `login` is who sends it; without one, whom Docker's configuration
    /// holds.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] when the registry does not let it happen, another kind when it cannot be asked, or when a part of the image
    /// cannot be had.
    pub fn push(
        &self,
        image: BlobDigest,
        to: &Reference,
        login: Option<&Login>,
        cancel: &Cancel,
    ) -> Result<Pushed, RegistryError> {
        let settings = &self.client.settings;
        let own = login.map(|login| {
            let credentials = Credentials::only(&to.registry, login.clone());
            Client::new(settings.clone(), Arc::new(credentials))
        });
        let origins = self.origins(image)?;
        let client = own.as_ref().unwrap_or(&self.client);
        let push = Push::to(self, to, client, origins, cancel)?;
        match push.image(image) {
            Ok(()) => Ok(Pushed { sent: push.sent.into_inner() }),
            Err(Stopped::Everywhere(error)) => Err(error),
            Err(Stopped::Here(failure)) => Err(refused(Doing::Push, to, &push.endpoint, failure)),
        }
    }
}

impl Pushed {
    /// An image as it can be had where it was sent: `registry/repository:tag@sha256:…`.
    pub fn of(&self, to: &Reference, image: BlobDigest) -> String {
        Reference { digest: Some(image), ..to.clone() }.to_string()
    }
}

impl<'a> Push<'a> {
    /// To a reference; what is sent can be had at `origins`.
    fn to(
        images: &'a Images,
        to: &'a Reference,
        client: &'a Client,
        origins: Vec<Origin>,
        cancel: &'a Cancel,
    ) -> Result<Push<'a>, RegistryError> {
        // A mirror is where images come from, not where they go to.
        let mut endpoint = Endpoint::own(to, images.client.settings.of(&to.registry))?;
        endpoint.sends = Some(repositories(&origins, to));
        Ok(Push { images, client, endpoint, to, cancel, origins, sent: AtomicU64::new(0) })
    }
}

impl Push<'_> {
    fn image(&self, image: BlobDigest) -> Result<(), Stopped> {
        let name = match (&self.to.tag, self.to.digest) {
            (_, Some(digest)) if digest != image => {
                let (wanted, found) = (show_digest(digest), show_digest(image));
                let message = format!("the image is {found}, and was to be pushed as {wanted}");
                return Err(RegistryError::new(ErrorKind::Unfit, message).into());
            }
            (Some(tag), _) => tag.clone(),
            (None, _) => show_digest(image),
        };
        if self.is(&name, image)? {
            return Ok(());
        }
        self.document(image, &name, &self.origins, 0)
    }

    /// Whether a name stands for an image already.
    fn is(&self, name: &str, image: BlobDigest) -> Result<bool, Failure> {
        let request = Request::head(&self.endpoint, self.endpoint.at("manifests", name), ACCEPTED);
        match self.client.send(&request, self.cancel) {
            Ok(response) => {
                let digest = response.headers().get("docker-content-digest");
                Ok(digest.is_some_and(|digest| *digest == *show_digest(image)))
            }
            Err(Failure::Absent) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Sends a manifest or an index under a name, and before it what it names.
    fn document(
        &self,
        digest: BlobDigest,
        name: &str,
        origins: &[Origin],
        depth: usize,
    ) -> Result<(), Stopped> {
        let shown = show_digest(digest);
        // Where it is under its digest, everything that it names is there, too.
        let there = self.exists("manifests", &shown)?;
        if there && name == shown {
            return Ok(());
        }
        let bytes = self.images.document_of(digest, origins, self.cancel)?;
        if !there {
            match Document::parse(&bytes)? {
                Document::Manifest(manifest) => self.parts(&manifest, origins)?,
                Document::Index(_) if depth == DEPTH => {
                    return Err(RegistryError::malformed("the image has indexes in indexes, too deep").into());
                }
                Document::Index(manifests) => {
                    for part in &manifests {
                        let part = part.digest()?;
                        // One that was put into this index was made or fetched by itself.
                        let own = self.images.origins(part)?;
                        let all: Vec<Origin> = own.iter().chain(origins).cloned().collect();
                        self.document(part, &show_digest(part), &all, depth + 1)?;
                    }
                }
            }
        }
        let url = self.endpoint.at("manifests", name);
        let request = Request::send(&self.endpoint, Method::PUT, url, Content::Bytes(&bytes))
            .header("Content-Type", media_type(&bytes)?);
        self.client.send(&request, self.cancel)?;
        Ok(self.images.note_origin(digest, Origin::of(self.to))?)
    }

    /// Sends the configuration and the layers of an image.
    fn parts(&self, manifest: &Manifest, origins: &[Origin]) -> Result<(), Stopped> {
        let blobs: Vec<_> = manifest.layers.iter().chain([&manifest.config]).collect();
        in_parallel(blobs.len(), PARALLEL, |index| match blobs.get(index) {
            Some(blob) => self.blob(blob, origins),
            None => Ok(()),
        })?;
        Ok(())
    }

    fn exists(&self, kind: &str, name: &str) -> Result<bool, Failure> {
        crate::http::exists(self.client, &self.endpoint, (kind, name), self.cancel)
    }

    fn count(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Other repositories of the registry that an image is sent to.
fn repositories(origins: &[Origin], to: &Reference) -> Vec<String> {
    let of_registry = origins.iter().filter_map(|origin| match origin {
        Origin::Repository { registry, repository } if *registry == to.registry => Some(repository.clone()),
        _ => None,
    });
    of_registry.filter(|repository| *repository != to.repository).collect()
}
