//! What a step left: its changes, digested and put where the store can take them.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use pipe_store::{IdMap, scan_layer};

use super::attributes;
use super::plan::{MOUNTED_FILE, Upper};
use crate::protocol::{StagedLayer, StepFailure};

/// Digests an upper folder and moves it to `staged`. `None` when the step changed nothing.
pub(super) fn collect(upper: &Upper, staged: PathBuf) -> Result<Option<StagedLayer>, StepFailure> {
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
    let failed =
        |error: &dyn std::fmt::Display| StepFailure::Machine(format!("what the step wrote: {error}"));
    let scan = scan_layer(folder, IdMap::Identity).map_err(|error| failed(&error))?;
    std::fs::rename(folder, &staged).map_err(|error| failed(&error))?;
    let path = staged.into_os_string().into_string().map_err(|path| failed(&path.display()))?;
    Ok(Some(StagedLayer { path, scan }))
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
