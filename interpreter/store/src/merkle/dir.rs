//! A folder of a Merkle tree, decoded.

use std::collections::BTreeMap;

use pipe_ops::{BlobDigest, Digest};

use crate::Meta;

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dir {
    pub(crate) meta: Meta,
    /// It hides what the base has at its path. Only in a difference.
    pub(crate) opaque: bool,
    /// What is in it, by the bytes of the names.
    pub(crate) entries: BTreeMap<Vec<u8>, Node>,
    /// Groups of paths from here that are names of one inode, each sorted, all sorted. A group stands at every folder where it
    /// branches, with the members below that folder, so that a folder's digest does not depend on what is outside it.
    pub(crate) links: Vec<Vec<Vec<u8>>>,
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Dir(DirRef),
    File {
        digest: BlobDigest,
        size: u64,
        meta: Meta,
    },
    Symlink {
        target: Vec<u8>,
        meta: Meta,
    },
    Fifo(Meta),
    /// Gone from the base. Only in a difference.
    Whiteout,
}

/// A folder by its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DirRef {
    pub(crate) digest: Digest,
    /// Bytes of the message.
    pub(crate) size: u64,
}

impl Dir {
    /// An empty folder.
    pub(crate) fn empty(meta: Meta) -> Dir {
        Dir { meta, opaque: false, entries: BTreeMap::new(), links: Vec::new() }
    }
}

#[cfg(test)]
pub(crate) mod arbitrary {
    //! Folders for property tests.
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn meta() -> impl Strategy<Value = Meta> {
        let xattrs =
            prop::collection::btree_map("user\\.[ab]", prop::collection::vec(any::<u8>(), 0..3), 0..2);
        (0u32..0o10000, 0u32..2, 0u32..2, xattrs).prop_map(|(mode, uid, gid, xattrs)| Meta {
            mode,
            uid,
            gid,
            xattrs: xattrs.into_iter().map(|(name, value): (String, _)| (name.into_bytes(), value)).collect(),
        })
    }

    pub(crate) fn name() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof!["[abc]{1,2}".prop_map(String::into_bytes), Just(b"\xff".to_vec()), Just(b"a\nb".to_vec())]
    }

    fn node() -> impl Strategy<Value = Node> {
        let link = |meta: Meta| Meta { mode: 0o777, xattrs: Vec::new(), ..meta };
        prop_oneof![
            (any::<u8>(), 0u64..9)
                .prop_map(|(byte, size)| Node::Dir(DirRef { digest: Digest::of(&[byte]), size })),
            (any::<u8>(), 0u64..9, meta()).prop_map(|(byte, size, meta)| Node::File {
                digest: BlobDigest::of(&[byte]),
                size,
                meta
            }),
            (name(), meta()).prop_map(move |(target, meta)| Node::Symlink { target, meta: link(meta) }),
            meta().prop_map(Node::Fifo),
            Just(Node::Whiteout),
        ]
    }

    pub(crate) fn dir() -> impl Strategy<Value = Dir> {
        let links = prop::collection::btree_set(prop::collection::btree_set(name(), 2..3), 0..2);
        (meta(), any::<bool>(), prop::collection::btree_map(name(), node(), 0..4), links).prop_map(
            |(meta, opaque, entries, links)| Dir {
                meta,
                opaque,
                entries,
                links: links.into_iter().map(|group| group.into_iter().collect()).collect(),
            },
        )
    }
}
