//! References to images, as the OCI distribution specification 1.1 and Docker's habits write them.

use std::fmt;

use pipe_ops::BlobDigest;

/// The registry that names without one are of.
const DEFAULT_REGISTRY: &str = "docker.io";

/// Where an image is: `registry/repository[:tag][@digest]`, with all that is left away filled in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// The registry's name, perhaps with a port: `docker.io`, `localhost:5000`.
    pub registry: String,
    /// The repository: `library/alpine`.
    pub repository: String,
    /// The tag; `latest` when neither tag nor digest is given.
    pub tag: Option<String>,
    /// The manifest's digest.
    pub digest: Option<BlobDigest>,
}

/// A text is no reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a reference to an image: {reason}")]
pub struct ReferenceError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Reference {
    /// Reads a reference: `alpine`, `ghcr.io/me/app:1`, `busybox@sha256:…`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Reference, ReferenceError> {
        let wrong = |reason: String| ReferenceError { text: text.to_owned(), reason };
        pipe_ops::pure::check_text("ImageRef", text).map_err(|error| wrong(error.to_string()))?;
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => {
                let digest = parse_digest(digest)
                    .ok_or_else(|| wrong("its digest is not a SHA-256 in lower case".into()))?;
                (name, Some(digest))
            }
            None => (text, None),
        };
        let slash = name.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match name.get(slash..).and_then(|last| last.split_once(':')) {
            Some((last, tag)) => (name.get(..slash + last.len()).unwrap_or(name), Some(tag.to_owned())),
            None => (name, None),
        };
        let (registry, repository) = match path.split_once('/') {
            Some((first, rest)) if is_host(first) => (first, rest.to_owned()),
            Some(_) => (DEFAULT_REGISTRY, path.to_owned()),
            None => (DEFAULT_REGISTRY, format!("library/{path}")),
        };
        let registry = if registry == "index.docker.io" { DEFAULT_REGISTRY } else { registry };
        let official = registry == DEFAULT_REGISTRY && !repository.contains('/');
        let repository = if official { format!("library/{repository}") } else { repository };
        let tag = tag.or_else(|| digest.is_none().then(|| "latest".to_owned()));
        Ok(Reference { registry: registry.to_owned(), repository, tag, digest })
    }

    /// `registry/repository:tag`: what a lock pins. `None` when a digest says already which image it is.
    pub fn pin_name(&self) -> Option<String> {
        match (&self.digest, &self.tag) {
            (None, Some(tag)) => Some(format!("{}/{}:{tag}", self.registry, self.repository)),
            _ => None,
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{}", show_digest(*digest))?;
        }
        Ok(())
    }
}

/// What tells a registry from the first part of a name: a point, a port, or `localhost`.
fn is_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

/// `sha256:…` in lower case.
pub(crate) fn parse_digest(text: &str) -> Option<BlobDigest> {
    let hex = text.strip_prefix("sha256:")?;
    let lower = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut bytes = [0; 32];
    (lower && hex::decode_to_slice(hex, &mut bytes).is_ok()).then_some(BlobDigest(pipe_ops::Digest(bytes)))
}

/// As registries write digests.
pub(crate) fn show_digest(digest: BlobDigest) -> String {
    format!("sha256:{digest}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_left_away_is_filled_in() {
        let hex = "0".repeat(64);
        let cases = [
            ("alpine", "docker.io/library/alpine:latest"),
            ("alpine:3.20", "docker.io/library/alpine:3.20"),
            ("docker.io/alpine", "docker.io/library/alpine:latest"),
            ("index.docker.io/me/app", "docker.io/me/app:latest"),
            ("me/app:1", "docker.io/me/app:1"),
            ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/a/b/c:x", "localhost:5000/a/b/c:x"),
            ("gcr.io/distroless/static:nonroot", "gcr.io/distroless/static:nonroot"),
        ];
        for (text, full) in cases {
            assert_eq!(Reference::parse(text).unwrap().to_string(), full);
        }
        let pinned = Reference::parse(&format!("alpine:3@sha256:{hex}")).unwrap();
        assert_eq!(pinned.pin_name(), None);
        assert_eq!(pinned.to_string(), format!("docker.io/library/alpine:3@sha256:{hex}"));
        assert!(Reference::parse(&format!("alpine@sha256:{hex}")).unwrap().tag.is_none());
        for wrong in ["", "A/b", "a b", "a@sha256:12", "a:b:c", "/a", "a//b"] {
            assert!(Reference::parse(wrong).is_err(), "{wrong}");
        }
    }
}
