//! Manifests and indexes: what the OCI image specification 1.1 and Docker's schema 2 have in common.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use pipe_ops::BlobDigest;

use crate::RegistryError;
use crate::reference::parse_digest;

/// Bytes that a manifest, an index or a configuration may have: what registries accept.
pub(crate) const DOCUMENT_LIMIT: u64 = 4 << 20;

/// What the OCI image specification calls them.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Layers of an image, and manifests of an index.
pub(crate) const MOST_LAYERS: usize = 512;
const MOST_MANIFESTS: usize = 1024;

/// What is asked for: newest forms first.
pub(crate) const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// Something by its digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Descriptor {
    #[serde(deserialize_with = "nullable")]
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<Platform>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

/// Where an image runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Platform {
    pub(crate) os: String,
    pub(crate) architecture: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) variant: Option<String>,
    #[serde(rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub(crate) os_version: Option<String>,
}

/// A manifest, or an index of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    Index(Vec<Descriptor>),
    Manifest(Manifest),
}

/// What an image is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default)]
    schema_version: u32,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
}

impl Document {
    /// Reads a manifest or an index.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Document, RegistryError> {
        let wrong = |reason: String| RegistryError::malformed(format!("not an image's manifest: {reason}"));
        let raw: Raw = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        if raw.schema_version == 1 {
            return Err(wrong("it is of Docker's old schema 1".into())
                .help("push the image anew with a tool of the last years"));
        }
        match (raw.config, raw.layers, raw.manifests) {
            // Both at once could be taken for either, by different readers.
            (Some(config), Some(layers), None) if layers.len() <= MOST_LAYERS => {
                Ok(Document::Manifest(Manifest { config, layers }))
            }
            (None, None, Some(manifests)) if manifests.len() <= MOST_MANIFESTS => {
                Ok(Document::Index(manifests))
            }
            (Some(_), Some(layers), None) => {
                Err(wrong(format!("{} layers are more than {MOST_LAYERS}", layers.len())))
            }
            (None, None, Some(all)) => {
                Err(wrong(format!("{} manifests are more than {MOST_MANIFESTS}", all.len())))
            }
            _ => Err(wrong("it has neither a configuration and layers nor manifests, or all of them".into())),
        }
    }
}

impl Manifest {
    /// As a document.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.to_json().to_string().into_bytes()
    }

    /// The same, to be added to.
    pub(crate) fn to_json(&self) -> Value {
        json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": self.config, "layers": self.layers })
    }
}

/// What a manifest or an index says that it is; what it looks like, when it says nothing.
pub(crate) fn media_type(bytes: &[u8]) -> Result<String, RegistryError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Said {
        #[serde(default)]
        media_type: Option<String>,
    }
    let said: Said = serde_json::from_slice(bytes)
        .map_err(|error| RegistryError::malformed(format!("not an image's manifest: {error}")))?;
    if let Some(media_type) = said.media_type.filter(|text| !text.is_empty()) {
        return Ok(media_type);
    }
    Ok(match Document::parse(bytes)? {
        Document::Index(_) => INDEX.to_owned(),
        Document::Manifest(_) => MANIFEST.to_owned(),
    })
}

/// What the OCI specification calls what Docker called otherwise.
pub(crate) fn oci_type(media_type: &str) -> &str {
    match media_type {
        "application/vnd.docker.image.rootfs.diff.tar.gzip" => LAYER,
        "application/vnd.docker.image.rootfs.diff.tar" => "application/vnd.oci.image.layer.v1.tar",
        other => other,
    }
}

impl Descriptor {
    /// What somebody noted about it.
    pub(crate) fn annotation(&self, name: &str) -> Option<String> {
        self.annotations.as_ref()?.get(name).cloned()
    }

    /// The digest, which has to be a SHA-256.
    pub(crate) fn digest(&self) -> Result<BlobDigest, RegistryError> {
        parse_digest(&self.digest).ok_or_else(|| {
            let shown: String = self.digest.chars().take(80).collect();
            RegistryError::malformed(format!("`{}` is not a SHA-256 digest", shown.escape_debug()))
        })
    }
}

/// A text that may be `null`, as several tools write it.
fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn manifests_and_indexes_are_told_apart() {
        let manifest = br#"{"schemaVersion":2,"config":{"digest":"a","size":1},"layers":[]}"#;
        assert!(matches!(Document::parse(manifest), Ok(Document::Manifest(_))));
        let index = br#"{"schemaVersion":2,"manifests":[{"mediaType":null,"digest":"x","size":3}]}"#;
        assert!(matches!(Document::parse(index), Ok(Document::Index(_))));
        let both = br#"{"schemaVersion":2,"manifests":[],"config":{},"layers":[]}"#;
        assert!(Document::parse(both).is_err());
        let old = br#"{"schemaVersion":1,"fsLayers":[]}"#;
        assert!(Document::parse(old).unwrap_err().message.contains("schema 1"));
        let many = format!(r#"{{"config":{{}},"layers":[{}{{}}]}}"#, "{},".repeat(MOST_LAYERS));
        assert!(Document::parse(many.as_bytes()).is_err());
    }

    proptest! {
        /// Whatever a registry says, reading it ends with a value or an error.
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = Document::parse(&bytes);
        }

        #[test]
        fn no_json_panics(
            keys in proptest::collection::vec(
                prop_oneof![Just("config"), Just("layers"), Just("manifests"), Just("schemaVersion"), Just("x")], 0..5),
            values in proptest::collection::vec(
                prop_oneof![Just("{}"), Just("[]"), Just("null"), Just("-1"), Just("1e999"), Just("[{\"size\":-1}]")], 5),
        ) {
            let fields: Vec<String> =
                keys.iter().zip(&values).map(|(key, value)| format!("\"{key}\":{value}")).collect();
            let _ = Document::parse(format!("{{{}}}", fields.join(",")).as_bytes());
        }
    }
}
