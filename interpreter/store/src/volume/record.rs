//! What is known of a volume: whose it is, and what its steps saw.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use pipe_ops::Digest;
use serde::{Deserialize, Serialize};

use super::VolumeId;
use crate::{StoreError, Stored};

/// The file, beside the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: VolumeId,
    pub(super) instance: u32,
    /// When a step last began or ended to use it, by the clock of then: nothing in it is younger. It never goes back, whatever the clock does.
    pub(super) used: SystemTime,
    /// What steps saw that may have left something: the last one's; those of several when they ran at once or were killed.
    pub(super) views: Vec<View>,
    /// It may hold what was made of anything.
    pub(super) lost: bool,
    /// Dates that files were shown with, by absolute path. While the content there is the same, no step is shown an earlier one: the
    /// volume may still hold what a step before that date made of another content, since nobody knows what a step makes again.
    pub(super) dates: BTreeMap<Vec<u8>, Dated>,
    /// By the path of a mount, the layers in which the files have at least these dates.
    pub(super) dated: Vec<(String, Digest)>,
}

/// A date of a content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dated {
    pub(super) digest: Digest,
    pub(super) date: SystemTime,
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
pub(super) const VIEWS: usize = 64;

/// Dates that differ by less may be the same on a file system.
const TICK: Duration = Duration::from_millis(1);

pub(super) const RECORD: &str = "record";

impl Record {
    pub(super) fn new(id: &VolumeId, instance: u32) -> Record {
        Record {
            id: id.clone(),
            instance,
            used: SystemTime::now(),
            views: Vec::new(),
            lost: false,
            dates: BTreeMap::new(),
            dated: Vec::new(),
        }
    }

    /// `None` when there is none that can be read.
    pub(super) fn read(folder: &Path) -> Option<Record> {
        postcard::from_bytes(&fs::read(folder.join(RECORD)).ok()?).ok()
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
        fs::rename(&beside, folder.join(RECORD)).map_err(failed)
    }

    /// A date that is later than that of anything in it: files get theirs from a clock that was never ahead of the dates here. One that
    /// was set back since is passed over, for what was made before would seem younger than what it is to be made of now.
    pub(super) fn later(&self) -> SystemTime {
        SystemTime::now().max(self.used + TICK)
    }

    pub(super) fn add(&mut self, view: View) {
        self.used = self.used.max(SystemTime::now());
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
        View(seen.iter().map(|(path, stored)| (path.clone(), Seen::of(stored))).collect())
    }
}

impl Seen {
    pub(super) fn of(stored: &Stored) -> Seen {
        match stored {
            Stored::Tree(tree) => Seen::Tree(tree.digest.0),
            Stored::File(file) => Seen::File(file.digest.0),
        }
    }
}

/// Names the files that a tree or a file is shown from. The same content may lie in other ones, with other dates.
pub(super) fn layers_of(stored: &Stored) -> Digest {
    let mut text = Vec::new();
    let mut add = |layer: &str, path: &Path| {
        text.extend_from_slice(layer.as_bytes());
        text.push(0);
        text.extend_from_slice(path.as_os_str().as_encoded_bytes());
        text.push(0);
    };
    match stored {
        Stored::Tree(tree) => tree.layers.iter().for_each(|layer| add(&layer.layer, &layer.path)),
        Stored::File(file) => add(&file.layer, &file.path),
    }
    Digest::of(&text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::VolumeOwner;

    fn record() -> Record {
        let (name, platform, user) = ("v".to_owned(), "linux/amd64".to_owned(), "0".to_owned());
        Record::new(&VolumeId { owner: VolumeOwner::Group("g".to_owned()), name, platform, user }, 0)
    }

    #[test]
    fn a_clock_that_was_set_back_shows_nothing_as_old() {
        let mut record = record();
        let ahead = SystemTime::now() + Duration::from_secs(3600);
        record.used = ahead;
        record.add(View(Vec::new()));
        assert_eq!(record.used, ahead, "what was written then is as young as it was");
        assert!(record.later() > ahead);
        record.used = SystemTime::now() - Duration::from_secs(3600);
        record.add(View(Vec::new()));
        assert!(record.used.elapsed().unwrap() < Duration::from_secs(1800));
        assert!(record.later() > record.used);
    }
}
