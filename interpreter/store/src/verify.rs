//! Comparing what is on disk with what the rows say.

use std::borrow::Cow;
use std::collections::HashSet;

use pipe_ops::{BlobDigest, Digest, TreeDigest};
use rusqlite::OptionalExtension;
use rusqlite::types::Value;
use rustix::fs::FlockOperation;

use crate::merkle::{Batch, Node};
use crate::{Held, LayerRef, StepRecord, Store, StoreError, Stored, Tree, TreeKind};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Layers digested again.
    pub layers: u64,
    /// Blobs digested again.
    pub blobs: u64,
    /// Folders of Merkle trees digested again.
    pub objects: u64,
    /// Steps and other results whose parts were looked for.
    pub steps: u64,
    /// Results that a power loss took, or of which it took a part: they had not been synced. Not damage: they are made again.
    pub lost: u64,
    /// How much is not as it should be. 0: the store is sound.
    pub damaged: u64,
    /// What is not as it should be, unless it was told when it was found.
    pub damage: Vec<Damage>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// What: `layer 01ab…`, `blob 99fe…`, `step build`.
    pub what: String,
    /// How it differs.
    pub reason: Cow<'static, str>,
    /// It was put aside, and what depended on it forgotten.
    pub repaired: bool,
}

impl Store {
    /// Digests every layer and blob again. With `repair`, damaged ones are moved to `quarantine/` and rows that need them removed, so
    /// that they are made again when they are next needed. Leftovers of killed processes are removed and count as nothing, as does what
    /// a power loss took before it was synced: that is forgotten, and whatever needs it.
    ///
    /// # Errors
    /// [`StoreError::DatabaseDamaged`] when the database itself is; [`Store::put_database_aside`] helps.
    pub fn verify(&self, repair: bool) -> Result<VerifyReport, StoreError> {
        let mut damage = Vec::new();
        let report = self.verify_telling(repair, &mut |found| damage.push(found))?;
        Ok(VerifyReport { damage, ..report })
    }

    /// As [`Store::verify`], and tells of damage when it is found: it may be much. The report names none of it.
    ///
    /// # Errors
    /// As [`Store::verify`].
    pub fn verify_telling(
        &self,
        repair: bool,
        tell: &mut dyn FnMut(Damage),
    ) -> Result<VerifyReport, StoreError> {
        self.database().check()?;
        // What is removed while it is looked at would seem damaged.
        let _guard = self.lock_pruning(FlockOperation::LockExclusive)?;
        self.sweep()?;
        self.inner().objects.clear();
        self.inner().layers.clear();
        self.inner().blobs.clear();
        let mut verify = Verify {
            store: self,
            repair,
            tell,
            report: VerifyReport::default(),
            sound: HashSet::new(),
            lost: self.lost()?,
        };
        verify.objects()?;
        verify.layers()?;
        verify.blobs()?;
        verify.trees()?;
        verify.imports()?;
        verify.steps()?;
        verify.ops()?;
        verify.facts()?;
        if repair {
            self.forget_losses()?;
        }
        Ok(verify.report)
    }
}

struct Verify<'a> {
    store: &'a Store,
    repair: bool,
    tell: &'a mut dyn FnMut(Damage),
    report: VerifyReport,
    /// Folders of Merkle trees of which everything is there.
    sound: HashSet<Digest>,
    /// Layers and blobs that a power loss took.
    lost: HashSet<Vec<u8>>,
}

/// Rows that are read at a time: not all of a table are to be in memory at once.
const PAGE: i64 = 100;

/// A row: what comes next after it, its key, and what it has.
type Row = (Value, Vec<u8>, Vec<u8>);

/// Where a table begins whose rows go by number, and one whose rows go by a text or a digest.
const BY_NUMBER: Value = Value::Integer(i64::MIN);
const BY_TEXT: Value = Value::Text(String::new());
const BY_DIGEST: Value = Value::Blob(Vec::new());

impl Verify<'_> {
    fn damage(&mut self, what: String, reason: impl Into<Cow<'static, str>>) {
        self.report.damaged += 1;
        (self.tell)(Damage { what, reason: reason.into(), repaired: self.repair });
    }

    /// Goes through the rows of a table. The query gives those behind `?1`, `?2` of them.
    fn each(
        &mut self,
        query: &'static str,
        mut behind: Value,
        mut visit: impl FnMut(&mut Self, Vec<u8>, Vec<u8>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        loop {
            let page = self.page(query, &behind)?;
            match page.last() {
                Some((last, ..)) => behind = last.clone(),
                None => return Ok(()),
            }
            page.into_iter().try_for_each(|(_, key, value)| visit(self, key, value))?;
        }
    }

    fn page(&self, query: &'static str, behind: &Value) -> Result<Vec<Row>, StoreError> {
        self.store.database().read(|connection| {
            let mut statement = connection.prepare_cached(query)?;
            let bytes = |row: &rusqlite::Row<'_>, column: usize| -> rusqlite::Result<Vec<u8>> {
                Ok(row.get_ref(column)?.as_bytes_or_null()?.unwrap_or_default().to_vec())
            };
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, bytes(row, 1)?, bytes(row, 2)?));
            statement.query_map((behind, PAGE), row)?.collect()
        })
    }

    fn forget(&self, statement: &str, key: &[u8]) -> Result<(), StoreError> {
        if !self.repair {
            return Ok(());
        }
        self.store.database().write(|transaction| transaction.execute(statement, [key]).map(drop))
    }

    fn objects(&mut self) -> Result<(), StoreError> {
        let all = "SELECT rowid, digest, bytes FROM object WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
        self.each(all, BY_NUMBER, |this, key, bytes| {
            this.report.objects += 1;
            if Digest::of(&bytes).0[..] != key[..] {
                this.damage(format!("folder {}", shown(&key)), "its bytes have another digest");
                this.forget("DELETE FROM object WHERE digest = ?1", &key)?;
            }
            Ok(())
        })
    }

    fn layers(&mut self) -> Result<(), StoreError> {
        let all = "SELECT id, id, diff FROM layer WHERE id > ?1 ORDER BY id LIMIT ?2";
        self.each(all, BY_TEXT, |this, id, diff| {
            this.report.layers += 1;
            this.layer(&String::from_utf8_lossy(&id), &diff)
        })
    }

    fn layer(&mut self, id: &str, diff: &[u8]) -> Result<(), StoreError> {
        let unsynced = self.is_unsynced("SELECT boot FROM layer WHERE id = ?1", id)?;
        let reason: Option<Cow<'static, str>> = match digest(diff) {
            None => Some("its row cannot be read".into()),
            Some(diff) if !self.is_sound(diff) => Some("the record of its content is damaged".into()),
            Some(diff) => self.store.check_layer(id, diff)?.err(),
        };
        if reason.is_some() && unsynced {
            self.report.lost += 1;
            self.lost.insert(id.as_bytes().to_vec());
            if self.repair {
                self.store.lose_layer(id)?;
            }
        } else if let Some(reason) = reason {
            if self.repair {
                self.store.quarantine_layer(id)?;
            }
            self.damage(format!("layer {id}"), reason);
        }
        Ok(())
    }

    fn blobs(&mut self) -> Result<(), StoreError> {
        let inline = "SELECT rowid, digest, bytes FROM blob
                      WHERE rowid > ?1 AND bytes IS NOT NULL ORDER BY rowid LIMIT ?2";
        self.each(inline, BY_NUMBER, |this, key, bytes| {
            let found = digest(&key).map(BlobDigest).filter(|digest| *digest == BlobDigest::of(&bytes));
            this.blob(&key, found.is_some())
        })?;
        let files = "SELECT rowid, digest, NULL FROM blob
                     WHERE rowid > ?1 AND bytes IS NULL ORDER BY rowid LIMIT ?2";
        self.each(files, BY_NUMBER, |this, key, _| this.blob_file(key))
    }

    fn blob_file(&mut self, key: Vec<u8>) -> Result<(), StoreError> {
        let blob = digest(&key).map(BlobDigest);
        let sound = blob.is_some_and(|digest| self.store.check_blob_file(digest));
        let unsynced = self.is_unsynced("SELECT boot FROM blob WHERE digest = ?1", &key)?;
        match blob.filter(|_| !sound && unsynced) {
            Some(digest) => {
                self.report.blobs += 1;
                self.report.lost += 1;
                self.lost.insert(key);
                if self.repair { self.store.lose_blob(digest) } else { Ok(()) }
            }
            None => self.blob(&key, sound),
        }
    }

    fn blob(&mut self, key: &[u8], sound: bool) -> Result<(), StoreError> {
        self.report.blobs += 1;
        if sound {
            return Ok(());
        }
        if let Some(digest) = digest(key).filter(|_| self.repair) {
            self.store.quarantine_blob(BlobDigest(digest))?;
        }
        self.damage(format!("blob {}", shown(key)), "its bytes are missing or have another digest");
        Ok(())
    }

    /// Rows of trees are looked up by content: a damaged one only means that nothing is found. They are removed without a word.
    fn trees(&mut self) -> Result<(), StoreError> {
        let whole = "SELECT digest, digest, layers FROM tree
                     WHERE digest > ?1 AND kind = 0 ORDER BY digest LIMIT ?2";
        let differences = "SELECT digest, digest, layers FROM tree
                           WHERE digest > ?1 AND kind = 1 ORDER BY digest LIMIT ?2";
        for (all, kind) in [(whole, TreeKind::Whole), (differences, TreeKind::Diff)] {
            self.each(all, BY_DIGEST, |this, key, layers| {
                let whole = match (digest(&key), postcard::from_bytes::<Vec<LayerRef>>(&layers)) {
                    (Some(digest), Ok(layers)) => {
                        this.is_whole(&Tree { digest: TreeDigest(digest), layers, kind })?
                    }
                    _ => false,
                };
                if whole { Ok(()) } else { this.forget("DELETE FROM tree WHERE digest = ?1", &key) }
            })?;
        }
        Ok(())
    }

    /// As with trees.
    fn imports(&mut self) -> Result<(), StoreError> {
        let all = "SELECT rowid, tree, NULL FROM import WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
        self.each(all, BY_NUMBER, |this, tree, _| {
            if digest(&tree).is_some_and(|digest| this.is_sound(digest)) {
                return Ok(());
            }
            this.forget("DELETE FROM import WHERE tree = ?1", &tree)
        })
    }

    fn steps(&mut self) -> Result<(), StoreError> {
        let all = "SELECT rowid, key, record FROM step WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
        self.each(all, BY_NUMBER, |this, key, record| {
            this.report.steps += 1;
            let record = postcard::from_bytes::<StepRecord>(&record);
            let (name, whole, lost) = match &record {
                Ok(record) => (record.name.as_str(), this.has_all(record)?, this.lost_any(record)),
                Err(_) => ("?", false, false),
            };
            if lost {
                this.report.lost += 1;
                this.forget("DELETE FROM step WHERE key = ?1", &key)?;
            } else if !whole {
                this.damage(
                    format!("step {name} ({})", shown(&key)),
                    "a part of its result is missing or damaged",
                );
                this.forget("DELETE FROM step WHERE key = ?1", &key)?;
            }
            Ok(())
        })
    }

    fn ops(&mut self) -> Result<(), StoreError> {
        let all = "SELECT rowid, key, stored FROM op WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
        self.each(all, BY_NUMBER, |this, key, stored| {
            this.report.steps += 1;
            let (whole, lost) = match postcard::from_bytes::<Stored>(&stored) {
                Ok(stored) => (this.has_stored(&stored)?, this.lost_stored(&stored)),
                Err(_) => (false, false),
            };
            if lost {
                this.report.lost += 1;
                this.forget("DELETE FROM op WHERE key = ?1", &key)?;
            } else if !whole {
                this.damage(format!("result {}", shown(&key)), "a part of it is missing or damaged");
                this.forget("DELETE FROM op WHERE key = ?1", &key)?;
            }
            Ok(())
        })
    }

    /// As with trees: what a fact names is looked at before it is used.
    fn facts(&mut self) -> Result<(), StoreError> {
        let all = "SELECT rowid, key, holds FROM fact WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
        self.each(all, BY_NUMBER, |this, key, holds| {
            let mut whole = true;
            match postcard::from_bytes::<Vec<Held>>(&holds) {
                Ok(holds) => {
                    for held in &holds {
                        whole &= match held {
                            Held::Tree(tree) => this.is_whole(tree)?,
                            Held::Blob(blob) => this.store.has_blob(*blob)?,
                            // Who asks for it is told what is not there any more.
                            Held::Step(_) | Held::Awaited(_) => true,
                        };
                    }
                }
                Err(_) => whole = false,
            }
            if whole { Ok(()) } else { this.forget("DELETE FROM fact WHERE key = ?1", &key) }
        })
    }

    /// The row's content was written before the machine was last started and not synced since.
    fn is_unsynced(&self, query: &str, key: impl rusqlite::ToSql) -> Result<bool, StoreError> {
        let boot: Option<String> = self
            .store
            .database()
            .read(|connection| connection.query_row(query, [key], |row| row.get(0)).optional())?;
        Ok(boot.is_some_and(|boot| !boot.is_empty() && boot != self.store.inner().options.boot_id))
    }

    fn lost_any(&self, record: &StepRecord) -> bool {
        let blobs = [record.stdout, record.stderr, record.log];
        blobs.iter().any(|blob| self.lost.contains(&blob.0.0[..]))
            || record.root.iter().any(|tree| self.lost_tree(tree))
            || record.mounts.iter().flatten().any(|stored| self.lost_stored(stored))
    }

    fn lost_stored(&self, stored: &Stored) -> bool {
        match stored {
            Stored::Tree(tree) => self.lost_tree(tree),
            Stored::File(file) => self.lost.contains(file.layer.as_bytes()),
        }
    }

    fn lost_tree(&self, tree: &Tree) -> bool {
        tree.layers.iter().any(|layer| self.lost.contains(layer.layer.as_bytes()))
    }

    fn has_all(&mut self, record: &StepRecord) -> Result<bool, StoreError> {
        let trees = record.mounts.iter().flatten().cloned().chain(record.root.clone().map(Stored::Tree));
        for stored in trees {
            if !self.has_stored(&stored)? {
                return Ok(false);
            }
        }
        for blob in [record.stdout, record.stderr, record.log] {
            if !self.store.has_blob(blob)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn has_stored(&mut self, stored: &Stored) -> Result<bool, StoreError> {
        match stored {
            Stored::Tree(tree) => self.is_whole(tree),
            Stored::File(_) => self.store.has_stored(stored),
        }
    }

    fn is_whole(&mut self, tree: &Tree) -> Result<bool, StoreError> {
        Ok(self.is_sound(tree.digest.0) && self.store.is_whole(tree)?)
    }

    /// All folders of a Merkle tree are there.
    fn is_sound(&mut self, root: Digest) -> bool {
        if self.sound.contains(&root) {
            return true;
        }
        let batch = Batch::default();
        let mut seen = vec![root];
        let sound = &self.sound;
        let walked = self.store.walk(root, &batch, &mut |_, node| match node {
            Node::Dir(dir) if sound.contains(&dir.digest) => false,
            Node::Dir(dir) => {
                seen.push(dir.digest);
                true
            }
            _ => true,
        });
        if walked.is_ok() {
            self.sound.extend(seen);
        }
        walked.is_ok()
    }
}

fn digest(bytes: &[u8]) -> Option<Digest> {
    bytes.try_into().ok().map(Digest)
}

fn shown(key: &[u8]) -> String {
    digest(key).map_or_else(|| "?".to_owned(), |digest| digest.to_string())
}
