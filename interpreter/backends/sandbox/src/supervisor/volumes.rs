//! Cache volumes of a step: held against what remains of others, and made ready.

use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, ResolveFlags, Timespec, Timestamps, UTIME_NOW};
use rustix::time::{ClockId, clock_gettime};

use super::accounts::Account;
use super::files;
use super::layers::LayerIndex;
use super::lower::layer_file;
use super::texts::machine;
use crate::protocol::{Folder, StepFailure, Volume};

/// A volume that nobody may use otherwise for as long as this lives.
pub(super) struct HeldVolume {
    /// What the step sees, relative to the store.
    pub(super) data: PathBuf,
    _lock: File,
}

/// How long what remains of a killed `pipe`'s steps may take to end.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(2);

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

/// Gives files of layers the time of now, which is later than that of everything any step wrote before.
pub(super) fn touch(touch: &[Folder], index: &LayerIndex) -> Result<(), StepFailure> {
    if touch.is_empty() {
        return Ok(());
    }
    wait_for_a_tick();
    for file in touch {
        let path = layer_file(file, index)?;
        touch_file(&path).map_err(machine(&path))?;
    }
    Ok(())
}

fn touch_file(path: &Path) -> io::Result<()> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let file = rustix::fs::openat2(CWD, path, flags, Mode::empty(), resolve)?;
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let times = Timestamps { last_access: now, last_modification: now };
    Ok(rustix::fs::utimensat(&file, c"", &times, AtFlags::EMPTY_PATH)?)
}

/// File systems take times from a clock that moves in steps of some milliseconds: within one, a new file is no newer than an old one.
fn wait_for_a_tick() {
    let coarse = || {
        let now = clock_gettime(ClockId::RealtimeCoarse);
        (now.tv_sec, now.tv_nsec)
    };
    let before = coarse();
    while coarse() == before {
        std::thread::sleep(Duration::from_micros(200));
    }
}
