//! Watching a step's first process until it ends.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::running::kill;
use crate::child::report::{RECORD_LEN, Record};

/// How a step's first process ended.
#[derive(Debug)]
pub(super) struct End {
    /// What it said, in order.
    pub(super) records: Vec<Record>,
    /// It was killed because its time was over.
    pub(super) timed_out: bool,
    /// The signal that killed it, if one did.
    pub(super) signal: Option<i32>,
}

/// Waits for the end. When `timeout` is over the whole tree is killed.
pub(super) fn watch(process: &OwnedFd, report: &OwnedFd, timeout: Option<Duration>) -> io::Result<End> {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut timed_out = false;
    while !has_ended(process, deadline.filter(|_| !timed_out))? {
        timed_out = true;
        kill(process);
    }
    let status = waitid(WaitId::PidFd(std::os::fd::AsFd::as_fd(process)), WaitIdOptions::EXITED)?;
    let signal = status.and_then(|status| status.terminating_signal());
    Ok(End { records: read_records(report), timed_out, signal })
}

/// Whether the process ended before the deadline.
fn has_ended(process: &OwnedFd, deadline: Option<Instant>) -> io::Result<bool> {
    loop {
        let rest = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let rest = rest.and_then(|rest| Timespec::try_from(rest).ok());
        match poll(&mut [PollFd::new(process, PollFlags::IN)], rest.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(other) => return Err(other.into()),
        }
    }
}

/// What is in the pipe. It is not read to its end: a process that is just being made for another step may still hold it open.
fn read_records(report: &OwnedFd) -> Vec<Record> {
    let mut records = Vec::new();
    let mut bytes = [0; RECORD_LEN];
    while rustix::io::read(report, &mut bytes) == Ok(RECORD_LEN) {
        records.extend(Record::decode(&bytes));
    }
    records
}
