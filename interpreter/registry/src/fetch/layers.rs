//! Layers of an image: several at once, each by one process at a time.

use std::time::Duration;

use pipe_archive::{Meter, UnpackFailure, Verified, unpack_layer};
use pipe_ops::{BlobDigest, StepKey};
use pipe_store::DiffLayer;

use super::Images;
use super::stopped::{Stopped, altered, bad_layer};
use super::stored::layer_key;
use crate::http::{Download, Endpoint, Failure};

use crate::manifest::Descriptor;
use crate::parallel::in_parallel;
use crate::reference::show_digest;
use crate::{Cancel, ErrorKind, Reference, RegistryError};

/// Layers of one image that are downloaded or unpacked at once.
pub(crate) const PARALLEL: usize = 4;

/// Files of downloads that stopped are kept for so long.
pub(crate) const PART_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Images {
    /// All layers, several at once, in order. One that fails stops the others; those that are whole stay in the store.
    pub(super) fn layers(
        &self,
        endpoint: &Endpoint,
        reference: &Reference,
        wanted: &[(&Descriptor, BlobDigest)],
        cancel: &Cancel,
    ) -> Result<Vec<DiffLayer>, Stopped> {
        in_parallel(wanted.len(), PARALLEL, |index| match wanted.get(index) {
            Some((blob, diff_id)) => self.layer(endpoint, reference, blob, *diff_id, cancel),
            None => Err(Failure::Cancelled.into()),
        })
    }

    /// A layer, out of the store or downloaded, verified and unpacked. One process at a time does so.
    fn layer(
        &self,
        endpoint: &Endpoint,
        reference: &Reference,
        blob: &Descriptor,
        diff_id: BlobDigest,
        cancel: &Cancel,
    ) -> Result<DiffLayer, Stopped> {
        if let Some(layer) = self.usable_layer(diff_id)? {
            return Ok(layer);
        }
        let digest = blob.digest()?;
        let _lock = self.store.lock_step(StepKey(layer_key(diff_id)), &|| cancel.is_cancelled())?;
        if let Some(layer) = self.usable_layer(diff_id)? {
            return Ok(layer);
        }
        let part = self.store.partial_file(digest, PART_LIFE)?;
        let kept = |error: std::io::Error| {
            RegistryError::new(ErrorKind::Store, format!("cannot keep a download in the store: {error}"))
        };
        let mut download = Download::new(&self.client, endpoint, blob, &part, cancel).map_err(kept)?;
        let meter = Meter::default();
        let mut verified = Verified::new(&mut download, meter.clone());
        let unpacked = unpack_layer(&self.store, &mut verified, meter, self.limits);
        let (unpacked, whole) = match unpacked {
            Ok(unpacked) => (Ok(unpacked), verified.finish()),
            // Altered bytes usually do not even unpack; that they are altered is the reason then.
            Err(UnpackFailure::Content(reason)) => (Err(UnpackFailure::Content(reason)), verified.finish()),
            Err(failure) => (Err(failure), Err(std::io::Error::other("not read"))),
        };
        if let Some(failure) = download.failure() {
            return Err(failure.into());
        }
        if let Ok((found, size)) = whole
            && (found, size) != (digest, blob.size)
        {
            download.forget();
            let found = if found == digest { format!("{size} bytes") } else { show_digest(found) };
            return Err(altered("a layer", &blob.digest, &found));
        }
        let unpacked = unpacked.map_err(|failure| {
            if let UnpackFailure::Content(_) = failure {
                download.forget();
            }
            bad_layer(reference, &blob.digest, failure)
        })?;
        download.forget();
        Ok(self.keep_layer(reference, diff_id, unpacked)?)
    }
}
