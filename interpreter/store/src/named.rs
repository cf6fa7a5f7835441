//! Which folders of layers and files of blobs have a row. There may be a million of each.

use std::collections::HashSet;
use std::path::Path;

use pipe_ops::Digest;

use crate::{Store, StoreError};

/// The names of layers.
pub(crate) struct LayerNames {
    /// Those of the length that this store gives, sorted.
    usual: Vec<[u8; 16]>,
    others: HashSet<Vec<u8>>,
}

impl LayerNames {
    pub(crate) fn contains(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        match name.try_into() {
            Ok(name) => self.usual.binary_search(&name).is_ok(),
            Err(_) => self.others.contains(name),
        }
    }
}

/// The digests of blobs that are files.
pub(crate) struct BlobNames(Vec<Digest>);

impl BlobNames {
    pub(crate) fn contains(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str());
        let digest = name.and_then(Digest::from_hex);
        digest.is_some_and(|digest| self.0.binary_search(&digest).is_ok())
    }
}

impl Store {
    /// The layers that have a row.
    pub(crate) fn layer_names(&self) -> Result<LayerNames, StoreError> {
        self.database().read(|connection| {
            let mut names = LayerNames { usual: Vec::new(), others: HashSet::new() };
            let mut statement = connection.prepare_cached("SELECT id FROM layer ORDER BY id")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let id = row.get_ref(0)?.as_bytes()?;
                match id.try_into() {
                    Ok(id) => names.usual.push(id),
                    Err(_) => drop(names.others.insert(id.to_vec())),
                }
            }
            Ok(names)
        })
    }

    /// The blobs that are files and have a row.
    pub(crate) fn blob_names(&self) -> Result<BlobNames, StoreError> {
        self.database().read(|connection| {
            let mut statement = connection.prepare_cached("SELECT digest FROM blob WHERE bytes IS NULL")?;
            let digests = statement.query_map([], |row| row.get(0).map(Digest))?;
            let mut digests: Vec<Digest> = digests.collect::<rusqlite::Result<_>>()?;
            digests.sort_unstable();
            Ok(BlobNames(digests))
        })
    }
}
