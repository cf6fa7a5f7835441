//! Cache volumes of a step: held against what remains of others, and made ready.

use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, ResolveFlags, Timespec, Timestamps};
use rustix::time::{ClockId, clock_gettime};

use super::accounts::Account;
use super::files;
use super::layers::LayerIndex;
use super::lower::layer_file;
use super::texts::machine;
use crate::protocol::{Dated, StepFailure, Volume};

/// A volume that nobody may use otherwise for as long as this lives.
pub(super) struct HeldVolume {
    /// What the step sees, relative to the store.
    pub(super) data: PathBuf,
    _lock: File,
}

/// How long what remains of a killed `pipe`'s steps may take to end.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(2);

/// How the clock of file systems is waited for: its steps are of 10 ms at most.
const CLOCK_PAUSE: Duration = Duration::from_micros(200);
const MOST_PAUSES: u32 = 100;

/// Holds a volume. `pipe` has a lock of its own on it; this one outlives a `pipe` that is killed, as its steps do for a moment.
pub(super) fn hold(volume: &Volume) -> Result<HeldVolume, StepFailure> {
    let folder =
        files::inside(volume.folder.clone()).map_err(|error| StepFailure::Machine(error.to_string()))?;
    let failed = |error: io::Error| machine(&folder)(error);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = rustix::fs::open(&folder, flags, Mode::empty()).map_err(|error| failed(error.into()))?;
    let operation = match volume.alone {
        true => FlockOperation::NonBlockingLockExclusive,
        false => FlockOperation::NonBlockingLockShared,
    };
    let began = Instant::now();
    while let Err(error) = rustix::fs::flock(&lock, operation) {
        if error != rustix::io::Errno::WOULDBLOCK || began.elapsed() > PATIENCE {
            return Err(failed(error.into()));
        }
        std::thread::sleep(PAUSE);
    }
    let data = folder.join("data");
    match rustix::fs::mkdir(&data, Mode::RWXU) {
        Ok(()) => std::fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).map_err(failed)?,
        Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(failed(error.into())),
    }
    Ok(HeldVolume { data, _lock: lock.into() })
}

/// Gives a volume's own folder to the step's user: what is in it belongs to whoever wrote it.
pub(super) fn give(data: &Path, account: &Account) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = File::from(rustix::fs::open(data, flags, Mode::empty())?);
    if folder.metadata()?.uid() != account.uid {
        fchown(&folder, Some(account.uid), Some(account.gid))?;
    }
    Ok(())
}

/// Gives files of layers that are older than they must seem their dates, and waits until the clock is past these: what the step makes
/// of the files is to be no older.
pub(super) fn touch(touch: &[Dated], index: &LayerIndex) -> Result<(), StepFailure> {
    for Dated { file, date } in touch {
        let path = layer_file(file, index)?;
        touch_file(&path, *date).map_err(machine(&path))?;
    }
    if let Some(last) = touch.iter().map(|dated| timespec(dated.date)).max_by_key(seconds) {
        wait_for_clock(last);
    }
    Ok(())
}

fn touch_file(path: &Path, date: SystemTime) -> io::Result<()> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let file = File::from(rustix::fs::openat2(CWD, path, flags, Mode::empty(), resolve)?);
    if file.metadata()?.modified()? >= date {
        return Ok(());
    }
    let date = timespec(date);
    let times = Timestamps { last_access: date, last_modification: date };
    Ok(rustix::fs::utimensat(&file, c"", &times, AtFlags::EMPTY_PATH)?)
}

fn timespec(date: SystemTime) -> Timespec {
    let since = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    let tv_sec = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timespec { tv_sec, tv_nsec: since.subsec_nanos().into() }
}

fn seconds(time: &Timespec) -> (i64, i64) {
    (time.tv_sec, time.tv_nsec)
}

/// File systems take times from a clock that moves in steps of some milliseconds. One that was set back is not waited for.
fn wait_for_clock(date: Timespec) {
    for _ in 0..MOST_PAUSES {
        if seconds(&clock_gettime(ClockId::RealtimeCoarse)) > seconds(&date) {
            return;
        }
        std::thread::sleep(CLOCK_PAUSE);
    }
}
