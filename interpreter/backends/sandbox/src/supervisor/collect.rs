//! What a step left: its changes, digested where they lie, for the store to take.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use pipe_store::{IdMap, LayerScan, scan_layer};

use super::attributes;
use super::folders::StepFolders;
use super::layers::Entry;
use super::server::Context;
use super::sockets;
use super::uppers::{MOUNTED_FILE, Upper};
use crate::protocol::{StagedLayer, StepFailure};

/// What was found in an upper folder.
#[derive(Default)]
pub(super) struct Left {
    /// `None` when the step changed nothing.
    pub(super) layer: Option<StagedLayer>,
    /// Paths of the sockets that it left, from the upper folder on. They are gone.
    pub(super) sockets: Vec<Vec<u8>>,
}

/// Digests an upper folder.
pub(super) fn collect(
    upper: &Upper,
    folders: &StepFolders<'_>,
    context: &Context,
) -> Result<Left, StepFailure> {
    let index = &context.index;
    let folder = match upper {
        Upper::File { folder, before } if is_same_file(&folder.join(MOUNTED_FILE), before) => {
            return Ok(Left::default());
        }
        Upper::Overlay { folder, .. } | Upper::File { folder, .. } => folder,
    };
    let mut scan = scan(folder)?;
    let sockets = std::mem::take(&mut scan.sockets);
    if let Upper::Overlay { below, .. } = upper
        && !sockets.is_empty()
    {
        sockets::leave_out(folder, &sockets, below, index).map_err(|error| failed(&error))?;
        scan = self::scan(folder)?;
    }
    if let Upper::Overlay { before, .. } = upper
        && scan.is_empty()
        && attributes::attributes(folder).is_ok_and(|now| now == *before)
    {
        return Ok(Left { layer: None, sockets });
    }
    if let Upper::Overlay { below, .. } = upper
        && context.ids.is_single()
    {
        let is_new =
            |path: &Path| below.entry(path, index) == Entry::Missing || sockets::is_hidden(folder, path);
        scan.hand_groups_on(folder, is_new).map_err(|error| failed(&error))?;
    }
    folders.leave(folder);
    let path = folder.to_str().ok_or_else(|| failed(&folder.display()))?.to_owned();
    Ok(Left { layer: Some(StagedLayer { path, scan }), sockets })
}

fn scan(folder: &Path) -> Result<LayerScan, StepFailure> {
    scan_layer(folder, IdMap::Identity).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> StepFailure {
    StepFailure::Machine(format!("what the step wrote: {error}"))
}

/// A write changes the time of last modification, a new mode or owner itself.
pub(super) fn is_same_file(path: &Path, before: &std::fs::Metadata) -> bool {
    let facts = |meta: &std::fs::Metadata| {
        (meta.ino(), meta.len(), meta.mode(), meta.uid(), meta.gid(), meta.mtime(), meta.mtime_nsec())
    };
    std::fs::symlink_metadata(path).is_ok_and(|now| facts(&now) == facts(before))
}
