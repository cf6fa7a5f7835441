//! What a step left: its changes, digested where they lie, for the store to take.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use pipe_store::{IdMap, scan_layer};

use super::attributes;
use super::folders::StepFolders;
use super::uppers::{MOUNTED_FILE, Upper};
use crate::protocol::{StagedLayer, StepFailure};

/// Digests an upper folder. `None` when the step changed nothing.
pub(super) fn collect(upper: &Upper, folders: &StepFolders<'_>) -> Result<Option<StagedLayer>, StepFailure> {
    let folder = match upper {
        Upper::File { folder, before } if is_same_file(&folder.join(MOUNTED_FILE), before) => {
            return Ok(None);
        }
        Upper::Overlay { folder, .. } | Upper::File { folder, .. } => folder,
    };
    let scan = scan_layer(folder, IdMap::Identity).map_err(|error| failed(&error))?;
    if let Upper::Overlay { before, .. } = upper
        && scan.is_empty()
        && attributes::attributes(folder).is_ok_and(|now| now == *before)
    {
        return Ok(None);
    }
    folders.leave(folder);
    let path = folder.to_str().ok_or_else(|| failed(&folder.display()))?.to_owned();
    Ok(Some(StagedLayer { path, scan }))
}

fn failed(error: &dyn std::fmt::Display) -> StepFailure {
    StepFailure::Machine(format!("what the step wrote: {error}"))
}

/// A write changes the time of last modification, a new mode or owner itself.
fn is_same_file(path: &Path, before: &std::fs::Metadata) -> bool {
    let facts = |meta: &std::fs::Metadata| {
        (meta.ino(), meta.len(), meta.mode(), meta.uid(), meta.gid(), meta.mtime(), meta.mtime_nsec())
    };
    std::fs::symlink_metadata(path).is_ok_and(|now| facts(&now) == facts(before))
}
