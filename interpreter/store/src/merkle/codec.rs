//! Between a folder and its messages.

use std::collections::BTreeMap;

use pipe_ops::{BlobDigest, Digest};
use prost::Message;

use super::message::*;
use super::{Dir, DirRef, Node};
use crate::{Meta, StoreError};

const UID: &str = "uid";
const GID: &str = "gid";
/// On a folder: it hides what the base has.
const OPAQUE: &str = "pipe.opaque";
/// On an empty file: the name is gone from the base.
const WHITEOUT: &str = "pipe.whiteout";
/// On a folder: the digest of its [`Side`] object.
const SIDE: &str = "pipe.side";

/// A folder as bytes.
pub(super) struct Encoded {
    /// The `Directory`.
    pub(super) directory: Vec<u8>,
    /// The [`Side`] object with its digest, when there is need of one.
    pub(super) side: Option<(Digest, Vec<u8>)>,
}

/// Encodes a folder.
pub(super) fn encode(dir: &Dir) -> Encoded {
    let mut directory = Directory::default();
    let mut side = Side::default();
    side.add_attributes(b"", &dir.meta);
    for (name, node) in &dir.entries {
        if let Node::File { meta, .. } | Node::Symlink { meta, .. } | Node::Fifo(meta) = node {
            side.add_attributes(name, meta);
        }
        match std::str::from_utf8(name).ok().and_then(|name| directory.add(name, node)) {
            Some(()) => {}
            None => side.nodes.push(odd(name, node)),
        }
    }
    side.links = dir.links.iter().map(|paths| LinkGroup { paths: paths.clone() }).collect();
    let side = (side != Side::default()).then(|| side.encode_to_vec());
    let side = side.map(|bytes| (Digest::of(&bytes), bytes));

    let mut properties = Vec::new();
    if dir.opaque {
        properties.push(property(OPAQUE, "1"));
    }
    if let Some((digest, _)) = &side {
        properties.push(property(SIDE, digest.to_string()));
    }
    directory.node_properties = Some(node_properties(&dir.meta, properties));
    Encoded { directory: directory.encode_to_vec(), side }
}

impl Directory {
    /// Adds an entry; `None` when the message cannot say it.
    fn add(&mut self, name: &str, node: &Node) -> Option<()> {
        let name = name.to_owned();
        match node {
            Node::Dir(dir) => {
                self.directories
                    .push(DirectoryNode { name, digest: Some(digest_message(dir.digest, dir.size)) });
            }
            Node::File { digest, size, meta } => self.files.push(FileNode {
                name,
                digest: Some(digest_message(digest.0, *size)),
                is_executable: meta.mode & 0o100 != 0,
                node_properties: Some(node_properties(meta, Vec::new())),
            }),
            Node::Symlink { target, meta } => {
                let target = std::str::from_utf8(target).ok()?.to_owned();
                let node_properties = Some(node_properties(meta, Vec::new()));
                self.symlinks.push(SymlinkNode { name, target, node_properties });
            }
            Node::Fifo(_) => return None,
            Node::Whiteout => self.files.push(FileNode {
                name,
                digest: Some(digest_message(Digest::of(b""), 0)),
                is_executable: false,
                node_properties: Some(NodeProperties {
                    properties: vec![property(WHITEOUT, "1")],
                    unix_mode: None,
                }),
            }),
        }
        Some(())
    }
}

impl Side {
    fn add_attributes(&mut self, entry: &[u8], meta: &Meta) {
        if !meta.xattrs.is_empty() {
            let attribute =
                |(name, value): &(Vec<u8>, Vec<u8>)| Attribute { name: name.clone(), value: value.clone() };
            let attributes = meta.xattrs.iter().map(attribute).collect();
            self.attributes.push(Attributes { entry: entry.to_vec(), attributes });
        }
    }
}

fn odd(name: &[u8], node: &Node) -> OddNode {
    let (meta, kind) = match node {
        Node::Dir(dir) => (None, OddKind::Directory(digest_message(dir.digest, dir.size))),
        Node::File { digest, size, meta } => (Some(meta), OddKind::File(digest_message(digest.0, *size))),
        Node::Symlink { target, meta } => (Some(meta), OddKind::Symlink(target.clone())),
        Node::Fifo(meta) => (Some(meta), OddKind::Fifo(true)),
        Node::Whiteout => (None, OddKind::Whiteout(true)),
    };
    let (mode, uid, gid) = meta.map_or((0, 0, 0), |meta| (meta.mode, meta.uid, meta.gid));
    OddNode { name: name.to_vec(), mode, uid, gid, kind: Some(kind) }
}

fn node_properties(meta: &Meta, mut properties: Vec<NodeProperty>) -> NodeProperties {
    for (name, id) in [(UID, meta.uid), (GID, meta.gid)] {
        if id != 0 {
            properties.push(property(name, id.to_string()));
        }
    }
    properties.sort_by(|a, b| a.name.cmp(&b.name));
    NodeProperties { properties, unix_mode: Some(UInt32Value { value: meta.mode }) }
}

fn property(name: &str, value: impl Into<String>) -> NodeProperty {
    NodeProperty { name: name.to_owned(), value: value.into() }
}

fn digest_message(digest: Digest, size: u64) -> DigestMessage {
    DigestMessage { hash: digest.to_string(), size_bytes: i64::try_from(size).unwrap_or(i64::MAX) }
}

/// Decodes a folder. `load` fetches its [`Side`] object.
pub(super) fn decode(
    bytes: &[u8],
    load: impl FnOnce(Digest) -> Result<Vec<u8>, StoreError>,
) -> Result<Dir, StoreError> {
    let directory = Directory::decode(bytes).map_err(|error| malformed(error.to_string()))?;
    let properties = directory.node_properties.unwrap_or_default();
    let mut dir = Dir::empty(decode_meta(&properties)?);
    dir.opaque = properties.get(OPAQUE).is_some();
    for file in directory.files {
        dir.entries.insert(file.name.clone().into_bytes(), decode_file(&file)?);
    }
    for child in directory.directories {
        dir.entries.insert(child.name.into_bytes(), Node::Dir(dir_ref(child.digest.as_ref())?));
    }
    for link in directory.symlinks {
        let meta = decode_meta(&link.node_properties.unwrap_or_default())?;
        dir.entries.insert(link.name.into_bytes(), Node::Symlink { target: link.target.into_bytes(), meta });
    }
    if let Some(side) = properties.get(SIDE) {
        let digest = Digest::from_hex(side).ok_or_else(|| malformed(format!("`{side}` is no digest")))?;
        let side = Side::decode(load(digest)?.as_slice()).map_err(|error| malformed(error.to_string()))?;
        apply_side(&mut dir, side)?;
    }
    Ok(dir)
}

impl NodeProperties {
    fn get(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|property| property.name == name).map(|property| property.value.as_str())
    }
}

fn decode_meta(properties: &NodeProperties) -> Result<Meta, StoreError> {
    let id = |name| match properties.get(name) {
        Some(id) => id.parse().map_err(|_| malformed(format!("{name} `{id}` is no number"))),
        None => Ok(0),
    };
    let mode = properties.unix_mode.as_ref().map_or(0, |mode| mode.value);
    Ok(Meta { mode, uid: id(UID)?, gid: id(GID)?, xattrs: Vec::new() })
}

fn decode_file(file: &FileNode) -> Result<Node, StoreError> {
    let properties = file.node_properties.clone().unwrap_or_default();
    if properties.get(WHITEOUT).is_some() {
        return Ok(Node::Whiteout);
    }
    let content = dir_ref(file.digest.as_ref())?;
    Ok(Node::File { digest: BlobDigest(content.digest), size: content.size, meta: decode_meta(&properties)? })
}

fn dir_ref(message: Option<&DigestMessage>) -> Result<DirRef, StoreError> {
    let message = message.ok_or_else(|| malformed("a digest is missing".to_owned()))?;
    let digest = Digest::from_hex(&message.hash);
    let size = u64::try_from(message.size_bytes).ok();
    let (digest, size) =
        digest.zip(size).ok_or_else(|| malformed(format!("`{}` is no digest", message.hash)))?;
    Ok(DirRef { digest, size })
}

fn apply_side(dir: &mut Dir, side: Side) -> Result<(), StoreError> {
    for odd in side.nodes {
        let meta = Meta { mode: odd.mode, uid: odd.uid, gid: odd.gid, xattrs: Vec::new() };
        let kind = odd.kind.ok_or_else(|| malformed("an entry has no kind".to_owned()))?;
        let node = match kind {
            OddKind::File(digest) => {
                let content = dir_ref(Some(&digest))?;
                Node::File { digest: BlobDigest(content.digest), size: content.size, meta }
            }
            OddKind::Directory(digest) => Node::Dir(dir_ref(Some(&digest))?),
            OddKind::Symlink(target) => Node::Symlink { target, meta },
            OddKind::Fifo(_) => Node::Fifo(meta),
            OddKind::Whiteout(_) => Node::Whiteout,
        };
        dir.entries.insert(odd.name, node);
    }
    let by_entry: BTreeMap<Vec<u8>, Vec<Attribute>> =
        side.attributes.into_iter().map(|attributes| (attributes.entry, attributes.attributes)).collect();
    for (entry, attributes) in by_entry {
        let xattrs = attributes.into_iter().map(|attribute| (attribute.name, attribute.value)).collect();
        match dir.entries.get_mut(&entry) {
            _ if entry.is_empty() => dir.meta.xattrs = xattrs,
            Some(Node::File { meta, .. } | Node::Symlink { meta, .. } | Node::Fifo(meta)) => {
                meta.xattrs = xattrs
            }
            _ => return Err(malformed("attributes of an entry that cannot have them".to_owned())),
        }
    }
    dir.links = side.links.into_iter().map(|group| group.paths).collect();
    Ok(())
}

fn malformed(reason: String) -> StoreError {
    StoreError::Malformed { what: "a folder of the store".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::super::dir::arbitrary;
    use super::*;

    fn digest(dir: &Dir) -> Digest {
        Digest::of(&encode(dir).directory)
    }

    proptest! {
        /// Nothing is lost, so different folders have different bytes.
        #[test]
        fn decoding_undoes_encoding(dir in arbitrary::dir()) {
            let encoded = encode(&dir);
            let side = encoded.side.clone();
            let decoded = decode(&encoded.directory, |digest| {
                let (expected, bytes) = side.unwrap();
                assert_eq!(digest, expected);
                Ok(bytes)
            });
            prop_assert_eq!(decoded.unwrap(), dir);
        }

        #[test]
        fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&bytes, |_| Ok(bytes.clone()));
        }
    }

    /// These bytes stand in stores and remote caches.
    #[test]
    fn digests_are_stable() {
        let mut dir = Dir::empty(Meta::plain(0o755));
        let empty = digest(&dir);
        let file = Node::File { digest: BlobDigest::of(b"hello"), size: 5, meta: Meta::plain(0o644) };
        let link = Node::Symlink { target: b"hello.c".to_vec(), meta: Meta::plain(0o777) };
        dir.entries.extend([(b"hello.c".to_vec(), file), (b"link".to_vec(), link)]);
        let ordinary = digest(&dir);
        dir.entries.insert(b"\xff".to_vec(), Node::Fifo(Meta::plain(0o600)));
        let odd = digest(&dir);
        let digests = [empty, ordinary, odd].map(|digest| digest.to_string()[..16].to_owned());
        assert_eq!(digests, ["5cd5ef42d5253c50", "db561b8c22ce4f41", "5c0e56b2303228c5"]);
    }
}
