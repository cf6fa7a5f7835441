//! Watching a step's first process.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::first::{FirstProcesses, Started};
use super::running::kill;
use crate::child::image::StepImage;
use crate::child::report::{RECORD_LEN, Record};

/// A step that runs. Dropped, it is killed, and nothing of it is left: no process, no mount.
pub(super) struct Watch {
    started: Started,
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

impl Watch {
    /// Starts a step that reports on the other end of this pipe.
    pub(super) fn start(
        processes: &FirstProcesses,
        image: Box<StepImage>,
        fds: &[BorrowedFd<'_>],
        report: OwnedFd,
    ) -> io::Result<Watch> {
        Ok(Watch { started: processes.start_step(image, fds)?, report })
    }

    /// The first process.
    pub(super) fn process(&self) -> &Arc<OwnedFd> {
        self.started.first.process()
    }

    /// What was started.
    pub(super) fn image(&self) -> &StepImage {
        &self.started.step
    }

    /// Waits until the step is over. When `timeout` is over the whole tree is killed.
    pub(super) fn until_over(&self, timeout: Option<Duration>) -> io::Result<Over> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        match self.next(deadline)? {
            Some(over) => Ok(over),
            None => self.end_it(),
        }
    }

    /// Waits for the next thing that the step says, which may be what a probe came to; `None` when nothing came before the deadline.
    pub(super) fn next(&self, deadline: Option<Instant>) -> io::Result<Option<Over>> {
        let came = self.poll(deadline)?;
        Ok(came.then(|| self.read_record().map_or(Over::Died, Over::Told)))
    }

    /// Kills it because its time is over.
    pub(super) fn end_it(&self) -> io::Result<Over> {
        kill(self.process());
        self.started.first.until_gone()?;
        // It may have ended by itself at the last moment.
        Ok(self.read_record().map_or(Over::TimedOut, Over::Told))
    }

    /// Waits for a record or for the process's end; whether either came before the deadline.
    fn poll(&self, deadline: Option<Instant>) -> io::Result<bool> {
        loop {
            let rest = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let rest = rest.and_then(|rest| Timespec::try_from(rest).ok());
            let mut fds =
                [PollFd::new(self.process(), PollFlags::IN), PollFd::new(&self.report, PollFlags::IN)];
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
