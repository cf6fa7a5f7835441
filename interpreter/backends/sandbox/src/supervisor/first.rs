//! First processes of steps, made ahead: their namespaces, and what all steps see alike, are a good part of a step's cost and can be
//! made while another step runs.

use std::ffi::CString;
use std::io::{self, IoSlice};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::mpsc::{Receiver, SendError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, sendmsg,
    socketpair,
};
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::running::kill;
use super::skeleton::Bases;
use super::texts::c_path;
use crate::child::ahead::{Ahead, MOST_HANDED};
use crate::child::image::{FdSlot, Stack, StepImage};
use crate::child::spawn;
use crate::toolchain::Part;

/// A process in namespaces of its own that waits for a step, or has one. Dropped, it is killed, and nothing of it is left: no process, no
/// mount.
pub(super) struct FirstProcess {
    /// What it reads; it is gone before this is.
    ahead: ManuallyDrop<Box<Ahead>>,
    process: Arc<OwnedFd>,
    socket: OwnedFd,
}

impl FirstProcess {
    /// Makes one. It dies with the thread that does so.
    fn make(attach_point: CString, parts: &[Part], privileged: bool) -> io::Result<FirstProcess> {
        let (socket, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        let parts: Vec<CString> = parts.iter().filter_map(|part| c_path(&part.source).ok()).collect();
        let ahead = Box::new(Ahead {
            socket: theirs.as_raw_fd(),
            attach_point,
            privileged,
            part_fds: FdSlot::vec(parts.len()),
            parts,
            step: AtomicPtr::new(std::ptr::null_mut()),
            stack: Stack::new(),
        });
        // SAFETY: it has its place on the heap, is never changed but for what may be, and is kept until the process is gone. The same
        // goes for the step that it gets, by the contract of `hand_over`.
        let process = unsafe { spawn::spawn(&ahead) }?;
        Ok(FirstProcess { ahead: ManuallyDrop::new(ahead), process: Arc::new(process), socket })
    }

    /// The process.
    pub(super) fn process(&self) -> &Arc<OwnedFd> {
        &self.process
    }

    /// Gives it its step, with the descriptors that belong to that.
    ///
    /// # Safety
    /// The step must live, and stay as it is, until the process is gone.
    unsafe fn hand_over(&self, step: &StepImage, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        self.ahead.step.store(std::ptr::from_ref(step).cast_mut(), Ordering::Release);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_HANDED))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(Errno::TOOBIG.into());
        }
        sendmsg(&self.socket, &[IoSlice::new(&[0])], &mut ancillary, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// Kills it and does not wait: the supervisor ends, and nothing but its own namespaces is in the process's hands.
    fn abandon(self) {
        kill(&self.process);
        // What it reads stays as long as this process.
        std::mem::forget(self);
    }

    /// Waits until it is gone, and its namespaces with it.
    pub(super) fn until_gone(&self) -> io::Result<()> {
        loop {
            match waitid(WaitId::PidFd(self.process.as_fd()), WaitIdOptions::EXITED) {
                Err(Errno::INTR) => {}
                // `CHILD`: it was waited for before.
                Ok(_) | Err(Errno::CHILD) => return Ok(()),
                Err(other) => return Err(other.into()),
            }
        }
    }
}

impl Drop for FirstProcess {
    fn drop(&mut self) {
        kill(&self.process);
        // It can fail for a process that was waited for only.
        if self.until_gone().is_ok() {
            // SAFETY: nobody uses it after this. A process that cannot be waited for would: then it stays.
            unsafe { ManuallyDrop::drop(&mut self.ahead) };
        }
    }
}

/// A first process with its step. Dropped, it is killed, and nothing of it is left.
pub(super) struct Started {
    // In this order: the process is gone when the step is freed.
    pub(super) first: FirstProcess,
    pub(super) step: Box<StepImage>,
}

/// First processes that wait for their steps.
pub(super) struct FirstProcesses {
    ready: Mutex<Option<Receiver<FirstProcess>>>,
    maker: Mutex<Option<JoinHandle<()>>>,
    known: Arc<Known>,
}

/// What is known of the steps to come.
struct Known {
    attach_point: CString,
    bases: Arc<Bases>,
}

impl FirstProcesses {
    /// Starts the thread that makes them, one ahead. On the folder every step's root is attached, each in its own mount namespace.
    /// Most steps see the host's tools, so what those need is made, too, before the first step comes.
    pub(super) fn start(attach_point: CString, bases: Arc<Bases>) -> FirstProcesses {
        let known = Arc::new(Known { attach_point, bases });
        let (sender, ready) = sync_channel(0);
        let maker = std::thread::spawn({
            let known = known.clone();
            move || make(&known, &sender)
        });
        FirstProcesses { ready: Mutex::new(Some(ready)), maker: Mutex::new(Some(maker)), known }
    }

    /// Starts a step: in the process that is ready, else in one that is made now. The calling thread must outlive it.
    pub(super) fn start_step(&self, mut step: Box<StepImage>, fds: &[BorrowedFd<'_>]) -> io::Result<Started> {
        let privileged = step.identity.privileged;
        let ready = if privileged { None } else { self.take() };
        if let Some(first) = ready {
            match started(first, step, fds) {
                Ok(started) => return Ok(started),
                // Somebody killed it while it waited.
                Err((back, _)) => step = back,
            }
        }
        started(self.known.make(privileged)?, step, fds).map_err(|(_, error)| error)
    }

    fn take(&self) -> Option<FirstProcess> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.try_recv().ok()
    }

    /// No step comes any more, and the supervisor is about to end: what waits is killed.
    pub(super) fn end(&self) {
        drop(self.ready.lock().unwrap_or_else(PoisonError::into_inner).take());
        let maker = self.maker.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _ = maker.map(JoinHandle::join);
    }
}

impl Known {
    fn make(&self, privileged: bool) -> io::Result<FirstProcess> {
        // Should there be none, a step is told.
        let parts = self.bases.toolchain().map_or(&[][..], |(_, toolchain)| &toolchain.parts);
        FirstProcess::make(self.attach_point.clone(), parts, privileged)
    }
}

fn started(
    first: FirstProcess,
    step: Box<StepImage>,
    fds: &[BorrowedFd<'_>],
) -> Result<Started, (Box<StepImage>, io::Error)> {
    // SAFETY: the step has its place on the heap, is never changed, and `Started` keeps it until the process is gone.
    match unsafe { first.hand_over(&step, fds) } {
        Ok(()) => Ok(Started { first, step }),
        Err(error) => {
            drop(first);
            Err((step, error))
        }
    }
}

/// The life of the thread that makes them, which is as long as theirs: until nobody takes them, or, where one cannot be made, until a step
/// meets the same error.
fn make(known: &Known, sender: &SyncSender<FirstProcess>) {
    while let Ok(first) = known.make(false) {
        if let Err(SendError(first)) = sender.send(first) {
            return first.abandon();
        }
    }
    loop {
        std::thread::park();
    }
}
