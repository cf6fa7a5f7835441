//! How much room volumes take. Looking is not for nothing, so what was found is remembered for a while.

use std::path::Path;
use std::time::{Duration, SystemTime};

use pipe_ops::Digest;
use rusqlite::OptionalExtension;

use super::{VolumeEntry, disk_usage};
use crate::record::nanoseconds;
use crate::{Store, StoreError};

/// For how long a size is believed.
const BELIEVED: Duration = Duration::from_secs(600);

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

    /// Looks at the volumes that this process used.
    pub(crate) fn measure_volumes(&self) -> Result<(), StoreError> {
        for folder in self.volumes_used() {
            let measured: Option<i64> = self.database().read(|connection| {
                let mut statement =
                    connection.prepare_cached("SELECT measured FROM volume WHERE key = ?1")?;
                statement.query_row([&folder], |row| row.get(0)).optional()
            })?;
            let age = measured.map(|measured| nanoseconds(SystemTime::now()).saturating_sub(measured));
            // One that lies ahead is of a clock that was wrong.
            if !age.is_some_and(|age| (0..BELIEVED.as_nanos() as i64).contains(&age)) {
                let path = self.dir().join("volumes").join(&folder);
                let bytes = self.volume_usage(&path)?;
                self.remember_volumes(&[(folder, bytes)], false)?;
            }
        }
        Ok(())
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
        self.remember_volumes(&sizes, true)?;
        Ok(volumes)
    }

    fn remember_volumes(&self, sizes: &[(String, u64)], all: bool) -> Result<(), StoreError> {
        self.database().write(|transaction| {
            if all {
                transaction.execute("DELETE FROM volume", [])?;
            }
            let mut insert = transaction
                .prepare_cached("INSERT OR REPLACE INTO volume (key, bytes, measured) VALUES (?1, ?2, ?3)")?;
            sizes.iter().try_for_each(|(key, bytes)| {
                insert.execute((key, *bytes as i64, nanoseconds(SystemTime::now()))).map(drop)
            })
        })
    }
}
