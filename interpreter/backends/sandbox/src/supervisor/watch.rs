//! Watching a step's first process.

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::running::kill;
use crate::child::image::StepImage;
use crate::child::report::{RECORD_LEN, Record};
use crate::child::spawn;

/// A step that runs. Dropped, it is killed, and nothing of it is left: no process, no mount.
pub(super) struct Watch {
    /// What the step's processes read; they are gone before it is.
    image: ManuallyDrop<Box<StepImage>>,
    process: Arc<OwnedFd>,
    report: OwnedFd,
}

/// Why a step is over.
#[derive(Clone, Copy, Debug)]
pub(super) enum Over {
    /// Its first process said so; nothing of the step runs any more but that process itself.
    Told(Record),
    /// It was killed because its time was over.
    TimedOut,
    /// Its first process ended without a word: somebody killed it.
    Died,
}

impl Drop for Watch {
    fn drop(&mut self) {
        kill(&self.process);
        // It can fail for a process that was waited for only.
        if self.until_gone().is_ok() {
            // SAFETY: nobody uses it after this. A process that cannot be waited for would: then it stays.
            unsafe { ManuallyDrop::drop(&mut self.image) };
        }
    }
}

impl Watch {
    /// Starts a step that reports on the other end of this pipe.
    pub(super) fn start(image: Box<StepImage>, report: OwnedFd) -> io::Result<Watch> {
        // SAFETY: the image has its place on the heap, is never changed, and is kept until the process is gone.
        let process = unsafe { spawn::spawn(&image) }?;
        Ok(Watch { image: ManuallyDrop::new(image), process: Arc::new(process), report })
    }

    /// The first process.
    pub(super) fn process(&self) -> &Arc<OwnedFd> {
        &self.process
    }

    /// What was started.
    pub(super) fn image(&self) -> &StepImage {
        &self.image
    }

    /// Waits until the step is over. When `timeout` is over the whole tree is killed.
    pub(super) fn until_over(&self, timeout: Option<Duration>) -> io::Result<Over> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if self.poll(deadline)? {
            return Ok(self.read_record().map_or(Over::Died, Over::Told));
        }
        kill(&self.process);
        self.until_gone()?;
        // It may have ended by itself at the last moment.
        Ok(self.read_record().map_or(Over::TimedOut, Over::Told))
    }

    /// Waits until the first process is gone, and the step's namespaces with it.
    fn until_gone(&self) -> io::Result<()> {
        loop {
            match waitid(WaitId::PidFd(self.process.as_fd()), WaitIdOptions::EXITED) {
                Err(rustix::io::Errno::INTR) => {}
                // `CHILD`: it was waited for before.
                Ok(_) | Err(rustix::io::Errno::CHILD) => return Ok(()),
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// Waits for a record or for the process's end; whether either came before the deadline.
    fn poll(&self, deadline: Option<Instant>) -> io::Result<bool> {
        loop {
            let rest = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let rest = rest.and_then(|rest| Timespec::try_from(rest).ok());
            let mut fds =
                [PollFd::new(&self.process, PollFlags::IN), PollFd::new(&self.report, PollFlags::IN)];
            match poll(&mut fds, rest.as_ref()) {
                Ok(ready) => return Ok(ready > 0),
                Err(rustix::io::Errno::INTR) => {}
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// The first record in the pipe. The pipe's end is not waited for: a process that is just being made for another step may still
    /// hold it open.
    fn read_record(&self) -> Option<Record> {
        let mut bytes = [0; RECORD_LEN];
        let read = rustix::io::read(&self.report, &mut bytes);
        if read == Ok(RECORD_LEN) { Record::decode(&bytes) } else { None }
    }
}
