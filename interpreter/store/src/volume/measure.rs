//! How much room volumes take. Looking is not for nothing, so what was found is remembered for a while.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use std::{fs, io};

use pipe_ops::Digest;

use super::record::RECORD;
use super::{VolumeEntry, disk_usage};
use crate::record::nanoseconds;
use crate::{Store, StoreError};

/// For how long a size is believed at most.
const BELIEVED: Duration = Duration::from_secs(600);

/// A size is believed for this many times as long as looking took: so looking takes no larger part of anybody's time, and what one run
/// after the other leaves in a volume counts soon.
const PATIENCE: u32 = 50;

/// What a volume is called among the things that are used.
pub(crate) fn volume_key(folder: &str) -> Digest {
    Digest::of(format!("volume\0{folder}").as_bytes())
}

impl Store {
    /// Bytes of all volumes, as far as was ever looked.
    pub(crate) fn measured_volumes(&self) -> Result<u64, StoreError> {
        let sum: Option<i64> = self
            .database()
            .read(|connection| connection.query_row("SELECT sum(bytes) FROM volume", [], |row| row.get(0)))?;
        Ok(u64::try_from(sum.unwrap_or_default()).unwrap_or_default())
    }

    /// What a volume took is not believed any more.
    pub(super) fn forget_measure(&self, folder: &str) -> Result<(), StoreError> {
        self.database()
            .write(|transaction| transaction.execute("DELETE FROM volume WHERE key = ?1", [folder]).map(drop))
    }

    /// Looks at the volumes that were used since somebody looked last, by this process or by one that was killed, or that had to believe
    /// an earlier look.
    pub(crate) fn measure_volumes(&self) -> Result<(), StoreError> {
        let used = self.volumes_used();
        let measured: HashMap<String, i64> = self.database().read(|connection| {
            let mut statement = connection.prepare_cached("SELECT key, measured FROM volume")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?;
        for (folder, last_use) in self.last_uses()? {
            let now = nanoseconds(SystemTime::now());
            // One that lies ahead is of a clock that was wrong.
            let measured = measured.get(&folder).filter(|measured| **measured <= now);
            let is_believed = |measured: &i64| now - measured < BELIEVED.as_nanos() as i64;
            let is_same = |measured: &i64| *measured >= last_use && !used.contains(&folder);
            if measured.is_some_and(|measured| is_believed(measured) || is_same(measured)) {
                continue;
            }
            let begun = Instant::now();
            match self.volume_usage(&self.dir().join("volumes").join(&folder)) {
                // It was removed meanwhile.
                Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                bytes => self.remember_volumes(&[(folder, bytes?)], begun.elapsed(), false)?,
            }
        }
        Ok(())
    }

    /// The volumes that there are, and when a step last began or ended to use each: its record is written then.
    fn last_uses(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let volumes = self.dir().join("volumes");
        let read = |error| StoreError::io("read", &volumes, error);
        let mut found = Vec::new();
        for entry in fs::read_dir(&volumes).map_err(read)? {
            let entry = entry.map_err(read)?;
            let record = fs::metadata(entry.path().join(RECORD)).or_else(|_| entry.metadata());
            let last = record.and_then(|record| record.modified()).unwrap_or_else(|_| SystemTime::now());
            found.extend(entry.file_name().into_string().ok().map(|folder| (folder, nanoseconds(last))));
        }
        Ok(found)
    }

    /// Bytes of the volume in a folder, looked at now.
    pub(super) fn volume_usage(&self, path: &Path) -> Result<u64, StoreError> {
        self.reach("read", path, || disk_usage(path), |namespace| namespace.usage(self.relative(path)))
    }

    /// All volumes, looked at now.
    pub(crate) fn measure_all_volumes(&self) -> Result<Vec<VolumeEntry>, StoreError> {
        let volumes = self.volumes()?;
        let sizes: Vec<(String, u64)> =
            volumes.iter().map(|volume| (volume.key.clone(), volume.bytes)).collect();
        self.remember_volumes(&sizes, Duration::ZERO, true)?;
        Ok(volumes)
    }

    /// `looking` is how long looking took. Sizes are dated so far back that they are believed no longer than they are to be. With `all`,
    /// there are no other volumes.
    fn remember_volumes(
        &self,
        sizes: &[(String, u64)],
        looking: Duration,
        all: bool,
    ) -> Result<(), StoreError> {
        let back = BELIEVED.saturating_sub(looking * PATIENCE);
        let measured = nanoseconds(SystemTime::now().checked_sub(back).unwrap_or(SystemTime::UNIX_EPOCH));
        self.database().write(|transaction| {
            if all {
                transaction.execute("DELETE FROM volume", [])?;
            }
            let mut insert = transaction
                .prepare_cached("INSERT OR REPLACE INTO volume (key, bytes, measured) VALUES (?1, ?2, ?3)")?;
            sizes.iter().try_for_each(|(key, bytes)| insert.execute((key, *bytes as i64, measured)).map(drop))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use pipe_ops::Sharing;

    use super::*;
    use crate::{StoreOptions, VolumeId, VolumeOwner, VolumeRemoval};

    #[test]
    fn a_removed_volume_takes_no_room() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), StoreOptions::new(None)).unwrap();
        let id = VolumeId {
            owner: VolumeOwner::Group("group".into()),
            name: "cache".into(),
            platform: "linux/amd64".into(),
            user: "0:0".into(),
        };
        let volume = store.try_take_volume(&id, Sharing::Locked).unwrap().unwrap();
        fs::write(dir.path().join(volume.folder()).join("file"), [1; 10_000]).unwrap();
        drop(volume);
        let volumes = store.measure_all_volumes().unwrap();
        assert!(store.measured_volumes().unwrap() >= 10_000);
        assert_eq!(store.remove_volume(&volumes[0].key).unwrap(), VolumeRemoval::Removed);
        assert_eq!(store.measured_volumes().unwrap(), 0);
    }
}
