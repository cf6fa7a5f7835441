//! Files that are archives, as trees.

mod links;
mod tar;
mod zip;

use std::io::Read;

use pipe_store::{FileRef, LayerDraft, Store, Tree};

use crate::read::{Entry, EntryKind, Tally, absurd, beginning};
use crate::{Limits, UnpackFailure};
use links::Links;

/// The highest id that a step has.
const LAST_ID: u32 = u16::MAX as u32;

/// How an archive is unpacked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unpacking {
    /// It is the root of a container: links may be absolute or lead above it, for they end there, and devices below `/dev`, where
    /// every step has its own, are left out.
    pub root: bool,
    /// How much it may hold.
    pub limits: Limits,
}

/// Unpacks a tar archive, plain or compressed with gzip, zstd, xz or bzip2, or a zip archive. The same bytes give the same tree.
///
/// # Errors
/// When it is none, when it holds what could harm whoever uses the tree, or when the store fails; nothing of it is in the store then.
pub fn unpack(
    store: &Store,
    file: &FileRef,
    how: &Unpacking,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Tree, UnpackFailure> {
    let opened = store.open_verified(file)?;
    let mut tree = Growing {
        draft: LayerDraft::begin(store)?,
        how,
        tally: Tally::default(),
        links: Links::default(),
        cancelled,
    };
    match beginning(&opened)?.as_slice() {
        [] => return Err(absurd("it is empty".to_owned()).into()),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => zip::read(opened, file.size, &mut tree)?,
        _ => tar::read(opened, file.size, &mut tree)?,
    }
    tree.links.check()?;
    Ok(store.stack(&[tree.draft.finish()?])?)
}

/// A tree that grows entry by entry.
struct Growing<'a> {
    draft: LayerDraft,
    how: &'a Unpacking,
    tally: Tally,
    links: Links,
    cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Growing<'_> {
    fn add(&mut self, mut entry: Entry, content: &mut dyn Read) -> Result<(), UnpackFailure> {
        self.tally.add(&entry, &self.how.limits)?;
        if self.how.root {
            if !entry.is_device_in_dev() {
                entry.put(&mut self.draft, content)?;
            }
            return Ok(());
        }
        if entry.path.first() == Some(&b'/') {
            let path = entry.path.escape_ascii();
            return Err(absurd(format!("`{path}` is an absolute path")).into());
        }
        // Archives keep the ids of whoever packed them, and large organisations number far.
        for id in [&mut entry.uid, &mut entry.gid] {
            if *id > LAST_ID {
                *id = 0;
            }
        }
        if entry.kind == EntryKind::Symlink {
            self.links.add(&entry.path, &entry.target);
        }
        Ok(entry.put(&mut self.draft, content)?)
    }
}
