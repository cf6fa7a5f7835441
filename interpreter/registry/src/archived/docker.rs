//! What `docker save` and its like write: `manifest.json`, configurations and layers.

use std::io::Read;

use pipe_archive::{ArchivedFiles, Meter, Verified};
use pipe_ops::BlobDigest;
use serde::Deserialize;

use super::found::{Found, Layer};
use super::{ARCHIVE, document, lacks, unread};
use crate::RegistryError;
use crate::manifest::{Descriptor, LAYER, MOST_LAYERS, Manifest};
use crate::reference::show_digest;

/// Images of one file.
const MOST_IMAGES: usize = 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// All images of the file.
pub(super) fn images(files: &ArchivedFiles) -> Result<Vec<Found>, RegistryError> {
    let Some(bytes) = document(files, b"manifest.json")? else {
        let message = format!("{ARCHIVE} holds no image: it has neither `oci-layout` nor `manifest.json`");
        return Err(RegistryError::malformed(message).help(
            "it can be an OCI layout as a tar archive, or what `docker save` and `podman save` write",
        ));
    };
    let wrong = |reason: String| RegistryError::malformed(format!("{ARCHIVE}'s manifest.json {reason}"));
    let saved: Vec<Saved> =
        serde_json::from_slice(&bytes).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if saved.len() > MOST_IMAGES {
        return Err(wrong(format!("has more than {MOST_IMAGES} images")));
    }
    saved.into_iter().map(|saved| image(files, saved)).collect()
}

fn image(files: &ArchivedFiles, saved: Saved) -> Result<Found, RegistryError> {
    let config = document(files, saved.config.as_bytes())?.ok_or_else(|| lacks(&saved.config))?;
    let digest = BlobDigest::of(&config);
    // It is called by its digest, which holds then.
    let name = saved.config.rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".json").unwrap_or(name);
    let is_digest = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest && !name.eq_ignore_ascii_case(&digest.to_string()) {
        let found = show_digest(digest);
        return Err(RegistryError::malformed(format!(
            "{ARCHIVE} is damaged: {} came as {found}",
            saved.config
        )));
    }
    let layers = saved.layers.unwrap_or_default();
    if layers.len() > MOST_LAYERS {
        return Err(RegistryError::malformed(format!(
            "{ARCHIVE} has an image of more than {MOST_LAYERS} layers"
        )));
    }
    let place = |path: &String| Ok((path.as_bytes().to_vec(), sent_as(files, path.as_bytes())?));
    let places = layers.iter().map(place).collect::<Result<_, RegistryError>>()?;
    let mut found = Found::new(Vec::new(), config, places, saved.repo_tags.unwrap_or_default())?;
    found.manifest = manifest(files, &found, digest)?;
    Ok(found)
}

/// What layers are called that are not compressed.
const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";

/// What a compressed layer is called, by how it begins.
fn compression(files: &ArchivedFiles, path: &[u8]) -> Option<&'static str> {
    let mut start = [0; 4];
    files.get(path)?.read_exact(&mut start).ok()?;
    match start {
        [0x1f, 0x8b, ..] => Some(LAYER),
        [0x28, 0xb5, 0x2f, 0xfd] => Some("application/vnd.oci.image.layer.v1.tar+zstd"),
        _ => None,
    }
}

/// The digest of a layer that is compressed; that of another one stands in the configuration.
fn sent_as(files: &ArchivedFiles, path: &[u8]) -> Result<Option<BlobDigest>, RegistryError> {
    let Some(file) = files.get(path).filter(|_| compression(files, path).is_some()) else { return Ok(None) };
    let (digest, _) = Verified::new(file, Meter::default()).finish().map_err(unread)?;
    Ok(Some(digest))
}

/// The manifest that such an image would have: there is none in the file.
fn manifest(files: &ArchivedFiles, found: &Found, config: BlobDigest) -> Result<Vec<u8>, RegistryError> {
    let described = |media_type: &str, digest: BlobDigest, size: u64| Descriptor {
        media_type: media_type.to_owned(),
        digest: show_digest(digest),
        size,
        ..Descriptor::default()
    };
    let of_layer = |layer: &Layer| {
        let size = files.get(&layer.path).map_or(0, |file| file.left());
        let digest = layer.digest.unwrap_or(layer.diff_id);
        described(compression(files, &layer.path).unwrap_or(PLAIN), digest, size)
    };
    let manifest = Manifest {
        config: described(
            "application/vnd.oci.image.config.v1+json",
            config,
            found.config_bytes.len() as u64,
        ),
        layers: found.layers.iter().map(of_layer).collect(),
    };
    Ok(manifest.to_bytes())
}
