//! What is in a folder, with the times that are no part of a layer's content: for whoever writes a cache volume down.

use std::collections::HashMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::find::{Found, FoundNode, find};
use crate::locate::child_path;
use crate::{IdMap, Meta, ScannedNode, StoreError};

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderEntry {
    /// Relative to the folder, of bytes; empty for the folder itself.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: FolderEntryKind,
    /// Its attributes.
    pub meta: Meta,
    /// When it was last modified; 1970 for what that is not looked at.
    pub modified: SystemTime,
}

/// What something in a folder is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FolderEntryKind {
    /// A folder.
    Dir,
    /// A regular file of so many bytes.
    File(u64),
    /// Another name of the file at this path, which is listed before.
    HardLink(Vec<u8>),
    /// A symbolic link with this text.
    Symlink(Vec<u8>),
    /// A named pipe.
    Fifo,
}

/// Lists everything in the folder `dir`, itself first and folders before what is in them, the same way each time. Sockets and whiteouts
/// are left out: they mean nothing without what made them. Nothing may write to the folder meanwhile.
pub fn list_folder(dir: &Path, ids: IdMap) -> Result<Vec<FolderEntry>, StoreError> {
    let found = find(dir, ids)?;
    let mut entries = Vec::new();
    let mut firsts = HashMap::new();
    let mut pending = vec![(Vec::new(), 0)];
    while let Some((path, number)) = pending.pop() {
        let Some(dir) = found.dirs.get(number) else { continue };
        let (kind, meta) = (FolderEntryKind::Dir, dir.meta.clone());
        entries.push(FolderEntry { path: path.clone(), kind, meta, modified: dir.modified });
        for (name, node) in &dir.entries {
            let path = child_path(&path, name);
            match node {
                FoundNode::Dir(number) => pending.push((path, *number)),
                other => entries.extend(entry(&found, path, other, &mut firsts)),
            }
        }
    }
    Ok(entries)
}

fn entry(
    found: &Found,
    path: Vec<u8>,
    node: &FoundNode,
    firsts: &mut HashMap<(u64, u64), Vec<u8>>,
) -> Option<FolderEntry> {
    let (kind, meta, modified) = match node {
        FoundNode::File(number) => {
            let file = found.files.get(*number)?;
            let first = file.inode.and_then(|inode| firsts.get(&inode).cloned());
            if let Some(inode) = file.inode {
                firsts.entry(inode).or_insert_with(|| path.clone());
            }
            let kind = first.map_or(FolderEntryKind::File(file.size), FolderEntryKind::HardLink);
            (kind, file.meta.clone(), file.modified)
        }
        FoundNode::Done(ScannedNode::Symlink { target, meta }) => {
            (FolderEntryKind::Symlink(target.clone()), meta.clone(), UNIX_EPOCH)
        }
        FoundNode::Done(ScannedNode::Fifo(meta)) => (FolderEntryKind::Fifo, meta.clone(), UNIX_EPOCH),
        FoundNode::Done(_) | FoundNode::Dir(_) => return None,
    };
    Some(FolderEntry { path, kind, meta, modified })
}
