//! Owners that steps of this machine do not have: where they have a single id, everything belongs to it, and what it should belong to is
//! kept beside, in an attribute that goes along wherever a file goes. It is what leaves the machine: in images and archives.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use pipe_ops::Digest;

use crate::merkle::{Batch, Node};
use crate::{IdMap, LayerPlan, LayerScan, Meta, ScannedNode, Store, StoreError, xattr};

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
                    ScannedNode::File { meta, .. }
                    | ScannedNode::Symlink { meta, .. }
                    | ScannedNode::Fifo(meta) => *meta = meta.clone().held(ids),
                    ScannedNode::Dir(_) | ScannedNode::Whiteout => {}
                }
            }
        }
        self
    }
}

/// Set-group-id.
const SET_GID: u32 = 0o2000;

impl LayerScan {
    /// Gives what a step made in a folder with set-group-id the group that the kernel would have given it, had it that id: the folder's,
    /// which is kept beside. `at` is where the layer lies, `is_new` says of a path in it whether the step made what is there.
    ///
    /// # Errors
    /// When an attribute cannot be set.
    pub fn hand_groups_on(&mut self, at: &Path, is_new: impl Fn(&Path) -> bool) -> io::Result<()> {
        let Some(root) = self.dirs.len().checked_sub(1) else { return Ok(()) };
        let mut pending = vec![(root, PathBuf::new())];
        while let Some((number, path)) = pending.pop() {
            let Some(dir) = self.dirs.get(number) else { continue };
            let group =
                (dir.meta.mode & SET_GID != 0).then(|| dir.meta.wanted().gid).filter(|group| *group != 0);
            let mut folders = Vec::new();
            let Some(dir) = self.dirs.get_mut(number) else { continue };
            for (name, node) in &mut dir.entries {
                let path = path.join(OsStr::from_bytes(name));
                match node {
                    ScannedNode::Dir(child) => folders.push((*child as usize, path)),
                    ScannedNode::File { meta, .. } => {
                        if let Some(group) = group.filter(|_| meta.is_nobodys() && is_new(&path)) {
                            *meta = meta.clone().given(group);
                            xattr::write(&at.join(&path), &meta.xattrs, IdMap::Identity)?;
                        }
                    }
                    // These have no attributes on the disk.
                    ScannedNode::Symlink { meta, .. } | ScannedNode::Fifo(meta) => {
                        if let Some(group) = group.filter(|_| meta.is_nobodys() && is_new(&path)) {
                            *meta = meta.clone().given(group);
                        }
                    }
                    ScannedNode::Whiteout => {}
                }
            }
            for (child, path) in folders {
                if let Some(dir) = self.dirs.get_mut(child)
                    && let Some(group) = group.filter(|_| dir.meta.is_nobodys() && is_new(&path))
                {
                    dir.meta = dir.meta.clone().given(group);
                    xattr::write(&at.join(&path), &dir.meta.xattrs, IdMap::Identity)?;
                }
                pending.push((child, path));
            }
        }
        Ok(())
    }
}

impl Meta {
    /// Nothing is kept beside of whose it should be.
    fn is_nobodys(&self) -> bool {
        !self.xattrs.iter().any(|(name, _)| name == WANTED_OWNER)
    }

    /// With a group that steps do not have.
    fn given(self, gid: u32) -> Meta {
        Meta { gid, ..self }.held(1)
    }
}

impl Store {
    /// Gives symbolic links and named pipes of a layer, which have no attributes on the disk, what is recorded of them, where all else is
    /// as recorded.
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
                    | (ScannedNode::Fifo(meta), Some(Node::Fifo(known)))
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
        draft.fifo(b"home/app/pipe", of(1000, 9)).unwrap();
        let layer = draft.finish().unwrap();
        assert_eq!(layer.squashed, store.step_ids().unwrap() == 1);
        let tree = store.stack(&[layer]).unwrap();
        let owners = |tree: &Tree| {
            let entries = store.list(tree).unwrap();
            let owner = |meta: &Meta| (meta.wanted().uid, meta.wanted().gid);
            entries.iter().map(|entry| owner(&entry.meta)).collect::<Vec<_>>()
        };
        assert_eq!(owners(&tree), [(0, 0), (1000, 1000), (1000, 8), (1000, 1000), (1000, 9)]);
        // Copies are root's, or whose it is said.
        let copy = |owner| {
            let options = CopyOptions { owner, ..CopyOptions::default() };
            store.with_copy(&store.empty_tree(), "/c", &Stored::Tree(tree.clone()), &options).unwrap()
        };
        assert_eq!(owners(&copy(None)), [(0, 0); 6]);
        let given = copy(Some((3, 4)));
        assert_eq!(owners(&given)[1..], [(3, 4); 5]);
        let entries = store.list(&given).unwrap();
        let [.., link, pipe] = entries.as_slice() else { panic!("{entries:?}") };
        assert!(matches!(link.kind, EntryKind::Symlink { .. }));
        assert!(matches!(pipe.kind, EntryKind::Fifo));
        assert_eq!(store.verify(false).unwrap().damage, []);
    }

    /// What is made in a folder with set-group-id belongs to its group, and so on in folders that are made there.
    #[test]
    fn groups_of_folders_are_handed_on() {
        let dir = tempfile::tempdir().unwrap();
        let shared = dir.path().join("shared");
        std::fs::create_dir_all(shared.join("made/deeper")).unwrap();
        for (path, mode) in [("shared", 0o2775), ("shared/made", 0o2755), ("shared/made/deeper", 0o755)] {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(dir.path().join(path), mode).unwrap();
        }
        for file in ["outside", "shared/new", "shared/old", "shared/made/new", "shared/made/deeper/new"] {
            std::fs::write(dir.path().join(file), "").unwrap();
        }
        std::os::unix::fs::symlink("new", shared.join("link")).unwrap();
        xattr::write(&shared, &of(0, 8).held(1).xattrs, IdMap::Identity).unwrap();
        let root = dir.path();
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let ids = IdMap::Own { uid, gid };
        let mut scan = crate::scan_layer(root, ids).unwrap();
        let is_old = |path: &Path| [Path::new("shared"), Path::new("shared/old")].contains(&path);
        scan.hand_groups_on(root, |path| !is_old(path)).unwrap();
        let groups = |scan: &LayerScan| {
            let mut groups = Vec::new();
            for dir in &scan.dirs {
                groups.push(dir.meta.wanted().gid);
                for (name, node) in &dir.entries {
                    if let ScannedNode::File { meta, .. } | ScannedNode::Symlink { meta, .. } = node {
                        groups.push(meta.wanted().gid + u32::from(name == b"link") * 100);
                    }
                }
            }
            groups
        };
        // deeper, its file; made, its file; shared, its link, new and old; the layer's own folder, the file outside.
        assert_eq!(groups(&scan), [8, 0, 8, 8, 8, 108, 8, 0, 0, 0]);
        // It is on the disk, but for the link.
        let again = crate::scan_layer(root, ids).unwrap();
        assert_eq!(groups(&again), [8, 0, 8, 8, 8, 100, 8, 0, 0, 0]);
    }
}
