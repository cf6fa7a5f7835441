//! Attaching a file to an image: a manifest of its own that holds the file and names the image as its subject (OCI image specification
//! 1.1, "Guidelines for Artifact Usage"; distribution specification 1.1, "Pushing Manifests with Subject").

use pipe_ops::BlobDigest;
use pipe_store::FileRef;
use serde_json::{Value, json};
use ureq::http::Method;

use super::refused::{Doing, refused};
use super::{Push, Stopped};
use crate::http::{Content, Failure, Request, upload};
use crate::manifest::{ACCEPTED, DOCUMENT_LIMIT, Descriptor, INDEX, MANIFEST, media_type};
use crate::reference::show_digest;
use crate::{Cancel, ErrorKind, Images, Reference, RegistryError};

/// What stands for a configuration where there is none.
const EMPTY: &[u8] = b"{}";
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";

/// How often a list of what belongs to an image is written that somebody else writes, too.
const ATTEMPTS: u32 = 8;

impl Images {
    /// Attaches a file of a media type to an image that its registry has; gives the reference of what is attached. Who sends it is whom
    /// Docker's configuration holds.
    ///
    /// # Errors
    /// [`ErrorKind::Unfit`] when the type is none, [`ErrorKind::Absent`] when there is no such image; else as for [`Images::push`].
    pub fn attach(
        &self,
        image: &Reference,
        media: &str,
        file: &FileRef,
        cancel: &Cancel,
    ) -> Result<String, RegistryError> {
        if !is_media_type(media) {
            let message = format!("`{}` is not a media type", media.escape_debug());
            let help = "write it as `type/subtype`: `application/spdx+json`, `text/plain`";
            return Err(RegistryError::new(ErrorKind::Unfit, message).help(help));
        }
        let push = Push::to(self, image, &self.client, Vec::new(), cancel)?;
        match push.attach(media, file) {
            Ok(digest) => Ok(Reference { tag: None, digest: Some(digest), ..image.clone() }.to_string()),
            Err(Stopped::Everywhere(error)) => Err(error),
            Err(Stopped::Here(failure)) => Err(refused(Doing::Attach, image, &push.endpoint, failure)),
        }
    }
}

impl Push<'_> {
    fn attach(&self, media: &str, file: &FileRef) -> Result<BlobDigest, Stopped> {
        let subject = self.subject()?;
        let empty = self.images.copied(&mut &*EMPTY)?;
        let config = self.sent(EMPTY_TYPE, &empty)?;
        let layer = self.sent(media, file)?;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": media,
            "config": config, "layers": [layer], "subject": subject,
        });
        let bytes = manifest.to_string().into_bytes();
        let attached = descriptor(MANIFEST, BlobDigest::of(&bytes), bytes.len() as u64);
        let request = self.manifest(&attached.digest, MANIFEST, &bytes);
        let response = self.client.send(&request, self.cancel)?;
        // A registry that says so lists by itself what belongs to an image.
        if !response.headers().contains_key("oci-subject") {
            self.list(&subject, &attached, media)?;
        }
        Ok(BlobDigest::of(&bytes))
    }

    /// The image as the registry has it.
    fn subject(&self) -> Result<Descriptor, Stopped> {
        let wanted = self.to.digest;
        let name = wanted.map(show_digest).or_else(|| self.to.tag.clone()).unwrap_or_default();
        let bytes = match self.read(&name, ACCEPTED)? {
            Some(bytes) => bytes,
            None => {
                let message = format!("there is no image {} to attach a file to", self.to);
                let help = "push it first, and attach to the reference that `push` gives";
                return Err(RegistryError::new(ErrorKind::Absent, message).help(help).into());
            }
        };
        let digest = BlobDigest::of(&bytes);
        if wanted.is_some_and(|wanted| wanted != digest) {
            return Err(crate::fetch::altered("the manifest", &name, &show_digest(digest)));
        }
        Ok(descriptor(&media_type(&bytes)?, digest, bytes.len() as u64))
    }

    /// Sends a file as a blob, unless the registry has it.
    fn sent(&self, media: &str, file: &FileRef) -> Result<Descriptor, Stopped> {
        let described = descriptor(media, file.digest, file.size);
        if !self.exists("blobs", &described.digest)? {
            let content = self.images.store.open_verified(file)?;
            let blob = (described.digest.as_str(), file.size);
            upload(self.client, &self.endpoint, blob, &content, None, self.cancel)?;
        }
        Ok(described)
    }

    /// Puts what is attached into the list of what belongs to an image, which is under a tag where the registry keeps none ("Referrers
    /// Tag Schema"). Who else writes it at the same time may have written over this, so it is looked at again.
    fn list(&self, subject: &Descriptor, attached: &Descriptor, media: &str) -> Result<(), Stopped> {
        let tag = subject.digest.replacen(':', "-", 1);
        for _ in 0..ATTEMPTS {
            let mut index = match self.read(&tag, INDEX)? {
                Some(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
                None => json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}),
            };
            let Some(listed) = index.get_mut("manifests").and_then(Value::as_array_mut) else {
                let reason = format!("its tag `{tag}` is not the list of what belongs to the image");
                return Err(Failure::Wrong(reason).into());
            };
            if listed.iter().any(|listed| listed["digest"] == attached.digest) {
                return Ok(());
            }
            let mut entry = json!(attached);
            entry["artifactType"] = media.into();
            listed.push(entry);
            let bytes = index.to_string().into_bytes();
            self.client.send(&self.manifest(&tag, INDEX, &bytes), self.cancel)?;
        }
        let reason =
            format!("somebody else writes the list of what belongs to the image (`{tag}`), again and again");
        Err(Failure::Passing(reason).into())
    }

    /// A manifest's bytes, if the registry has one of this name.
    fn read(&self, name: &str, accept: &str) -> Result<Option<Vec<u8>>, Failure> {
        let request = Request::get(&self.endpoint, self.endpoint.at("manifests", name), accept);
        match self.client.read(&request, DOCUMENT_LIMIT, self.cancel) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Failure::Absent) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    fn manifest<'a>(&'a self, name: &str, media: &str, bytes: &'a [u8]) -> Request<'a> {
        let url = self.endpoint.at("manifests", name);
        Request::send(&self.endpoint, Method::PUT, url, Content::Bytes(bytes)).header("Content-Type", media)
    }
}

fn descriptor(media: &str, digest: BlobDigest, size: u64) -> Descriptor {
    let (media_type, digest) = (media.to_owned(), show_digest(digest));
    Descriptor { media_type, digest, size, ..Descriptor::default() }
}

/// `type/subtype`, both as RFC 6838, section 4.2, has them.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        (1..=127).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_have_two_parts() {
        for text in ["text/plain", "application/vnd.in-toto+json", "a/b"] {
            assert!(is_media_type(text), "{text}");
        }
        for text in ["", "spdx", "text/", "/plain", "a/b/c", "text/plain; charset=utf-8", "text/plain\n"] {
            assert!(!is_media_type(text), "{text}");
        }
    }
}
