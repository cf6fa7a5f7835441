//! Layers: folders of differences in overlayfs's form, and what was found in them.

use std::collections::HashSet;
use std::path::PathBuf;

use pipe_ops::BlobDigest;
use serde::{Deserialize, Serialize};

/// What file systems give a file or a folder at least.
pub(crate) const DISK_BLOCK: u64 = 4096;

/// A layer of the store, or a folder inside one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LayerRef {
    /// The layer: a folder `layers/<id>` of the store.
    pub layer: String,
    /// The folder inside it; empty for the layer itself.
    #[serde(with = "crate::path_bytes")]
    pub path: PathBuf,
}

/// A file of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileRef {
    /// The layer that holds it.
    pub layer: String,
    /// Its path inside.
    #[serde(with = "crate::path_bytes")]
    pub path: PathBuf,
    /// Its content.
    pub digest: BlobDigest,
    /// Bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
}

/// What a layer holds, digested. Made by [`scan_layer`](crate::scan_layer) inside the user namespace that wrote the layer, and
/// sent to the process that owns the database, so it is flat: a deep tree costs no recursion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerScan {
    /// Every folder, children before their parents; the last one is the layer's own.
    pub dirs: Vec<ScannedDir>,
    /// Bytes that it takes on the disk: as found, or estimated when it is not there yet. No part of what it is.
    pub disk: u64,
    /// Paths of the sockets that were found. They are no part of what it is; where it is to be mounted, they have to go first.
    pub sockets: Vec<Vec<u8>>,
}

/// A folder of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannedDir {
    /// Its attributes.
    pub meta: Meta,
    /// It hides what lower layers have at its path.
    pub opaque: bool,
    /// What is in it, sorted by the bytes of the names; names are distinct.
    pub entries: Vec<(Vec<u8>, ScannedNode)>,
}

/// Something in a folder of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScannedNode {
    /// A folder, by its index in [`LayerScan::dirs`]; smaller than that of the folder it is in.
    Dir(u32),
    /// A regular file.
    File {
        /// Its content.
        digest: BlobDigest,
        /// Bytes.
        size: u64,
        /// Its attributes.
        meta: Meta,
        /// Files of one number are names of one inode. Set only when the layer holds at least two.
        link: Option<u32>,
    },
    /// A symbolic link; where it leads does not matter.
    Symlink {
        /// Its text.
        target: Vec<u8>,
        /// Its attributes; the mode is 0o777.
        meta: Meta,
    },
    /// A named pipe.
    Fifo(Meta),
    /// What lower layers have under this name is gone.
    Whiteout,
}

/// Attributes that count. Times do not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Meta {
    /// Permission bits with setuid, setgid and sticky: the lowest twelve.
    pub mode: u32,
    /// The owner as the steps see it.
    pub uid: u32,
    /// The group as the steps see it.
    pub gid: u32,
    /// Extended attributes that are content (`user.*`, `security.capability`), sorted by name.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Meta {
    /// Permission bits, owned by 0:0, without extended attributes.
    pub fn plain(mode: u32) -> Meta {
        Meta { mode: mode & 0o7777, uid: 0, gid: 0, xattrs: Vec::new() }
    }
}

impl LayerScan {
    /// Of a layer that changes nothing but, perhaps, the attributes of its own folder.
    pub fn empty(meta: Meta) -> LayerScan {
        LayerScan::estimated(vec![ScannedDir { meta, opaque: false, entries: Vec::new() }])
    }

    /// Of folders whose room on the disk is not known yet.
    pub(crate) fn estimated(dirs: Vec<ScannedDir>) -> LayerScan {
        let mut linked = HashSet::new();
        let mut disk = 0;
        for (_, node) in dirs.iter().flat_map(|dir| &dir.entries) {
            if let ScannedNode::File { size, link, .. } = node
                && link.is_none_or(|group| linked.insert(group))
            {
                disk += size.next_multiple_of(DISK_BLOCK);
            }
        }
        disk += DISK_BLOCK * dirs.len() as u64;
        LayerScan { dirs, disk, sockets: Vec::new() }
    }

    /// Nothing is in the layer.
    pub fn is_empty(&self) -> bool {
        self.dirs.last().is_none_or(|root| root.entries.is_empty() && !root.opaque)
    }

    /// Bytes of all files, a file with several names once for each.
    pub fn bytes(&self) -> u64 {
        self.nodes().map(|node| if let ScannedNode::File { size, .. } = node { *size } else { 0 }).sum()
    }

    /// Everything in all folders, in order.
    pub fn nodes(&self) -> impl Iterator<Item = &ScannedNode> {
        self.dirs.iter().flat_map(|dir| dir.entries.iter().map(|(_, node)| node))
    }
}
