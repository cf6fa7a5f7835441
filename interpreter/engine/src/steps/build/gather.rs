//! `COPY`: what patterns find, put at a path.

use pipe_dockerfile::Ignore;
use pipe_ops::{Gather, Preimage, StepKey};
use pipe_store::{CopyOptions, Entry, Filter, PathError, Store, StoreError, Stored, Tree};

use super::find::{Found, find, names};
use super::{filter, owner};
use crate::Value;
use crate::failure::Cause;
use crate::steps::Inputs;
use crate::steps::inspect::whole;

/// Something that is copied, and where to from the destination on; `None` for the destination itself.
struct Item {
    stored: Stored,
    to: Option<String>,
}

pub(super) fn gather(store: &Store, gather: &Gather, inputs: &Inputs) -> Result<Tree, Cause> {
    let into = &inputs.tree(gather.into)?.tree;
    let path = inputs.text(&gather.path)?;
    let owner = match &gather.owner {
        Some(owner) => owner::owner(store, into, inputs.text(owner)?)?,
        None => None,
    };
    let ignore = Ignore::patterns(&gather.exclude)
        .map_err(|error| Cause::pipeline(format!("`--exclude`: {}", error.message)))?;
    let folder = gather.folder || is_folder(store, into, path)?;
    let items = items(store, gather, folder, &ignore, inputs)?;
    let options =
        CopyOptions { owner, mode: gather.mode, filter: filter(ignore, &gather.exclude), gathered: true };
    match items.as_slice() {
        [] => Ok((**into).clone()),
        [item] => Ok(store.with_copy(into, &joined(path, item), &item.stored, &options)?),
        items => {
            if !folder && items.iter().filter(|item| matches!(item.stored, Stored::File(_))).count() > 1 {
                let message =
                    format!("{} files are found, and `{path}` is no folder they could go to", items.len());
                return Err(Cause::pipeline(message).help("end the destination with `/`"));
            }
            // All of them in one layer.
            let mut tree = store.empty_tree();
            for item in items {
                tree = store.with_copy(&tree, item.to.as_deref().unwrap_or("."), &item.stored, &options)?;
            }
            let options = CopyOptions { mode: None, filter: Filter::default(), ..options };
            Ok(store.with_copy(into, path, &Stored::Tree(tree), &options)?)
        }
    }
}

fn is_folder(store: &Store, tree: &Tree, path: &str) -> Result<bool, Cause> {
    match store.entry(tree, path) {
        Ok(entry) => Ok(matches!(entry, Entry::Dir(_))),
        Err(StoreError::Path(PathError::Missing { .. })) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn joined(path: &str, item: &Item) -> String {
    match &item.to {
        Some(to) => format!("{}/{to}", path.trim_end_matches('/')),
        None => path.to_owned(),
    }
}

fn items(
    store: &Store,
    gather: &Gather,
    folder: bool,
    ignore: &Ignore,
    inputs: &Inputs,
) -> Result<Vec<Item>, Cause> {
    let mut items = Vec::new();
    for source in &gather.sources {
        let pattern = inputs.text(&source.pattern)?;
        let tree = &whole(inputs, source.tree, "copied")?.tree;
        let found = find(store, tree, pattern).map_err(|cause| about(pattern, cause))?;
        // What stands before the last `/./` is not kept.
        let left_out = pattern.rsplit_once("/./").map_or(0, |(before, _)| names(before).len());
        for Found { names, entry } in found {
            let kept = || names.get(left_out..).unwrap_or_default().join("/");
            let name = names.last().cloned().unwrap_or_default();
            let to = match &entry {
                _ if gather.parents => Some(kept()).filter(|kept| !kept.is_empty()),
                Entry::File(_) if folder => Some(name.clone()),
                _ => None,
            };
            let stored = match entry {
                Entry::Dir(tree) => Stored::Tree(tree),
                Entry::File(_) if ignore.excludes(&name) => continue,
                Entry::File(file) => Stored::File(file),
                Entry::Other | Entry::InBase => {
                    return Err(Cause::pipeline(format!(
                        "`{}` is neither a file nor a folder",
                        names.join("/")
                    )));
                }
            };
            items.push(Item { stored, to });
        }
    }
    Ok(items)
}

/// Says which source it is.
fn about(pattern: &str, cause: Cause) -> Cause {
    if cause.reason.contains(&format!("`{pattern}`")) {
        return cause;
    }
    Cause { reason: format!("`COPY {pattern}`: {}", cause.reason), ..cause }
}

pub(super) fn key(gather: &Gather, inputs: &Inputs) -> Result<StepKey, Cause> {
    let into = inputs.tree(gather.into)?;
    let mut preimage = Preimage::new("gather")
        .digest("into", into.tree.digest.0)
        .text("kind", if into.is_whole() { "whole" } else { "difference" })
        .text("path", inputs.text(&gather.path)?)
        .text("folder", gather.folder.to_string())
        .text("parents", gather.parents.to_string());
    for source in &gather.sources {
        let tree: &Value = inputs.get(source.tree)?;
        preimage = preimage
            .digest("source", crate::steps::content(tree)?)
            .text("pattern", inputs.text(&source.pattern)?);
    }
    if let Some(owner) = &gather.owner {
        preimage = preimage.text("owner", inputs.text(owner)?);
    }
    if let Some(mode) = gather.mode {
        preimage = preimage.text("mode", format!("{mode:o}"));
    }
    Ok(gather.exclude.iter().fold(preimage, |preimage, pattern| preimage.text("exclude", pattern)).key())
}
