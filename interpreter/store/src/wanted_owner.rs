//! Owners that steps of this machine do not have: where they have a single id, everything belongs to it, and what it should belong to is
//! kept beside, in an attribute that goes along wherever a file goes. It is what leaves the machine: in images and archives.

use pipe_ops::Digest;

use crate::merkle::{Batch, Node};
use crate::{LayerPlan, LayerScan, Meta, ScannedNode, Store, StoreError};

/// The attribute: `uid:gid`. An ordinary one, so overlayfs copies it up with the file, and what keeps attributes keeps it.
const WANTED_OWNER: &[u8] = b"user.pipe.owner";

impl Meta {
    /// As it is where steps have so many ids.
    pub(crate) fn held(self, ids: u32) -> Meta {
        if self.uid < ids && self.gid < ids {
            return self;
        }
        let owner = format!("{}:{}", self.uid, self.gid).into_bytes();
        let Meta { mut xattrs, mode, .. } = self.without_wanted_owner();
        xattrs.push((WANTED_OWNER.to_vec(), owner));
        xattrs.sort();
        Meta { mode, uid: 0, gid: 0, xattrs }
    }

    /// As it should be: what it has where steps have ids enough.
    pub fn wanted(&self) -> Meta {
        let value =
            self.xattrs.iter().find(|(name, _)| name == WANTED_OWNER).map(|(_, value)| value.as_slice());
        let owner = value.and_then(|value| {
            let (uid, gid) = std::str::from_utf8(value).ok()?.split_once(':')?;
            Some((uid.parse().ok()?, gid.parse().ok()?))
        });
        match owner {
            Some((uid, gid)) => Meta { uid, gid, ..self.clone().without_wanted_owner() },
            None => self.clone(),
        }
    }

    /// As it is for somebody who is given it.
    pub(crate) fn without_wanted_owner(mut self) -> Meta {
        self.xattrs.retain(|(name, _)| name != WANTED_OWNER);
        self
    }
}

impl LayerPlan {
    /// As it can be made where steps have so many ids.
    pub(crate) fn held(mut self, ids: u32) -> LayerPlan {
        for dir in &mut self.scan.dirs {
            dir.meta = dir.meta.clone().held(ids);
            for (_, node) in &mut dir.entries {
                match node {
                    ScannedNode::File { meta, .. } | ScannedNode::Symlink { meta, .. } => {
                        *meta = meta.clone().held(ids);
                    }
                    // A named pipe has no room for the attribute, so it becomes root's.
                    ScannedNode::Fifo(meta) => *meta = meta.clone().held(ids).without_wanted_owner(),
                    ScannedNode::Dir(_) | ScannedNode::Whiteout => {}
                }
            }
        }
        self
    }
}

impl Store {
    /// Gives symbolic links of a layer, which have no attributes on the disk, what is recorded of them, where all else is as recorded.
    pub(crate) fn recall_link_owners(
        &self,
        scan: &mut LayerScan,
        recorded: Digest,
    ) -> Result<(), StoreError> {
        let batch = Batch::default();
        let Some(last) = scan.dirs.len().checked_sub(1) else { return Ok(()) };
        let mut pending = vec![(last, recorded)];
        while let Some((number, digest)) = pending.pop() {
            let (Some(found), dir) = (scan.dirs.get_mut(number), self.load_dir(digest, &batch)?) else {
                continue;
            };
            for (name, node) in &mut found.entries {
                match (node, dir.entries.get(name)) {
                    (ScannedNode::Dir(child), Some(Node::Dir(known))) => {
                        pending.push((*child as usize, known.digest));
                    }
                    (ScannedNode::Symlink { meta, .. }, Some(Node::Symlink { meta: known, .. }))
                        if *meta == known.clone().without_wanted_owner() =>
                    {
                        *meta = known.clone();
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::TestStore;
    use crate::{CopyOptions, EntryKind, LayerDraft, Stored, Tree};

    fn of(uid: u32, gid: u32) -> Meta {
        Meta { uid, gid, ..Meta::plain(0o750) }
    }

    #[test]
    fn an_owner_that_there_is_not_is_kept_beside() {
        let held = of(1000, 7).held(1);
        assert_eq!((held.uid, held.gid, held.xattrs.len()), (0, 0, 1));
        assert_eq!(held.wanted(), of(1000, 7));
        assert_eq!(of(1000, 7).held(65536), of(1000, 7));
        assert_eq!(of(0, 0).held(1), of(0, 0));
        // Another one in its stead.
        let again = Meta { uid: 5, gid: 6, ..held }.held(1);
        assert_eq!(again.wanted(), of(5, 6));
        let odd = Meta { xattrs: vec![(WANTED_OWNER.to_vec(), b"root".to_vec())], ..of(0, 0) };
        assert_eq!(odd.wanted(), odd);
    }

    /// This test's store has no other ids than its user's, or, as root, all.
    #[test]
    fn trees_hold_what_was_wanted_and_are_whole() {
        let store = TestStore::new();
        let mut draft = LayerDraft::begin(&store).unwrap();
        draft.dir(b"home/app", of(1000, 1000)).unwrap();
        draft.file(b"home/app/f", of(1000, 8), None, &mut &b"x"[..]).unwrap();
        draft.symlink(b"home/app/link", b"f", Meta { mode: 0o777, ..of(1000, 1000) }).unwrap();
        draft.fifo(b"home/app/pipe", of(0, 0)).unwrap();
        let layer = draft.finish().unwrap();
        assert_eq!(layer.squashed, store.step_ids().unwrap() == 1);
        let tree = store.stack(&[layer]).unwrap();
        let owners = |tree: &Tree| {
            let entries = store.list(tree).unwrap();
            let owner = |meta: &Meta| (meta.wanted().uid, meta.wanted().gid);
            entries.iter().map(|entry| owner(&entry.meta)).collect::<Vec<_>>()
        };
        assert_eq!(owners(&tree), [(0, 0), (1000, 1000), (1000, 8), (1000, 1000), (0, 0)]);
        // Copies are root's, or whose it is said.
        let copy = |owner| {
            let options = CopyOptions { owner, ..CopyOptions::default() };
            store.with_copy(&store.empty_tree(), "/c", &Stored::Tree(tree.clone()), &options).unwrap()
        };
        assert_eq!(owners(&copy(None)), [(0, 0); 6]);
        let given = copy(Some((3, 4)));
        // A pipe has no room for whose it should be.
        let of_pipe = if store.step_ids().unwrap() == 1 { (0, 0) } else { (3, 4) };
        assert_eq!(owners(&given)[1..], [(3, 4), (3, 4), (3, 4), (3, 4), of_pipe]);
        let entries = store.list(&given).unwrap();
        let [.., link, pipe] = entries.as_slice() else { panic!("{entries:?}") };
        assert!(matches!(link.kind, EntryKind::Symlink { .. }));
        assert!(matches!(pipe.kind, EntryKind::Fifo));
        assert_eq!(store.verify(false).unwrap().damage, []);
    }
}
