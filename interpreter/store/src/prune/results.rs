//! All results, with the content that they need.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use pipe_ops::Digest;
use rusqlite::Connection;

use super::contents::{Contents, Place, TreeKey, Trees, between};
use super::rows::{Needs, ResultRow, Table, awaited, each};
use super::uses::{Epochs, Uses};
use crate::record::nanoseconds;
use crate::volume::volume_key;
use crate::{Store, StoreError, VolumeEntry};

/// Results and content as they are at one moment. There may be a million of each, so what is said of them to people is read when it is
/// said, and lists lie one behind the other.
#[derive(Default)]
pub(super) struct Results {
    /// In no order.
    pub(super) results: Vec<Listed>,
    /// All content that has a row.
    pub(super) contents: Contents,
    pub(super) trees: Trees,
    /// Roots of trees that results name and that have no row.
    pub(super) strays: Vec<Digest>,
    /// The cache volumes, which are chosen like results.
    pub(super) volumes: Vec<VolumeEntry>,
    /// Caches that results were taken from.
    origins: Vec<String>,
    /// Where of each result end the places that it needs, and the numbers of the trees that it names.
    ends: [Vec<u32>; 2],
    needs: Vec<Place>,
    named: Vec<u32>,
    epochs: Epochs,
    /// Places of results that somebody will ask for, with the time until which, in nanoseconds since 1970.
    awaited: HashMap<u32, i64>,
}

/// A result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    /// The number of its row, or its place among the volumes.
    pub(super) row: i64,
    /// When it was used last.
    pub(super) epoch: i64,
    /// When it was made, to tell those of one epoch apart.
    pub(super) created: i64,
    /// Bytes of its own row.
    pub(super) own: u64,
    /// The cache that it was taken from, by number; 0 for none.
    origin: u32,
    /// The table it stands in.
    pub(super) table: Table,
}

impl Results {
    /// Reads all of them.
    pub(super) fn load(store: &Store) -> Result<Results, StoreError> {
        let volumes = store.volumes()?;
        store.database().read(|connection| {
            let uses = Uses::read(connection)?;
            let mut results = Results { epochs: Epochs::read(connection)?, ..Results::default() };
            results.fill(connection, &uses)?;
            results.add_volumes(volumes, &uses);
            Ok(results)
        })
    }

    /// Reads what they need, as a connection sees them: not when they were used.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Results> {
        let mut results = Results::default();
        results.fill(connection, &Uses::default())?;
        Ok(results)
    }

    /// The places of the content that a result needs.
    pub(super) fn needs(&self, index: usize) -> &[Place] {
        between(&self.needs, &self.ends[0], index)
    }

    /// The numbers of the trees that it names and that have a row.
    pub(super) fn named(&self, index: usize) -> &[u32] {
        between(&self.named, &self.ends[1], index)
    }

    /// The places of the content that all of them need, as often as they do.
    pub(super) fn all_needs(&self) -> &[Place] {
        &self.needs
    }

    /// Whether somebody will ask for a result after this time, in nanoseconds since 1970.
    pub(super) fn is_awaited(&self, index: u32, now: i64) -> bool {
        self.awaited.get(&index).is_some_and(|until| *until > now)
    }

    /// Whether a result was taken from a cache.
    pub(super) fn is_of(&self, result: &Listed, origin: &str) -> bool {
        let known = (result.origin as usize).checked_sub(1).and_then(|number| self.origins.get(number));
        known.is_some_and(|known| known == origin)
    }

    /// When a result was used last, as that is told.
    pub(super) fn used(&self, result: &Listed) -> SystemTime {
        match self.volume(result) {
            Some(volume) => used(volume),
            None => self.epochs.began(result.epoch),
        }
    }

    /// The cache volume that a result is.
    pub(super) fn volume(&self, result: &Listed) -> Option<&VolumeEntry> {
        (result.table == Table::Volume).then(|| self.volumes.get(result.row as usize)).flatten()
    }

    fn fill(&mut self, connection: &Connection, uses: &Uses) -> rusqlite::Result<()> {
        self.contents = Contents::read(connection)?;
        self.trees = Trees::read(connection, &self.contents)?;
        // Most stores have nothing that is awaited.
        let awaited = awaited(connection)?;
        each(connection, |row| {
            let until = awaited.get(&row.key).map(|until| (self.results.len() as u32, *until));
            self.awaited.extend(until);
            self.push(&row, uses.of(row.key));
        })
    }

    fn push(&mut self, row: &ResultRow, epoch: i64) {
        let origin = row.origin.as_ref().map_or(0, |origin| {
            let known = self.origins.iter().position(|known| known == origin);
            known.unwrap_or_else(|| {
                self.origins.push(origin.clone());
                self.origins.len() - 1
            }) as u32
                + 1
        });
        let &ResultRow { table, row: number, created, own, ref needs, .. } = row;
        self.results.push(Listed { row: number, epoch, created, own, origin, table });
        self.add_needs(needs);
    }

    fn add_needs(&mut self, needs: &Needs) {
        let layers = needs.layers.iter().filter_map(|layer| self.contents.layer(layer.as_bytes()));
        let blobs = needs.blobs.iter().filter_map(|blob| self.contents.blob(*blob));
        let mut places: Vec<Place> = layers.chain(blobs).collect();
        for &(digest, kind) in &needs.trees {
            let key: TreeKey = (digest, kind);
            match self.trees.number(key) {
                Some(number) => {
                    self.named.push(number);
                    places.extend(self.trees.layers(number));
                }
                None => self.strays.push(digest),
            }
        }
        places.sort_unstable();
        places.dedup();
        self.needs.extend(places);
        let [needs, named] = &mut self.ends;
        needs.push(self.needs.len() as u32);
        named.push(self.named.len() as u32);
    }

    /// Nothing is known of what is in a cache volume.
    fn add_volumes(&mut self, volumes: Vec<VolumeEntry>, uses: &Uses) {
        for (place, volume) in volumes.iter().enumerate() {
            self.results.push(Listed {
                row: place as i64,
                epoch: uses.of(volume_key(&volume.key)),
                created: nanoseconds(used(volume)),
                own: volume.bytes,
                origin: 0,
                table: Table::Volume,
            });
            self.add_needs(&Needs::default());
        }
        self.volumes = volumes;
    }
}

fn used(volume: &VolumeEntry) -> SystemTime {
    volume.used.unwrap_or(UNIX_EPOCH).min(SystemTime::now())
}
