//! The layer between two snapshots of a folder.

use std::collections::BTreeSet;

use super::Contents;
use super::snapshot::{DirSnapshot, EntrySnapshot, Snapshot};
use crate::locate::child_path;
use crate::plan::{PlanBuilder, Planned};
use crate::{FileContent, LayerPlan, Meta, StoreError};

/// The layer that makes `old` into `new`. `contents` has the bytes of every file that `old` does not hold under the same path;
/// `held` gives the others.
pub(super) fn plan(
    old: &Snapshot,
    new: &Snapshot,
    mut contents: Contents,
    held: &dyn Fn(&[u8]) -> Result<FileContent, StoreError>,
) -> Result<LayerPlan, StoreError> {
    let mut plan = PlanBuilder::new(Meta::plain(0o755));
    // Folders of the plan by path; those without changes are made only on the way to one with.
    let mut numbers = std::collections::HashMap::from([(Vec::new(), 0)]);
    for dir in &new.dirs {
        let Some(&number) = numbers.get(&dir.path) else { continue };
        let before = old.dir(&dir.path);
        for (name, entry) in &dir.entries {
            let path = child_path(&dir.path, name);
            let was = before.and_then(|before| before.entry(name));
            if *entry == EntrySnapshot::Dir {
                let known = was == Some(&EntrySnapshot::Dir);
                numbers.insert(path, plan.dir(number, name, Meta::plain(0o755), known));
            } else if !was.is_some_and(|was| was.same_content(entry)) {
                let content = || {
                    contents
                        .remove(&path)
                        .map_or_else(|| held(&path), |staged| Ok(FileContent::Staged(staged)))
                };
                plan.put(number, name, planned(entry, content)?);
            }
        }
        for name in gone(before, dir) {
            plan.put(number, name, Planned::Whiteout);
        }
    }
    Ok(plan.finish())
}

fn planned(
    entry: &EntrySnapshot,
    read: impl FnOnce() -> Result<FileContent, StoreError>,
) -> Result<Planned, StoreError> {
    Ok(match entry {
        EntrySnapshot::File { executable, content, .. } => Planned::File {
            digest: content.digest,
            size: content.size,
            meta: Meta::plain(if *executable { 0o755 } else { 0o644 }),
            link: None,
            content: read()?,
        },
        EntrySnapshot::Symlink { target } => {
            Planned::Symlink { target: target.clone(), meta: Meta::plain(0o777) }
        }
        EntrySnapshot::Dir => Planned::Whiteout,
    })
}

fn gone<'a>(before: Option<&'a DirSnapshot>, now: &DirSnapshot) -> BTreeSet<&'a [u8]> {
    let before = before.into_iter().flat_map(|before| &before.entries);
    before.map(|(name, _)| name.as_slice()).filter(|name| now.entry(name).is_none()).collect()
}
