//! Where a step's changes go: the upper folders of its overlays, and private copies of mounted files.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::attributes::{self, Attributes};
use super::folders::StepFolders;
use super::layers::{LayerIndex, Stack};
use super::skeleton::{self, Stub};
use super::texts::{c_path, machine};
use crate::child::image::Overlay;
use crate::protocol::StepFailure;

/// Where a step's changes end up.
pub(super) enum Upper {
    /// An overlay's upper folder, with the attributes it began with and what it is over.
    Overlay { folder: PathBuf, before: Attributes, below: Stack },
    /// A folder with a private copy of a file under the name [`MOUNTED_FILE`], as it was before the step.
    File { folder: PathBuf, before: Metadata },
}

/// The name of a mounted file in its folder.
pub(super) const MOUNTED_FILE: &str = "file";

/// Makes an overlay over a stack, with what must be there to be mounted on.
pub(super) fn make_overlay(
    mut stack: Stack,
    stubs: Option<&BTreeMap<PathBuf, Stub>>,
    folders: &StepFolders<'_>,
    index: &LayerIndex,
) -> Result<(Overlay, Upper), StepFailure> {
    let upper = folders.fresh("upper");
    make_upper(&upper, &stack).map_err(machine(&upper))?;
    let before = attributes::attributes(&upper).map_err(machine(&upper))?;
    // Without what is only made to be mounted on: no layer has that.
    let below = stack.clone();
    if let Some(stubs) = stubs {
        let top = folders.fresh("stubs");
        skeleton::make_over(&top, stubs, &stack, index).map_err(machine(&top))?;
        stack.folders.push(top);
    }
    let work = folders.work().map_err(machine(Path::new("work")))?;
    let lowers: Vec<CString> =
        stack.folders.iter().rev().map(|path| c_path(path)).collect::<Result<_, _>>()?;
    let overlay = Overlay { lowers, upper: c_path(&upper)?, work: c_path(&work)? };
    Ok((overlay, Upper::Overlay { folder: upper, before, below }))
}

/// The root of an overlay has the attributes of its upper folder: those of the highest layer's own folder.
fn make_upper(upper: &Path, stack: &Stack) -> io::Result<()> {
    std::fs::create_dir(upper)?;
    match stack.folders.last() {
        Some(top) => attributes::copy_attributes(top, upper),
        None => std::fs::set_permissions(upper, PermissionsExt::from_mode(0o755)),
    }
}

/// Makes a private copy of a file in a folder of its own; its path.
pub(super) fn copy_file(original: &Path, folders: &StepFolders<'_>) -> Result<(PathBuf, Upper), StepFailure> {
    let folder = folders.fresh("file");
    let copy = folder.join(MOUNTED_FILE);
    let before = copy_into(original, &folder, &copy).map_err(machine(original))?;
    Ok((copy, Upper::File { folder, before }))
}

fn copy_into(original: &Path, folder: &Path, copy: &Path) -> io::Result<Metadata> {
    std::fs::create_dir(folder)?;
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755))?;
    std::fs::copy(original, copy)?;
    attributes::copy_attributes(original, copy)?;
    std::fs::symlink_metadata(copy)
}
