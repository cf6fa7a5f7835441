//! What is known of a volume: whose it is, and what its steps saw.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use pipe_ops::Digest;
use serde::{Deserialize, Serialize};

use super::VolumeId;
use crate::{StoreError, Stored};

/// The file, beside the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: VolumeId,
    pub(super) instance: u32,
    /// When a step last began to use it.
    pub(super) used: SystemTime,
    /// What steps saw that may have left something: the last one's; those of several when they ran at once or were killed.
    pub(super) views: Vec<View>,
    /// It may hold what was made of anything.
    pub(super) lost: bool,
}

/// What one step saw: contents by absolute path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct View(pub(super) Vec<(String, Seen)>);

/// The content at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Seen {
    /// A Merkle tree.
    Tree(Digest),
    /// A file.
    File(Digest),
}

/// So many views are kept apart; with more, everything counts as changed.
const VIEWS: usize = 64;

const NAME: &str = "record";

impl Record {
    pub(super) fn new(id: &VolumeId, instance: u32) -> Record {
        Record { id: id.clone(), instance, used: SystemTime::now(), views: Vec::new(), lost: false }
    }

    /// `None` when there is none that can be read.
    pub(super) fn read(folder: &Path) -> Option<Record> {
        postcard::from_bytes(&fs::read(folder.join(NAME)).ok()?).ok()
    }

    /// Replaces the file at once.
    pub(super) fn write(&self, folder: &Path) -> Result<(), StoreError> {
        let beside = folder.join("record.new");
        let failed = |error| StoreError::io("write", &beside, error);
        let bytes = postcard::to_stdvec(self).map_err(|error| StoreError::Malformed {
            what: "the record of a cache volume".to_owned(),
            reason: error.to_string(),
        })?;
        fs::write(&beside, bytes).map_err(failed)?;
        fs::rename(&beside, folder.join(NAME)).map_err(failed)
    }

    pub(super) fn add(&mut self, view: View) {
        self.used = SystemTime::now();
        if !self.views.contains(&view) {
            self.views.push(view);
        }
        if self.views.len() > VIEWS {
            self.views.clear();
            self.lost = true;
        }
    }
}

impl View {
    pub(super) fn of(seen: &[(String, Stored)]) -> View {
        let content = |stored: &Stored| match stored {
            Stored::Tree(tree) => Seen::Tree(tree.digest.0),
            Stored::File(file) => Seen::File(file.digest.0),
        };
        View(seen.iter().map(|(path, stored)| (path.clone(), content(stored))).collect())
    }
}
