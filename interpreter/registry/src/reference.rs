//! References to images, as the OCI distribution specification 1.1 and Docker's habits write them.

use std::fmt;

use pipe_ops::BlobDigest;

use crate::http::Url;

/// The registry that names without one are of.
const DEFAULT_REGISTRY: &str = "docker.io";

/// Names that Docker Hub goes by.
const HUB_HOSTS: &[&str] = &["docker.io", "index.docker.io", "registry-1.docker.io"];

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
#[error("`{text}` is not {what}: {reason}")]
pub struct ReferenceError {
    /// The text.
    pub text: String,
    /// What it should be.
    what: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl ReferenceError {
    fn of_registry(text: &str, reason: &str) -> ReferenceError {
        ReferenceError { text: text.to_owned(), what: "the name of a registry", reason: reason.to_owned() }
    }
}

impl Reference {
    /// Reads a reference: `alpine`, `ghcr.io/me/app:1`, `busybox@sha256:…`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Reference, ReferenceError> {
        let wrong = |reason: String| ReferenceError {
            text: text.to_owned(),
            what: "a reference to an image",
            reason,
        };
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
        let registry = if HUB_HOSTS.contains(&registry) { DEFAULT_REGISTRY } else { registry };
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

/// The registry that somebody means who logs in: `ghcr.io`, `https://registry.corp:5000/`, any of Docker Hub's names.
///
/// # Errors
/// When it is the name of something else: an image, a URL with a path.
pub fn registry_name(text: &str) -> Result<String, ReferenceError> {
    let wrong = |reason: &str| ReferenceError::of_registry(text, reason);
    let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let bare =
        ["/v1/", "/v2/", "/v1", "/v2", "/"].iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(bare);
    if bare.contains('/') {
        return Err(wrong("it has a path, and credentials are for the whole registry"));
    }
    let url = Url::parse(&format!("https://{bare}"))
        .ok_or_else(|| wrong("it is not a host, perhaps with a port"))?;
    if HUB_HOSTS.contains(&url.host.as_str()) {
        return Ok(DEFAULT_REGISTRY.to_owned());
    }
    if !is_host(bare) {
        return Err(wrong("it has neither a point nor a port, as names of registries have"));
    }
    Ok(bare.to_ascii_lowercase())
}

/// What tells a registry from the first part of a name: a point, a port, or `localhost`.
fn is_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

/// `sha256:…` in lower case.
pub fn parse_digest(text: &str) -> Option<BlobDigest> {
    let hex = text.strip_prefix("sha256:")?;
    let lower = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut bytes = [0; 32];
    (lower && hex::decode_to_slice(hex, &mut bytes).is_ok()).then_some(BlobDigest(pipe_ops::Digest(bytes)))
}

/// A digest as registries and locks write it: `sha256:` and 64 hexadecimal digits.
pub fn show_digest(digest: BlobDigest) -> String {
    format!("sha256:{digest}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn registries_are_named_in_many_ways() {
        for (text, name) in [
            ("ghcr.io", "ghcr.io"),
            ("https://ghcr.io/", "ghcr.io"),
            ("https://index.docker.io/v1/", "docker.io"),
            ("registry-1.docker.io", "docker.io"),
            ("localhost", "localhost"),
            ("127.0.0.1:5000", "127.0.0.1:5000"),
            ("http://Registry.Corp:5000/v2/", "registry.corp:5000"),
        ] {
            assert_eq!(registry_name(text).as_deref(), Ok(name), "{text}");
        }
        for wrong in [
            "",
            "alpine",
            "ghcr.io/me",
            "https://",
            "a b.c",
            "user:pw@host.test",
            "h.test:99999",
            "https://h.test/x",
        ] {
            assert!(registry_name(wrong).is_err(), "{wrong}");
        }
    }

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
