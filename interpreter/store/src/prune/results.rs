//! All results, with the content that they need.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::{BlobDigest, Digest, StepKey, TreeDigest};
use rusqlite::{Connection, Row};

use super::sweep::Kind;
use crate::import::import_key;
use crate::volume::volume_key;
use crate::{Held, LayerRef, StepRecord, Store, StoreError, Stored, Tree, VolumeEntry};

/// Results and content as they are at one moment.
#[derive(Default)]
pub(super) struct Results {
    /// In no order.
    pub(super) results: Vec<Listed>,
    /// All content that has a row.
    pub(super) contents: Vec<Content>,
    /// Trees whose layers are looked up by their digest, with the layers' places in `contents`.
    pub(super) trees: HashMap<TreeKey, Vec<usize>>,
    /// What somebody will ask for, by what it is called among the things that are used, with the time until which, in nanoseconds since
    /// 1970.
    awaited: HashMap<Digest, i64>,
    places: HashMap<ContentId, usize>,
    uses: Uses,
}

/// When things were last used. Read as a whole: to look up each of very many results takes longer.
#[derive(Default)]
struct Uses {
    /// By what things are called among those that are used.
    epochs: HashMap<Digest, i64>,
    /// When epochs began.
    began: HashMap<i64, i64>,
}

impl Uses {
    fn read(connection: &Connection) -> rusqlite::Result<Uses> {
        let mut uses = Uses::default();
        let mut usage = connection.prepare("SELECT key, epoch FROM usage")?;
        let mut rows = usage.query([])?;
        while let Some(row) = rows.next()? {
            uses.epochs.insert(Digest(row.get(0)?), row.get(1)?);
        }
        let mut epochs = connection.prepare("SELECT number, began FROM epoch")?;
        let mut rows = epochs.query([])?;
        while let Some(row) = rows.next()? {
            uses.began.insert(row.get(0)?, row.get(1)?);
        }
        Ok(uses)
    }

    /// The number that counts, and the time that is told.
    fn of(&self, key: Digest) -> (i64, SystemTime) {
        let epoch = self.epochs.get(&key).copied().unwrap_or_default();
        (epoch, time(self.began.get(&epoch).copied()))
    }
}

/// A row of `tree`.
pub(super) type TreeKey = (Digest, i64);

/// A layer or a blob.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ContentId {
    Layer(String),
    Blob(Digest),
}

impl ContentId {
    pub(super) fn kind(&self) -> Kind {
        match self {
            ContentId::Layer(_) => Kind::Layer,
            ContentId::Blob(_) => Kind::Blob,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            ContentId::Layer(id) => id.as_bytes(),
            ContentId::Blob(digest) => &digest.0,
        }
    }
}

/// Content that is removed when no result needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) id: ContentId,
    /// On the disk.
    pub(super) bytes: u64,
}

/// A result.
#[derive(Debug)]
pub(super) struct Listed {
    /// The table it stands in.
    pub(super) table: Table,
    /// What it is called among the things that are used.
    pub(super) key: Digest,
    /// The row's own keys, when they are not that key: [`NAMED_BY_KEY`]. There may be a million of them.
    pub(super) row: (Vec<u8>, Vec<u8>),
    /// What people call it.
    pub(super) name: String,
    /// When it was used last: the number that counts, and the time that is told.
    pub(super) epoch: i64,
    pub(super) used: SystemTime,
    /// When it was made, to tell those of one epoch apart.
    pub(super) created: i64,
    /// The cache that it was taken from.
    pub(super) origin: Option<String>,
    /// Bytes of its own row.
    pub(super) own: u64,
    /// Places in `contents`.
    pub(super) needs: Box<[usize]>,
    /// Trees that it names.
    pub(super) trees: Box<[TreeKey]>,
}

/// The row is found by what it is called among the things that are used.
const NAMED_BY_KEY: (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());

/// Where results stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Table {
    Step,
    Op,
    Fact,
    Import,
    /// No row: a cache volume is a folder.
    Volume,
}

/// What one result names.
#[derive(Default)]
struct Needs {
    layers: Vec<String>,
    blobs: Vec<Digest>,
    trees: Vec<TreeKey>,
}

impl Needs {
    fn tree(&mut self, tree: &Tree) {
        self.layers.extend(tree.layers.iter().map(|layer| layer.layer.clone()));
        self.trees.push((tree.digest.0, tree.kind as i64));
    }

    fn stored(&mut self, stored: &Stored) {
        match stored {
            Stored::Tree(tree) => self.tree(tree),
            Stored::File(file) => self.layers.push(file.layer.clone()),
        }
    }

    fn step(&mut self, record: &StepRecord) {
        record.root.iter().for_each(|tree| self.tree(tree));
        record.mounts.iter().flatten().for_each(|stored| self.stored(stored));
        self.blobs.extend([record.stdout, record.stderr, record.log].map(|BlobDigest(digest)| digest));
    }
}

impl Results {
    /// Reads all of them.
    pub(super) fn load(store: &Store) -> Result<Results, StoreError> {
        let mut results = store.database().read(Results::read)?;
        results.add_volumes(store.volumes()?);
        results.uses = Uses::default();
        Ok(results)
    }

    /// Reads all of them, as a connection sees them.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Results> {
        let mut results = Results { uses: Uses::read(connection)?, ..Results::default() };
        results.load_contents(connection)?;
        results.load_trees(connection)?;
        results.load_steps(connection)?;
        results.load_ops(connection)?;
        results.load_facts(connection)?;
        results.load_imports(connection)?;
        Ok(results)
    }

    /// Whether somebody will ask for a result after this time, in nanoseconds since 1970.
    pub(super) fn is_awaited(&self, result: &Listed, now: i64) -> bool {
        // There may be a million results, and most stores have nothing that is awaited.
        !self.awaited.is_empty() && self.awaited.get(&result.key).is_some_and(|until| *until > now)
    }

    fn awaits(&mut self, key: Digest, until: i64) {
        let known = self.awaited.entry(key).or_insert(until);
        *known = until.max(*known);
    }

    /// The place of content in `contents`.
    pub(super) fn place(&self, id: &ContentId) -> Option<usize> {
        self.places.get(id).copied()
    }

    fn load_contents(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut layers = connection.prepare("SELECT id, disk FROM layer")?;
        let mut rows = layers.query([])?;
        while let Some(row) = rows.next()? {
            self.add_content(ContentId::Layer(row.get(0)?), row.get(1)?);
        }
        let mut blobs = connection.prepare("SELECT digest, size FROM blob")?;
        let mut rows = blobs.query([])?;
        while let Some(row) = rows.next()? {
            self.add_content(ContentId::Blob(Digest(row.get(0)?)), row.get(1)?);
        }
        Ok(())
    }

    fn add_content(&mut self, id: ContentId, bytes: i64) {
        self.places.insert(id.clone(), self.contents.len());
        self.contents.push(Content { id, bytes: u64::try_from(bytes).unwrap_or_default() });
    }

    fn load_trees(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut trees = connection.prepare("SELECT digest, kind, layers FROM tree")?;
        let mut rows = trees.query([])?;
        while let Some(row) = rows.next()? {
            let layers: Vec<LayerRef> = decode(row, 2)?.unwrap_or_default();
            let layers = layers.into_iter().map(|layer| layer.layer);
            let places = self.layer_places(layers);
            self.trees.insert((Digest(row.get(0)?), row.get(1)?), places);
        }
        Ok(())
    }

    fn layer_places(&self, layers: impl IntoIterator<Item = String>) -> Vec<usize> {
        layers.into_iter().filter_map(|layer| self.places.get(&ContentId::Layer(layer)).copied()).collect()
    }

    fn load_steps(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut steps = connection.prepare(
            "SELECT key, record, length(record) + length(preimage), created, name, nullif(origin, '') FROM step",
        )?;
        let mut rows = steps.query([])?;
        while let Some(row) = rows.next()? {
            let mut needs = Needs::default();
            if let Some(record) = decode::<StepRecord>(row, 1)? {
                needs.step(&record);
            }
            let key: [u8; 32] = row.get(0)?;
            let name: String = row.get(4)?;
            self.add(Table::Step, Digest(key), format!("step {name}"), row, needs)?;
        }
        Ok(())
    }

    fn load_ops(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut ops = connection.prepare("SELECT key, stored, length(stored), created, '', NULL FROM op")?;
        let mut rows = ops.query([])?;
        while let Some(row) = rows.next()? {
            let mut needs = Needs::default();
            if let Some(stored) = decode::<Stored>(row, 1)? {
                needs.stored(&stored);
            }
            let key: [u8; 32] = row.get(0)?;
            let name = format!("copy or other result {}", short(&key));
            self.add(Table::Op, Digest(key), name, row, needs)?;
        }
        Ok(())
    }

    fn load_facts(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut facts =
            connection.prepare("SELECT key, holds, length(value), created, '', NULL FROM fact")?;
        let mut rows = facts.query([])?;
        while let Some(row) = rows.next()? {
            let (mut needs, mut steps, mut awaited) = (Needs::default(), Vec::new(), None);
            for held in decode::<Vec<Held>>(row, 1)?.unwrap_or_default() {
                match held {
                    Held::Tree(tree) => needs.tree(&tree),
                    Held::Blob(BlobDigest(digest)) => needs.blobs.push(digest),
                    Held::Step(StepKey(digest)) => steps.push(digest),
                    Held::Awaited(until) => awaited = Some(until),
                }
            }
            let key: [u8; 32] = row.get(0)?;
            let name = match awaited {
                Some(_) => format!("run that can go on {}", short(&key)),
                None => format!("part of an image {}", short(&key)),
            };
            for (digest, until) in steps.into_iter().chain([Digest(key)]).zip(awaited.into_iter().cycle()) {
                self.awaits(digest, until);
            }
            self.add(Table::Fact, Digest(key), name, row, needs)?;
        }
        Ok(())
    }

    fn load_imports(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut imports = connection.prepare("SELECT host, filter, tree, length(stats) FROM import")?;
        let mut rows = imports.query([])?;
        while let Some(row) = rows.next()? {
            let (host, filter): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let key = import_key(&host, &filter);
            let (epoch, used) = self.uses.of(key);
            let tree = TreeDigest(Digest(row.get(2)?));
            let trees = vec![(tree.0, crate::TreeKind::Whole as i64)];
            let name = format!("folder {}", String::from_utf8_lossy(&host));
            let own = row.get::<_, i64>(3)?;
            self.push(
                Listed {
                    table: Table::Import,
                    key,
                    row: (host, filter),
                    name,
                    epoch,
                    used,
                    created: 0,
                    origin: None,
                    own: u64::try_from(own).unwrap_or_default(),
                    needs: Box::default(),
                    trees: Box::default(),
                },
                Needs { trees, ..Needs::default() },
            );
        }
        Ok(())
    }

    /// Cache volumes are chosen like results, though nothing is known of what is in them.
    fn add_volumes(&mut self, volumes: Vec<VolumeEntry>) {
        for volume in volumes {
            let key = volume_key(&volume.key);
            let (epoch, _) = self.uses.of(key);
            let name = match &volume.id {
                Some(id) => format!("cache volume {} of {}", id.name, id.owner),
                None => format!("cache volume {}", volume.key),
            };
            let used = volume.used.unwrap_or(UNIX_EPOCH).min(SystemTime::now());
            let listed = Listed {
                table: Table::Volume,
                key,
                row: (volume.key.into_bytes(), Vec::new()),
                name,
                epoch,
                used,
                created: crate::record::nanoseconds(used),
                origin: None,
                own: volume.bytes,
                needs: Box::default(),
                trees: Box::default(),
            };
            self.push(listed, Needs::default());
        }
    }

    fn add(
        &mut self,
        table: Table,
        key: Digest,
        name: String,
        row: &Row<'_>,
        needs: Needs,
    ) -> rusqlite::Result<()> {
        let (epoch, used) = self.uses.of(key);
        let listed = Listed {
            table,
            key,
            row: NAMED_BY_KEY,
            name,
            epoch,
            used,
            created: row.get(3)?,
            origin: row.get(5)?,
            own: u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default(),
            needs: Box::default(),
            trees: Box::default(),
        };
        self.push(listed, needs);
        Ok(())
    }

    fn push(&mut self, mut listed: Listed, needs: Needs) {
        let mut places = self.layer_places(needs.layers);
        places.extend(
            needs.blobs.into_iter().filter_map(|blob| self.places.get(&ContentId::Blob(blob)).copied()),
        );
        places.extend(needs.trees.iter().filter_map(|tree| self.trees.get(tree)).flatten());
        listed.trees = needs.trees.into_boxed_slice();
        places.sort_unstable();
        places.dedup();
        listed.needs = places.into_boxed_slice();
        self.results.push(listed);
    }
}

pub(super) fn decode<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?.unwrap_or_default();
    Ok(postcard::from_bytes(bytes).ok())
}

/// A time of the database; one that lies ahead is that of a clock that was wrong, and as good as now.
fn time(nanoseconds: Option<i64>) -> SystemTime {
    let since = Duration::from_nanos(u64::try_from(nanoseconds.unwrap_or_default()).unwrap_or_default());
    (UNIX_EPOCH + since).min(SystemTime::now())
}

fn short(key: &[u8; 32]) -> String {
    Digest(*key).to_string().chars().take(12).collect()
}
