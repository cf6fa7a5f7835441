//! A step's first process before it has a step: what is the same for all steps is done ahead, while another step runs.

use std::ffi::{CStr, CString};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::identity;
use super::image::{FdSlot, NetworkNamespace, Stack, StepImage};
use super::mounts::{self, Views};
use super::report::{At, Failure, Stage};
use super::sys;

/// All that a first process needs until it gets a step. It reads this in the supervisor's own memory, so nothing of it changes while the
/// process lives, but the slots and the step.
pub(crate) struct Ahead {
    /// The process's end of its connection, by the supervisor's number.
    pub(crate) socket: RawFd,
    /// Where something is attached for a moment: any folder, relative to the store.
    pub(crate) attach_point: CString,
    /// For a privileged step: nothing is taken from its rights, and nothing in `/proc` is masked.
    pub(crate) privileged: bool,
    /// Folders and files of the host that the step is likely to be shown, read-only.
    pub(crate) parts: Vec<CString>,
    /// Their mounts, when they are made.
    pub(crate) part_fds: Vec<FdSlot>,
    /// The step, when there is one.
    pub(crate) step: AtomicPtr<StepImage>,
    /// The process's stack.
    pub(crate) stack: Stack,
}

impl Ahead {
    /// The mount of a part of the host, if it was made; it can be had once.
    pub(super) fn part(&self, path: &CStr) -> Option<RawFd> {
        let known = self.parts.iter().zip(&self.part_fds).find(|(part, _)| part.as_c_str() == path);
        known.and_then(|(_, slot)| slot.take())
    }
}

/// Descriptors that come with a step.
pub(crate) struct Handed {
    pub(crate) stdout: RawFd,
    pub(crate) stderr: RawFd,
    pub(crate) report: RawFd,
    pub(crate) network: Option<RawFd>,
    /// A `/sys`, attached nowhere yet.
    pub(crate) sysfs: Option<RawFd>,
    pub(crate) stdin: Option<RawFd>,
    /// Where it is asked to run its probe, and what that prints goes.
    pub(crate) probe: Option<RawFd>,
    /// Control groups' `cgroup.procs`, as many as the step has.
    pub(crate) groups: [RawFd; MOST_GROUPS],
}

/// The most control groups: one for each controller.
const MOST_GROUPS: usize = 3;

/// The most descriptors that come with a step.
pub(crate) const MOST_HANDED: usize = 7 + MOST_GROUPS;

/// Where the connection is in the process itself: behind the standard streams.
const SOCKET: RawFd = 3;

/// Does what can be done without a step.
pub(super) fn make_ready(ahead: &Ahead) -> Result<Views, Failure> {
    sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong).at(Stage::ParentDeathSignal)?;
    // Other steps' pipes among them, whose readers wait for their end.
    sys::dup_to_cloexec(ahead.socket, SOCKET).at(Stage::StandardStreams)?;
    sys::close_from(SOCKET as u32 + 1).at(Stage::StandardStreams)?;
    // Modes of what is made here are meant as they are written.
    sys::umask(0);
    sys::sethostname(c"pipe").at(Stage::HostName)?;
    if !ahead.privileged {
        identity::drop_bounding_set().at(Stage::Capabilities)?;
    }
    mounts::make_ready(ahead)
}

/// Waits for a step. `None`: the supervisor has none, or is gone.
pub(super) fn wait_for_step(ahead: &Ahead) -> Option<(&StepImage, Handed)> {
    let mut fds = [-1; MOST_HANDED];
    let count = sys::receive_descriptors(SOCKET, &mut fds).ok()??;
    let step = ahead.step.load(Ordering::Acquire);
    // SAFETY: it is null, or was stored before the message was sent, and lives and stays as it is until this process is gone.
    let step = unsafe { step.as_ref() }?;
    let mut handed = fds.into_iter().take(count);
    let (stdout, stderr, report) = (handed.next()?, handed.next()?, handed.next()?);
    let network = if matches!(step.network, NetworkNamespace::Made) { Some(handed.next()?) } else { None };
    let sysfs = if step.has_sysfs { Some(handed.next()?) } else { None };
    let stdin = if step.has_stdin { Some(handed.next()?) } else { None };
    let probe = if step.probe.is_some() { Some(handed.next()?) } else { None };
    let mut groups = [-1; MOST_GROUPS];
    for slot in groups.iter_mut().take(step.limits.groups) {
        *slot = handed.next()?;
    }
    Some((step, Handed { stdout, stderr, report, network, sysfs, stdin, probe, groups }))
}
