//! What a step left: its changes, digested and put where the store can take them.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use pipe_store::{IdMap, LayerScan, scan_layer};

use super::attributes;
use super::plan::{MOUNTED_FILE, Upper};
use crate::protocol::{StagedLayer, StepFailure};

/// Changes that were looked at and still lie where the step made them.
pub(super) struct Found {
    folder: PathBuf,
    scan: LayerScan,
}

/// Digests an upper folder. `None` when the step changed nothing.
pub(super) fn examine(upper: &Upper) -> Result<Option<Found>, StepFailure> {
    let folder = match upper {
        Upper::Overlay { folder, before } => {
            let same = is_empty(folder) && attributes::attributes(folder).is_ok_and(|now| now == *before);
            (!same).then_some(folder)
        }
        Upper::File { folder, before } => {
            (!is_same_file(&folder.join(MOUNTED_FILE), before)).then_some(folder)
        }
    };
    let Some(folder) = folder else { return Ok(None) };
    let scan = scan_layer(folder, IdMap::Identity).map_err(|error| failed(&error))?;
    Ok(Some(Found { folder: folder.clone(), scan }))
}

/// Moves changes to a path from which the store takes them. Their mount must be gone.
pub(super) fn stage(found: Found, staged: PathBuf) -> Result<StagedLayer, StepFailure> {
    std::fs::rename(&found.folder, &staged).map_err(|error| failed(&error))?;
    let path = staged.into_os_string().into_string().map_err(|path| failed(&path.display()))?;
    Ok(StagedLayer { path, scan: found.scan })
}

fn failed(error: &dyn std::fmt::Display) -> StepFailure {
    StepFailure::Machine(format!("what the step wrote: {error}"))
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// A write changes the time of last modification, a new mode or owner itself.
fn is_same_file(path: &Path, before: &std::fs::Metadata) -> bool {
    let facts = |meta: &std::fs::Metadata| {
        (meta.ino(), meta.len(), meta.mode(), meta.uid(), meta.gid(), meta.mtime(), meta.mtime_nsec())
    };
    std::fs::symlink_metadata(path).is_ok_and(|now| facts(&now) == facts(before))
}
