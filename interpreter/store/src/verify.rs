//! Comparing what is on disk with what the rows say.

use std::collections::HashSet;

use pipe_ops::{BlobDigest, Digest, TreeDigest};
use rusqlite::OptionalExtension;

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
    /// What is not as it should be. Empty: the store is sound.
    pub damage: Vec<Damage>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// What: `layer 01ab…`, `blob 99fe…`, `step build`.
    pub what: String,
    /// How it differs.
    pub reason: String,
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
        self.database().check()?;
        self.sweep()?;
        self.inner().objects.clear();
        self.inner().layers.clear();
        self.inner().blobs.clear();
        let mut verify = Verify {
            store: self,
            repair,
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
    report: VerifyReport,
    /// Folders of Merkle trees of which everything is there.
    sound: HashSet<Digest>,
    /// Layers and blobs that a power loss took.
    lost: HashSet<Vec<u8>>,
}

type Row = (Vec<u8>, Vec<u8>);

impl Verify<'_> {
    fn damage(&mut self, what: String, reason: impl Into<String>) {
        self.report.damage.push(Damage { what, reason: reason.into(), repaired: self.repair });
    }

    /// The keys of a table whose rows are not all to be in memory at once.
    fn keys(&self, query: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        self.store.database().read(|connection| {
            let mut statement = connection.prepare(query)?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// What a row has under its key; nothing when it is gone meanwhile.
    fn value(&self, query: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.database().read(|connection| {
            let mut statement = connection.prepare_cached(query)?;
            let bytes = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Vec<u8>> {
                Ok(row.get_ref(0)?.as_bytes_or_null()?.unwrap_or_default().to_vec())
            };
            statement.query_row([key], bytes).optional()
        })
    }

    /// Two columns of a table.
    fn rows(&self, query: &str) -> Result<Vec<Row>, StoreError> {
        self.store.database().read(|connection| {
            let mut statement = connection.prepare(query)?;
            let bytes = |row: &rusqlite::Row<'_>, column: usize| -> rusqlite::Result<Vec<u8>> {
                Ok(row.get_ref(column)?.as_bytes_or_null()?.unwrap_or_default().to_vec())
            };
            let rows = statement.query_map([], |row| Ok((bytes(row, 0)?, bytes(row, 1)?)));
            rows?.collect()
        })
    }

    fn forget(&self, statement: &str, key: &[u8]) -> Result<(), StoreError> {
        if !self.repair {
            return Ok(());
        }
        self.store.database().write(|transaction| transaction.execute(statement, [key]).map(drop))
    }

    fn objects(&mut self) -> Result<(), StoreError> {
        for key in self.keys("SELECT digest FROM object")? {
            let Some(bytes) = self.value("SELECT bytes FROM object WHERE digest = ?1", &key)? else {
                continue;
            };
            self.report.objects += 1;
            if Digest::of(&bytes).0[..] != key[..] {
                self.damage(format!("folder {}", shown(&key)), "its bytes have another digest");
                self.forget("DELETE FROM object WHERE digest = ?1", &key)?;
            }
        }
        Ok(())
    }

    fn layers(&mut self) -> Result<(), StoreError> {
        for (id, diff) in self.rows("SELECT id, diff FROM layer")? {
            self.report.layers += 1;
            let id = String::from_utf8_lossy(&id).into_owned();
            let unsynced = self.is_unsynced("SELECT boot FROM layer WHERE id = ?1", &id)?;
            let reason = match digest(&diff) {
                None => Some("its row cannot be read".to_owned()),
                Some(diff) if !self.is_sound(diff) => Some("the record of its content is damaged".to_owned()),
                Some(diff) => self.store.check_layer(&id, diff)?.err(),
            };
            if reason.is_some() && unsynced {
                self.report.lost += 1;
                self.lost.insert(id.clone().into_bytes());
                if self.repair {
                    self.store.lose_layer(&id)?;
                }
            } else if let Some(reason) = reason {
                if self.repair {
                    self.store.quarantine_layer(&id)?;
                }
                self.damage(format!("layer {id}"), reason);
            }
        }
        Ok(())
    }

    fn blobs(&mut self) -> Result<(), StoreError> {
        for key in self.keys("SELECT digest FROM blob WHERE bytes IS NOT NULL")? {
            let Some(bytes) = self.value("SELECT bytes FROM blob WHERE digest = ?1", &key)? else { continue };
            let found = digest(&key).map(BlobDigest).filter(|digest| *digest == BlobDigest::of(&bytes));
            self.blob(&key, found.is_some())?;
        }
        for key in self.keys("SELECT digest FROM blob WHERE bytes IS NULL")? {
            let blob = digest(&key).map(BlobDigest);
            let sound = blob.is_some_and(|digest| self.store.check_blob_file(digest));
            let unsynced = self.is_unsynced("SELECT boot FROM blob WHERE digest = ?1", &key)?;
            match blob.filter(|_| !sound && unsynced) {
                Some(digest) => {
                    self.report.blobs += 1;
                    self.report.lost += 1;
                    self.lost.insert(key);
                    if self.repair {
                        self.store.lose_blob(digest)?;
                    }
                }
                None => self.blob(&key, sound)?,
            }
        }
        Ok(())
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
        for (key, layers) in self.rows("SELECT digest, layers FROM tree")? {
            let whole = match (digest(&key), postcard::from_bytes::<Vec<LayerRef>>(&layers)) {
                (Some(digest), Ok(layers)) => {
                    self.is_whole(&Tree { digest: TreeDigest(digest), layers, kind: TreeKind::Whole })?
                }
                _ => false,
            };
            if !whole {
                self.forget("DELETE FROM tree WHERE digest = ?1", &key)?;
            }
        }
        Ok(())
    }

    /// As with trees.
    fn imports(&mut self) -> Result<(), StoreError> {
        for (tree, _) in self.rows("SELECT tree, NULL FROM import")? {
            if !digest(&tree).is_some_and(|digest| self.is_sound(digest)) {
                self.forget("DELETE FROM import WHERE tree = ?1", &tree)?;
            }
        }
        Ok(())
    }

    fn steps(&mut self) -> Result<(), StoreError> {
        for key in self.keys("SELECT key FROM step")? {
            let Some(record) = self.value("SELECT record FROM step WHERE key = ?1", &key)? else { continue };
            self.report.steps += 1;
            let record = postcard::from_bytes::<StepRecord>(&record);
            let (name, whole, lost) = match &record {
                Ok(record) => (record.name.as_str(), self.has_all(record)?, self.lost_any(record)),
                Err(_) => ("?", false, false),
            };
            if lost {
                self.report.lost += 1;
                self.forget("DELETE FROM step WHERE key = ?1", &key)?;
            } else if !whole {
                self.damage(
                    format!("step {name} ({})", shown(&key)),
                    "a part of its result is missing or damaged",
                );
                self.forget("DELETE FROM step WHERE key = ?1", &key)?;
            }
        }
        Ok(())
    }

    fn ops(&mut self) -> Result<(), StoreError> {
        for (key, stored) in self.rows("SELECT key, stored FROM op")? {
            self.report.steps += 1;
            let (whole, lost) = match postcard::from_bytes::<Stored>(&stored) {
                Ok(stored) => (self.has_stored(&stored)?, self.lost_stored(&stored)),
                Err(_) => (false, false),
            };
            if lost {
                self.report.lost += 1;
                self.forget("DELETE FROM op WHERE key = ?1", &key)?;
            } else if !whole {
                self.damage(format!("result {}", shown(&key)), "a part of it is missing or damaged");
                self.forget("DELETE FROM op WHERE key = ?1", &key)?;
            }
        }
        Ok(())
    }

    /// As with trees: what a fact names is looked at before it is used.
    fn facts(&mut self) -> Result<(), StoreError> {
        for (key, holds) in self.rows("SELECT key, holds FROM fact")? {
            let whole = match postcard::from_bytes::<Vec<Held>>(&holds) {
                Ok(holds) => {
                    let mut whole = true;
                    for held in &holds {
                        whole &= match held {
                            Held::Tree(tree) => self.is_whole(tree)?,
                            Held::Blob(blob) => self.store.has_blob(*blob)?,
                            // Who asks for it is told what is not there any more.
                            Held::Step(_) | Held::Awaited(_) => true,
                        };
                    }
                    whole
                }
                Err(_) => false,
            };
            if !whole {
                self.forget("DELETE FROM fact WHERE key = ?1", &key)?;
            }
        }
        Ok(())
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
