//! Layers, blobs and trees that have a row, as small as they can be: there may be a million of each.

use pipe_ops::Digest;
use rusqlite::Connection;

use super::decode::decode;
use super::sweep::Kind;
use crate::LayerRef;

/// A layer or a blob, by its place among all.
pub(super) type Place = u32;

/// What a layer is called: that many characters, always ([`crate::run::random_name`]).
type LayerName = [u8; 16];

/// A row of `tree`.
pub(super) type TreeKey = (Digest, i64);

/// Content that is removed when no result needs it.
#[derive(Default)]
pub(super) struct Contents {
    /// By name, with the bytes on the disk; before all blobs.
    layers: Vec<(LayerName, u64)>,
    /// By digest, likewise.
    blobs: Vec<(Digest, u64)>,
}

/// What a layer or a blob is called.
#[derive(Clone, Copy)]
pub(super) enum ContentId<'a> {
    Layer(&'a str),
    Blob(Digest),
}

impl ContentId<'_> {
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

impl Contents {
    /// Reads all of them. A layer whose name is of another form is none that this store made: it is never chosen.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Contents> {
        let mut contents = Contents::default();
        let mut layers = connection.prepare("SELECT id, disk FROM layer ORDER BY id")?;
        let mut rows = layers.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(name) = layer_name(row.get_ref(0)?.as_bytes()?) {
                contents.layers.push((name, size(row.get(1)?)));
            }
        }
        let mut blobs = connection.prepare("SELECT digest, size FROM blob")?;
        let mut rows = blobs.query([])?;
        while let Some(row) = rows.next()? {
            contents.blobs.push((Digest(row.get(0)?), size(row.get(1)?)));
        }
        // In the order of its rows the table is read from its beginning to its end.
        contents.blobs.sort_unstable();
        Ok(contents)
    }

    pub(super) fn len(&self) -> usize {
        self.layers.len() + self.blobs.len()
    }

    /// All places.
    pub(super) fn places(&self) -> std::ops::Range<Place> {
        0..self.len() as Place
    }

    pub(super) fn layer(&self, id: &[u8]) -> Option<Place> {
        let name = layer_name(id)?;
        self.layers.binary_search_by_key(&name, |(name, _)| *name).ok().map(|place| place as Place)
    }

    pub(super) fn blob(&self, digest: Digest) -> Option<Place> {
        let place = self.blobs.binary_search_by_key(&digest, |(digest, _)| *digest).ok()?;
        Some((self.layers.len() + place) as Place)
    }

    /// What is at a place.
    pub(super) fn id(&self, place: Place) -> Option<ContentId<'_>> {
        match self.layers.get(place as usize) {
            Some((name, _)) => std::str::from_utf8(name).ok().map(ContentId::Layer),
            None => {
                let (digest, _) = self.blobs.get(place as usize - self.layers.len())?;
                Some(ContentId::Blob(*digest))
            }
        }
    }

    /// Bytes on the disk.
    pub(super) fn bytes(&self, place: Place) -> u64 {
        match self.layers.get(place as usize) {
            Some((_, bytes)) => *bytes,
            None => self.blobs.get(place as usize - self.layers.len()).map_or(0, |(_, bytes)| *bytes),
        }
    }
}

/// Trees whose layers are looked up by their digest.
#[derive(Default)]
pub(super) struct Trees {
    /// By digest and kind.
    keys: Vec<(Digest, u8)>,
    /// Where the layers of each end.
    ends: Vec<u32>,
    layers: Vec<Place>,
}

impl Trees {
    pub(super) fn read(connection: &Connection, contents: &Contents) -> rusqlite::Result<Trees> {
        let mut trees = Trees::default();
        let mut all = connection.prepare("SELECT digest, kind, layers FROM tree ORDER BY digest, kind")?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let layers: Vec<LayerRef> = decode(row, 2)?.unwrap_or_default();
            trees.layers.extend(layers.iter().filter_map(|layer| contents.layer(layer.layer.as_bytes())));
            trees.keys.push((Digest(row.get(0)?), row.get::<_, i64>(1)? as u8));
            trees.ends.push(trees.layers.len() as u32);
        }
        Ok(trees)
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The number of a tree.
    pub(super) fn number(&self, (digest, kind): TreeKey) -> Option<u32> {
        self.keys.binary_search(&(digest, kind as u8)).ok().map(|number| number as u32)
    }

    /// Its row.
    pub(super) fn key(&self, number: u32) -> Option<TreeKey> {
        self.keys.get(number as usize).map(|(digest, kind)| (*digest, i64::from(*kind)))
    }

    /// The places of its layers.
    pub(super) fn layers(&self, number: u32) -> &[Place] {
        between(&self.layers, &self.ends, number as usize)
    }

    /// The places of the layers of all.
    pub(super) fn all_layers(&self) -> &[Place] {
        &self.layers
    }

    pub(super) fn digests(&self) -> impl Iterator<Item = Digest> {
        self.keys.iter().map(|(digest, _)| *digest)
    }
}

/// Of parts that lie one behind the other, the one of a number.
pub(super) fn between<'a, T>(all: &'a [T], ends: &[u32], number: usize) -> &'a [T] {
    let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    let end = ends.get(number).copied().unwrap_or(start);
    all.get(start as usize..end as usize).unwrap_or_default()
}

fn layer_name(id: &[u8]) -> Option<LayerName> {
    id.try_into().ok()
}

/// Bytes as the database has them.
pub(super) fn size(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or_default()
}
