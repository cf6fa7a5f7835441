//! Adopting layers: from a folder that a step left to a tree with a digest.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use pipe_ops::{Digest, TreeDigest};
use rusqlite::{OptionalExtension, Transaction};
use rustix::fs::FlockOperation;

use crate::merkle::{Batch, Dir, fold};
use crate::run::random_name;
use crate::{IdMap, LayerRef, LayerScan, Meta, Namespace, Store, StoreError, Tree, TreeKind, scan_layer};

/// A stack of this many layers is made shorter before it gets another: each costs a step 10 µs to mount.
pub(crate) const STACK_LIMIT: usize = 16;

/// Layers that this process knows to be whole, with the root of what they change.
#[derive(Default)]
pub(crate) struct Layers {
    whole: Mutex<HashMap<String, Digest>>,
}

/// Layers remembered; beyond that it starts anew.
const KNOWN: usize = 1 << 16;

impl Layers {
    fn get(&self, id: &str) -> Option<Digest> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    fn insert(&self, id: &str, diff: Digest) {
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if whole.len() >= KNOWN {
            whole.clear();
        }
        whole.insert(id.to_owned(), diff);
    }

    pub(crate) fn clear(&self) {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn forget(&self, id: &str) {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl Store {
    /// The empty folder.
    pub fn empty_tree(&self) -> Tree {
        Tree { digest: TreeDigest(empty_digest()), layers: Vec::new(), kind: TreeKind::Whole }
    }

    /// Nothing over a base that the store does not know.
    pub fn empty_diff(&self) -> Tree {
        Tree { kind: TreeKind::Diff, ..self.empty_tree() }
    }

    /// Adopts a layer over a tree. `staged` is its folder, absolute or relative to the store's, on the same file system. Only
    /// folders that the layer touches are digested anew. When the result is a tree that the store has, that one's layers are used and
    /// `staged` is removed.
    pub fn record_layer(&self, parent: &Tree, staged: &Path, scan: &LayerScan) -> Result<Tree, StoreError> {
        let staged = self.dir().join(staged);
        let mut batch = Batch::default();
        let result = self.fold(Some(parent.digest.0), scan, parent.kind, &mut batch)?;
        let digest = TreeDigest(result);
        if digest == parent.digest {
            self.remove_folder(&staged)?;
            return Ok(parent.clone());
        }
        if let Some(tree) = self.find_tree(digest, parent.kind)? {
            self.remove_folder(&staged)?;
            return Ok(tree);
        }
        let below = match parent.layers.len() {
            0..STACK_LIMIT => parent.clone(),
            _ => self.shorten(parent)?,
        };
        self.adopt(&staged, scan, batch, |layer| {
            let mut layers = below.layers.clone();
            layers.push(layer);
            Tree { digest, layers, kind: parent.kind }
        })
    }

    /// Whether [`Store::record_layer`] takes well below a millisecond: few files, no layers to be put together.
    pub fn adopts_quickly(&self, parent: &Tree, scan: &LayerScan) -> bool {
        const FEW: usize = 64;
        let nodes: usize = scan.dirs.iter().map(|dir| 1 + dir.entries.len()).sum();
        nodes <= FEW && parent.layers.len() < STACK_LIMIT
    }

    /// The same tree on a single layer: mounting many costs. Trees with fewer than two are returned as they are.
    pub fn flatten(&self, tree: &Tree) -> Result<Tree, StoreError> {
        if tree.layers.len() < 2 {
            return Ok(tree.clone());
        }
        let layer = self.squash(tree, 0)?;
        self.replace_layers(tree, vec![layer])
    }

    /// The same tree with its upper layers made one: half of the stack, and more while the next layer is no larger than those above
    /// it together. So what a layer holds is linked anew as often as its stack doubles, not with each shortening. The lowest stays:
    /// it is the one that is likely to be large.
    pub(crate) fn shorten(&self, tree: &Tree) -> Result<Tree, StoreError> {
        let mut from = tree.layers.len().saturating_sub(STACK_LIMIT / 2).max(1);
        let mut above = 0;
        for layer in tree.layers.get(from..).unwrap_or_default() {
            above += self.count_nodes(layer)?;
        }
        while let Some(layer) =
            from.checked_sub(1).filter(|below| *below > 0).and_then(|below| tree.layers.get(below))
        {
            let nodes = self.count_nodes(layer)?;
            if nodes > above {
                break;
            }
            above += nodes;
            from -= 1;
        }
        let upper = self.squash(tree, from)?;
        let lower = tree.layers.get(..from).unwrap_or_default();
        self.replace_layers(tree, lower.iter().cloned().chain([upper]).collect())
    }

    fn count_nodes(&self, layer: &LayerRef) -> Result<usize, StoreError> {
        Ok(self.expand(self.layer_root(layer)?, &Batch::default())?.nodes().count())
    }

    fn replace_layers(&self, tree: &Tree, layers: Vec<LayerRef>) -> Result<Tree, StoreError> {
        let tree = Tree { layers, ..tree.clone() };
        self.database().write(|transaction| insert_tree(transaction, &tree))?;
        Ok(tree)
    }

    /// Makes one layer of those from an index on.
    fn squash(&self, tree: &Tree, from: usize) -> Result<LayerRef, StoreError> {
        let layers = tree.layers.get(from..).unwrap_or_default();
        // With all layers of a whole tree, nothing unknown is below, so nothing needs to be hidden.
        let kind = if from == 0 { tree.kind } else { TreeKind::Diff };
        let mut batch = Batch::default();
        let mut merged: Option<Digest> = None;
        for layer in layers {
            let diff = self.expand(self.layer_root(layer)?, &batch)?;
            merged = Some(self.fold(merged, &diff, kind, &mut batch)?);
        }
        let merged = self.expand(merged.unwrap_or_else(empty_digest), &batch)?;
        let plan = self.plan_of(merged, &self.sources(layers)?)?;
        let staged = self.build(&plan)?;
        let mut layer = None;
        self.adopt(&staged, &plan.scan, batch, |made| {
            layer = Some(made.clone());
            Tree { layers: vec![made], ..self.empty_diff() }
        })?;
        layer
            .ok_or_else(|| StoreError::Malformed { what: "a layer".into(), reason: "it was not made".into() })
    }

    /// A whole tree of what a [`TreeKind::Diff`] holds, for a folder where its base has nothing.
    pub fn close_base(&self, tree: &Tree) -> Result<Tree, StoreError> {
        let mut batch = Batch::default();
        let scan = self.expand(tree.digest.0, &batch)?;
        let digest = TreeDigest(self.fold(None, &scan, TreeKind::Whole, &mut batch)?);
        let closed = Tree { digest, layers: tree.layers.clone(), kind: TreeKind::Whole };
        self.database().write(|transaction| {
            batch.write(transaction, &self.inner().objects)?;
            insert_tree(transaction, &closed)
        })?;
        self.inner().objects.committed(batch);
        // A whiteout in the lowest layer would be seen by steps as a device.
        let hides = scan.nodes().any(|node| matches!(node, crate::ScannedNode::Whiteout));
        if hides { self.replace_layers(&closed, vec![self.squash(&closed, 0)?]) } else { Ok(closed) }
    }

    /// Folds a layer into a tree.
    pub(crate) fn fold(
        &self,
        base: Option<Digest>,
        scan: &LayerScan,
        kind: TreeKind,
        batch: &mut Batch,
    ) -> Result<Digest, StoreError> {
        // Folders of the base may themselves be new.
        let known = std::mem::take(batch);
        let mut new = Batch::default();
        let load = |digest| self.load_dir(digest, &known);
        let result = fold(base, scan, kind, &load, &mut new);
        *batch = known;
        batch.extend(new);
        Ok(result?.digest)
    }

    /// A folder of a Merkle tree.
    pub(crate) fn load_dir(&self, digest: Digest, batch: &Batch) -> Result<Arc<Dir>, StoreError> {
        match batch.get(digest) {
            Some(dir) => Ok(dir),
            None => self.inner().objects.load(self.database(), digest),
        }
    }

    /// Puts a layer in place and names it in the database, with the tree it makes.
    fn adopt(
        &self,
        staged: &Path,
        scan: &LayerScan,
        mut batch: Batch,
        tree: impl FnOnce(LayerRef) -> Tree,
    ) -> Result<Tree, StoreError> {
        let diff = self.fold(None, scan, TreeKind::Diff, &mut batch)?;
        let layer = LayerRef { layer: random_name()?, path: PathBuf::new() };
        let tree = tree(layer.clone());
        let place = self.layer_path(&layer.layer);
        let _guard = self.lock_layers(FlockOperation::LockShared)?;
        self.reach(
            "rename",
            staged,
            || self.disk().rename(staged, &place),
            |namespace| namespace.rename(self.relative(staged), self.relative(&place)),
        )?;
        self.database().write(|transaction| {
            batch.write(transaction, &self.inner().objects)?;
            transaction
                .prepare_cached(
                    "INSERT INTO layer (id, diff, bytes, created, boot, disk) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute((
                    &layer.layer,
                    &diff.0[..],
                    scan.bytes() as i64,
                    nanoseconds(SystemTime::now()),
                    &self.inner().options.boot_id,
                    scan.disk as i64,
                ))?;
            insert_tree(transaction, &tree)
        })?;
        self.inner().objects.committed(batch);
        self.inner().layers.insert(&layer.layer, diff);
        Ok(tree)
    }

    /// A tree that the store has, with layers that are whole.
    pub(crate) fn find_tree(&self, digest: TreeDigest, kind: TreeKind) -> Result<Option<Tree>, StoreError> {
        let layers: Option<Vec<u8>> = self.database().read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT layers FROM tree WHERE digest = ?1 AND kind = ?2")?;
            statement.query_row((&digest.0.0[..], kind as i64), |row| row.get(0)).optional()
        })?;
        let Some(layers) = layers else { return Ok(None) };
        // A row that cannot be read is as good as none.
        let Ok(layers) = postcard::from_bytes(&layers) else { return Ok(None) };
        let tree = Tree { digest, layers, kind };
        Ok(self.is_whole(&tree)?.then_some(tree))
    }

    /// All layers of a tree are there and whole.
    pub(crate) fn is_whole(&self, tree: &Tree) -> Result<bool, StoreError> {
        for layer in &tree.layers {
            if self.layer_diff(&layer.layer)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The root of what a layer changes; `None` when the layer is not there or not whole. A layer that a reboot may have damaged is
    /// digested again first.
    pub(crate) fn layer_diff(&self, id: &str) -> Result<Option<Digest>, StoreError> {
        if let Some(diff) = self.inner().layers.get(id) {
            return Ok(Some(diff));
        }
        let row: Option<(Vec<u8>, String)> = self.database().read(|connection| {
            let mut statement = connection.prepare_cached("SELECT diff, boot FROM layer WHERE id = ?1")?;
            statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })?;
        let Some((diff, boot)) = row else { return Ok(None) };
        // A row that cannot be read is as good as none.
        let Ok(diff) = diff.try_into().map(Digest) else { return Ok(None) };
        if !fs::symlink_metadata(self.layer_path(id)).is_ok_and(|metadata| metadata.is_dir()) {
            return Ok(None);
        }
        if !boot.is_empty() && boot != self.inner().options.boot_id && !self.reads_only() {
            if self.check_layer(id, diff)?.is_err() {
                self.lose_layer(id)?;
                return Ok(None);
            }
            self.mark_synced(&[id.to_owned()])?;
        }
        self.inner().layers.insert(id, diff);
        Ok(Some(diff))
    }

    /// Digests a layer again; why it is not what its row says.
    pub(crate) fn check_layer(
        &self,
        id: &str,
        diff: Digest,
    ) -> Result<Result<(), Cow<'static, str>>, StoreError> {
        let path = self.layer_path(id);
        if path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Ok(Err("its folder is gone".into()));
        }
        let mut scan = match self.scan(&path) {
            Ok(scan) => scan,
            Err(StoreError::Scan(error)) => return Ok(Err(error.to_string().into())),
            Err(error) => return Err(error),
        };
        // What of the record cannot be read is told as a difference.
        let _ = self.recall_link_owners(&mut scan, diff);
        let mut found = Batch::default();
        let digest = self.fold(None, &scan, TreeKind::Diff, &mut found)?;
        Ok(if digest == diff { Ok(()) } else { Err(self.first_difference(diff, digest, &found).into()) })
    }

    /// Digests a layer, inside the steps' namespace when some of it is locked to this process.
    pub(crate) fn scan(&self, path: &Path) -> Result<LayerScan, StoreError> {
        self.look_at(path, scan_layer, |namespace, path| namespace.scan(path))
    }

    /// Looks at a folder directly, or inside the steps' namespace when some of it is locked to this process.
    pub(crate) fn look_at<T>(
        &self,
        path: &Path,
        direct: impl FnOnce(&Path, IdMap) -> Result<T, StoreError>,
        inside: impl FnOnce(&dyn Namespace, &Path) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        use crate::ScanError::{ForeignOwner, Read};
        let is_locked = |error: &StoreError| match error {
            StoreError::Scan(Read { source, .. }) => source.kind() == std::io::ErrorKind::PermissionDenied,
            StoreError::Scan(ForeignOwner { .. }) => true,
            _ => false,
        };
        match direct(path, self.inner().ids) {
            Err(error) if is_locked(&error) && self.inner().options.owner.is_none() => {
                inside(self.namespace(path)?, self.relative(path))
            }
            other => other,
        }
    }

    /// Puts a damaged layer aside and forgets it.
    pub(crate) fn quarantine_layer(&self, id: &str) -> Result<(), StoreError> {
        let place = self.layer_path(id);
        let aside = self.dir().join("quarantine").join(id);
        self.database()
            .write(|transaction| transaction.execute("DELETE FROM layer WHERE id = ?1", [id]).map(drop))?;
        self.inner().layers.forget(id);
        if place.exists() {
            self.reach(
                "rename",
                &place,
                || self.disk().rename(&place, &aside),
                |namespace| namespace.rename(self.relative(&place), self.relative(&aside)),
            )?;
        }
        Ok(())
    }

    pub(crate) fn layer_path(&self, id: &str) -> PathBuf {
        self.dir().join("layers").join(id)
    }
}

pub(crate) fn insert_tree(transaction: &Transaction<'_>, tree: &Tree) -> rusqlite::Result<()> {
    let layers = postcard::to_stdvec(&tree.layers)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO tree (digest, kind, layers) VALUES (?1, ?2, ?3)")?
        .execute((&tree.digest.0.0[..], tree.kind as i64, layers))
        .map(drop)
}

/// The digest of the empty folder, which every process knows.
pub(crate) fn empty_digest() -> Digest {
    Batch::default().add(Dir::empty(Meta::plain(0o755))).digest
}

/// Nanoseconds since 1970, as the database keeps times.
pub(crate) fn nanoseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
