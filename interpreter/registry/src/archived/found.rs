//! The images that a file holds, and which one of them is meant.

use pipe_ops::BlobDigest;

use super::ARCHIVE;
use crate::config::Parsed;
use crate::image::no_platform;
use crate::manifest::{Descriptor, Platform};
use crate::{RegistryError, platform};

/// An image of a file.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its manifest, as it is kept.
    pub(super) manifest: Vec<u8>,
    pub(super) config_bytes: Vec<u8>,
    pub(super) config: Parsed,
    /// Lowest first.
    pub(super) layers: Vec<Layer>,
    /// Where it runs, when it says so.
    pub(super) platform: Option<Platform>,
    /// What it is called, when it says so.
    pub(super) names: Vec<String>,
}

/// A layer of an image.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) path: Vec<u8>,
    /// Of its bytes, when that is told.
    pub(super) digest: Option<BlobDigest>,
    /// Of its bytes without compression.
    pub(super) diff_id: BlobDigest,
}

impl Found {
    /// An image of its documents and the places of its layers.
    ///
    /// # Errors
    /// When these do not fit together.
    pub(super) fn new(
        manifest: Vec<u8>,
        config_bytes: Vec<u8>,
        layers: Vec<(Vec<u8>, Option<BlobDigest>)>,
        names: Vec<String>,
    ) -> Result<Found, RegistryError> {
        let config = crate::config::parse(&config_bytes)?;
        if config.diff_ids.len() != layers.len() {
            let (layers, ids) = (layers.len(), config.diff_ids.len());
            let message =
                format!("{ARCHIVE} has an image of {layers} layers whose configuration names {ids}");
            return Err(RegistryError::malformed(message));
        }
        let told = !config.platform.os.is_empty() || !config.platform.architecture.is_empty();
        let layers = layers.into_iter().zip(&config.diff_ids);
        Ok(Found {
            layers: layers.map(|((path, digest), id)| Layer { path, digest, diff_id: *id }).collect(),
            platform: told.then(|| config.platform.clone()),
            manifest,
            config_bytes,
            config,
            names,
        })
    }

    fn shown(&self) -> String {
        match self.names.as_slice() {
            [] => format!("sha256:{}", BlobDigest::of(&self.manifest)),
            names => names.join(" "),
        }
    }
}

/// The image for a platform. An image that says of no platform is taken when it is the only one.
pub(super) fn choose(mut images: Vec<Found>, wanted: &str) -> Result<Found, RegistryError> {
    // One image may be listed under several names.
    let mut seen: Vec<(BlobDigest, usize)> = Vec::new();
    let mut distinct: Vec<Found> = Vec::new();
    for image in images.drain(..) {
        let digest = BlobDigest::of(&image.manifest);
        match seen.iter().find(|(known, _)| *known == digest).and_then(|(_, at)| distinct.get_mut(*at)) {
            Some(known) => known.names.extend(image.names),
            None => {
                seen.push((digest, distinct.len()));
                distinct.push(image);
            }
        }
    }
    let place = |(size, image): (u64, &Found)| Descriptor {
        platform: image.platform.clone(),
        size,
        ..Descriptor::default()
    };
    let offered: Vec<Descriptor> = (0..).zip(&distinct).map(place).collect();
    let index = match platform::choose(&offered, wanted) {
        Some(chosen) => usize::try_from(chosen.size).unwrap_or(usize::MAX),
        None if matches!(distinct.as_slice(), [only] if only.platform.is_none()) => 0,
        None if distinct.is_empty() => {
            return Err(RegistryError::malformed(format!("{ARCHIVE} holds no image")));
        }
        None => return Err(no_platform(&ARCHIVE, wanted, &offered)),
    };
    let meant = distinct.get(index).map(|image| image.platform.clone());
    let same: Vec<&Found> = distinct.iter().filter(|image| Some(&image.platform) == meant.as_ref()).collect();
    if same.len() > 1 {
        let names: Vec<String> = same.iter().map(|image| image.shown()).collect();
        let message = format!("{ARCHIVE} holds {} images for {wanted}: {}", names.len(), names.join(", "));
        return Err(RegistryError::malformed(message).help("save one of them into a file of its own"));
    }
    if index >= distinct.len() {
        return Err(RegistryError::malformed(format!("{ARCHIVE} holds no image")));
    }
    Ok(distinct.swap_remove(index))
}
