//! Rows of a large store: as many results as one likes, each with a layer, a tree and a use of its own, made of one that is there.
//! Nothing is behind their layers, so none of them is ever found whole.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Result, params};

/// Results that are used in one epoch.
const EPOCH: usize = 100;

/// Numbers that look like digests, always the same.
struct Numbers(u64);

impl Numbers {
    /// The next one (SplitMix64).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn digest(&mut self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.chunks_exact_mut(8).for_each(|part| part.copy_from_slice(&self.next().to_le_bytes()));
        digest
    }
}

/// A row of `step`, and what of it is other in each copy.
struct Model {
    record: Vec<u8>,
    preimage: Vec<u8>,
    layer: String,
    diff: Vec<u8>,
    tree: Vec<u8>,
    layers: Vec<u8>,
}

impl Model {
    /// A step whose result is a tree of one layer.
    fn find(connection: &Connection) -> Result<Model> {
        let mut trees = connection.prepare("SELECT digest, layers, layer.id, layer.diff FROM tree, layer")?;
        let mut rows = trees.query([])?;
        let mut steps = connection
            .prepare("SELECT record, preimage FROM step WHERE instr(record, ?1) AND instr(record, ?2)")?;
        while let Some(row) = rows.next()? {
            let (tree, layers): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let (layer, diff): (String, Vec<u8>) = (row.get(2)?, row.get(3)?);
            let is_its_own = layers.windows(layer.len()).any(|window| window == layer.as_bytes());
            if !is_its_own {
                continue;
            }
            let found = steps
                .query_row(params![tree, layer.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            if let Some((record, preimage)) = found {
                return Ok(Model { record, preimage, layer, diff, tree, layers });
            }
        }
        Err(rusqlite::Error::QueryReturnedNoRows)
    }
}

/// Puts something in the place of something else of the same length.
fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut at = 0;
    while let Some(found) =
        out.get(at..).and_then(|rest| rest.windows(from.len()).position(|window| window == from))
    {
        at += found;
        out.get_mut(at..at + to.len()).into_iter().for_each(|place| place.copy_from_slice(to));
        at += to.len();
    }
    out
}

/// Adds so many results to the store in a folder, which has one of a tree of one layer.
pub(crate) fn add(store: &Path, count: usize) -> Result<()> {
    let mut connection = Connection::open(store.join("db.sqlite"))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -1_000_000)?;
    let transaction = connection.transaction()?;
    let model = Model::find(&transaction)?;
    let mut numbers = Numbers(1);
    let first: i64 =
        transaction.query_row("SELECT coalesce(max(number), 0) + 1 FROM epoch", [], |row| row.get(0))?;
    {
        let mut step = transaction.prepare(
            "INSERT INTO step (key, name, created, duration, exit_code, bytes, record, preimage)
             VALUES (?1, ?2, ?3, 1000000, 0, 1000, ?4, ?5)",
        )?;
        let mut layer = transaction.prepare(
            "INSERT INTO layer (id, diff, bytes, created, boot, disk) VALUES (?1, ?2, 1000, ?3, '', 8192)",
        )?;
        let mut tree = transaction.prepare("INSERT INTO tree (digest, kind, layers) VALUES (?1, 0, ?2)")?;
        let mut usage = transaction.prepare("INSERT INTO usage (key, epoch) VALUES (?1, ?2)")?;
        let mut epoch = transaction.prepare("INSERT INTO epoch (number, began) VALUES (?1, ?2)")?;
        for index in 0..count {
            let (key, digest, id) = (numbers.digest(), numbers.digest(), format!("{:016x}", numbers.next()));
            let time = 1_600_000_000_000_000_000 + index as i64 * 1_000_000;
            let number = first + (index / EPOCH) as i64;
            if index % EPOCH == 0 {
                epoch.execute((number, time))?;
            }
            let record = replace(&model.record, model.layer.as_bytes(), id.as_bytes());
            let record = replace(&record, &model.tree, &digest);
            let layers = replace(&model.layers, model.layer.as_bytes(), id.as_bytes());
            step.execute((&key[..], format!("step {}", index % 1000), time, record, &model.preimage))?;
            layer.execute((&id, &model.diff, time))?;
            tree.execute((&digest[..], layers))?;
            usage.execute((&key[..], number))?;
        }
    }
    transaction.commit()?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
