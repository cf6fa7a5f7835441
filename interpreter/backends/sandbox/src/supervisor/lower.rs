//! From a request's layers to folders that can stand under an overlay.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use super::layers::{LayerIndex, Stack};
use crate::protocol::{Folder, StepFailure};

/// The folders as a stack. One that is opaque hides those below it, which overlayfs itself does not look at for a layer's top.
pub(super) fn layer_stack(folders: &[Folder], index: &LayerIndex) -> Result<Stack, StepFailure> {
    let mut stack = Vec::new();
    for folder in folders.iter().rev() {
        let path = layer_path(folder)?;
        let facts = index.facts(&path);
        if !facts.sound {
            return Err(StepFailure::Machine(format!("`{}` is no folder of a layer", path.display())));
        }
        stack.push(path);
        if facts.opaque {
            break;
        }
    }
    stack.reverse();
    Ok(Stack { folders: stack })
}

/// A file of a layer. Its folder, like any of a layer, may not be a link.
pub(super) fn layer_file(file: &Folder, index: &LayerIndex) -> Result<PathBuf, StepFailure> {
    let path = layer_path(file)?;
    let sound = path.parent().is_some_and(|folder| index.facts(folder).sound);
    let is_file = std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file());
    if sound && is_file {
        return Ok(path);
    }
    Err(StepFailure::Machine(format!("`{}` is no file of a layer", path.display())))
}

/// A path in a layer, relative to the store. It may not lead out.
fn layer_path(folder: &Folder) -> Result<PathBuf, StepFailure> {
    let inside = PathBuf::from(OsString::from_vec(folder.path.clone()));
    let layer = Path::new(&folder.layer);
    let plain = |path: &Path| path.components().all(|component| matches!(component, Component::Normal(_)));
    if layer.components().count() == 1 && plain(layer) && plain(&inside) {
        let path = Path::new("layers").join(layer);
        return Ok(if inside.as_os_str().is_empty() { path } else { path.join(inside) });
    }
    Err(StepFailure::Machine(format!("`{}/{}` is not a path of a layer", folder.layer, inside.display())))
}
