//! What a step's processes tell the supervisor: small records on a pipe.

use std::os::fd::RawFd;

use crate::child::sys::{self, Errno, Sys};

/// A thing that is set up for a step, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Stage {
    ParentDeathSignal = 1,
    RootOverlay,
    MountOverlay,
    MountTmpfs,
    Secrets,
    CopyMount,
    AttachRoot,
    PivotRoot,
    Proc,
    Sysfs,
    Dev,
    Device,
    DevPts,
    DevShm,
    AttachMount,
    DetachOldRoot,
    Mask,
    HostName,
    Loopback,
    StandardStreams,
    Workdir,
    Fork,
    Limits,
    ControlGroup,
    Session,
    NetworkNamespace,
    NoNewPrivileges,
    Seccomp,
    Groups,
    GroupId,
    UserId,
    Capabilities,
    EnterWorkdir,
    Terminal,
}

impl Stage {
    const ALL: [Stage; 34] = [
        Stage::ParentDeathSignal,
        Stage::RootOverlay,
        Stage::MountOverlay,
        Stage::MountTmpfs,
        Stage::Secrets,
        Stage::CopyMount,
        Stage::AttachRoot,
        Stage::PivotRoot,
        Stage::Proc,
        Stage::Sysfs,
        Stage::Dev,
        Stage::Device,
        Stage::DevPts,
        Stage::DevShm,
        Stage::AttachMount,
        Stage::DetachOldRoot,
        Stage::Mask,
        Stage::HostName,
        Stage::Loopback,
        Stage::StandardStreams,
        Stage::Workdir,
        Stage::Fork,
        Stage::Limits,
        Stage::ControlGroup,
        Stage::Session,
        Stage::NetworkNamespace,
        Stage::NoNewPrivileges,
        Stage::Seccomp,
        Stage::Groups,
        Stage::GroupId,
        Stage::UserId,
        Stage::Capabilities,
        Stage::EnterWorkdir,
        Stage::Terminal,
    ];

    /// What was being done, as the middle of "cannot …".
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Stage::ParentDeathSignal => "tie the step to its supervisor",
            Stage::RootOverlay => "mount the root's overlay",
            Stage::MountOverlay => "mount the overlay of a mount",
            Stage::MountTmpfs => "make a folder in memory",
            Stage::Secrets => "make files in memory",
            Stage::CopyMount => "copy a mount of the host or of a cache volume",
            Stage::AttachRoot => "attach the root",
            Stage::PivotRoot => "change the root",
            Stage::Proc => "mount /proc",
            Stage::Sysfs => "mount /sys",
            Stage::Dev => "mount /dev",
            Stage::Device => "make a device in /dev",
            Stage::DevPts => "mount /dev/pts",
            Stage::DevShm => "mount /dev/shm",
            Stage::AttachMount => "attach a mount",
            Stage::DetachOldRoot => "detach the host's root",
            Stage::Mask => "mask a path",
            Stage::HostName => "set the host name",
            Stage::Loopback => "bring the loopback interface up",
            Stage::StandardStreams => "set up the standard streams",
            Stage::Workdir => "make the working folder",
            Stage::Fork => "start the command's process",
            Stage::Limits => "set resource limits",
            Stage::ControlGroup => "enter its control group",
            Stage::Session => "start a session",
            Stage::NetworkNamespace => "enter a network namespace",
            Stage::NoNewPrivileges => "set no_new_privs",
            Stage::Seccomp => "install the seccomp filter",
            Stage::Groups => "set supplementary groups",
            Stage::GroupId => "set the group id",
            Stage::UserId => "set the user id",
            Stage::Capabilities => "set capabilities",
            Stage::EnterWorkdir => "enter the working folder",
            Stage::Terminal => "make a terminal",
        }
    }

    fn from_code(code: u32) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| *stage as u32 == code)
    }
}

/// Why setting up failed. `detail` says which of several like things (a mount, a device), by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    pub(crate) detail: u32,
    pub(crate) errno: i32,
}

/// Names the stage in which a system call failed.
pub(crate) trait At<T> {
    /// As the stage's only thing.
    fn at(self, stage: Stage) -> Result<T, Failure>;
    /// As one of several.
    fn at_index(self, stage: Stage, index: usize) -> Result<T, Failure>;
}

impl<T> At<T> for Sys<T> {
    fn at(self, stage: Stage) -> Result<T, Failure> {
        self.at_index(stage, 0)
    }

    fn at_index(self, stage: Stage, index: usize) -> Result<T, Failure> {
        match self {
            Ok(value) => Ok(value),
            Err(Errno(errno)) => Err(Failure { stage, detail: index as u32, errno }),
        }
    }
}

/// One record of the pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// Setting up failed; nothing ran.
    Setup(Failure),
    /// `execve` failed. `present`: a file with that name was there.
    Exec { errno: i32, present: bool },
    /// The command ended, with this wait status, after so many nanoseconds. `peak`: KiB of memory that the largest of the step's processes
    /// had; 0 when that is no more than the supervisor has.
    Ended { status: i32, peak: u32, nanos: u64 },
    /// A probe ended, with this wait status. The command goes on.
    Probed { status: i32 },
}

/// Bytes of a record: six words (kind, two numbers, an error number or status, nanoseconds in two).
pub(crate) const RECORD_LEN: usize = 24;

const SETUP: u32 = 1;
const EXEC: u32 = 2;
const ENDED: u32 = 3;
const PROBED: u32 = 4;

impl Record {
    fn encode(self) -> [u8; RECORD_LEN] {
        let words = match self {
            Record::Setup(failure) => {
                [SETUP, failure.stage as u32, failure.detail, failure.errno as u32, 0, 0]
            }
            Record::Exec { errno, present } => [EXEC, u32::from(present), 0, errno as u32, 0, 0],
            Record::Ended { status, peak, nanos } => {
                [ENDED, peak, 0, status as u32, nanos as u32, (nanos >> 32) as u32]
            }
            Record::Probed { status } => [PROBED, 0, 0, status as u32, 0, 0],
        };
        let mut bytes = [0; RECORD_LEN];
        for (slot, word) in bytes.chunks_exact_mut(4).zip(words) {
            slot.copy_from_slice(&word.to_ne_bytes());
        }
        bytes
    }

    /// Reads a record back; `None` when it makes no sense.
    pub(crate) fn decode(bytes: &[u8; RECORD_LEN]) -> Option<Record> {
        let mut words = [0; RECORD_LEN / 4];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_ne_bytes(chunk.try_into().ok()?);
        }
        let [kind, first, second, errno, low, high] = words;
        match kind {
            SETUP => {
                let stage = Stage::from_code(first)?;
                Some(Record::Setup(Failure { stage, detail: second, errno: errno as i32 }))
            }
            EXEC => Some(Record::Exec { errno: errno as i32, present: first != 0 }),
            ENDED => {
                let nanos = u64::from(high) << 32 | u64::from(low);
                Some(Record::Ended { status: errno as i32, peak: first, nanos })
            }
            PROBED => Some(Record::Probed { status: errno as i32 }),
            _ => None,
        }
    }

    /// Writes the record to the pipe. A pipe without a reader means that the supervisor is gone; there is nobody to tell.
    pub(crate) fn send(self, pipe: RawFd) {
        let _ = sys::write(pipe, &self.encode());
    }
}
