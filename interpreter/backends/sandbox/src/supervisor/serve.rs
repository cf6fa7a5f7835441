//! A service: a step that others use while it runs. Nothing of what it leaves is kept.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::network::Door;
use super::watch::{Over, Watch};
use crate::child::report::Record;
use crate::protocol::{NotReady, Serving};

/// Pauses between looks at a service that is not ready.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// As much as is kept of what a probe prints: its end.
const KEPT: usize = 4 << 10;

/// How a service came to its end.
pub(super) enum Served {
    /// It ended, or somebody ended it.
    Over(Over),
    /// It could not be used in time, and was killed.
    NotReady(NotReady),
}

/// Follows a service to its end; `ready` is called when it can be used. `probe` is where it is asked to run its own command that tells.
pub(super) fn follow(
    watch: &Watch,
    serving: &Serving,
    door: &Door,
    probe: Option<OwnedFd>,
    ready: impl FnOnce(),
) -> io::Result<Served> {
    let until = Instant::now().checked_add(serving.patience);
    let waited = match probe {
        Some(socket) => Command { watch, socket, printed: Vec::new(), before: Vec::new() }.wait(until)?,
        None => wait_for_ports(watch, &serving.ports, door, until)?,
    };
    match waited {
        Waited::Ready => ready(),
        Waited::Over(over) => return Ok(Served::Over(over)),
        Waited::InVain(what) => {
            return Ok(match watch.end_it()? {
                Over::TimedOut | Over::Told(Record::Probed { .. }) => Served::NotReady(what),
                over => Served::Over(over),
            });
        }
    }
    watch.until_over(None).map(Served::Over)
}

/// What came of waiting until a service is ready.
enum Waited {
    Ready,
    /// It ended before.
    Over(Over),
    /// The time is over.
    InVain(NotReady),
}

/// Waits for a moment, unless the service ends meanwhile.
fn pause(watch: &Watch, pause: &mut Duration) -> io::Result<Option<Over>> {
    let over = watch.next(Instant::now().checked_add(*pause))?;
    *pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    Ok(over)
}

fn is_past(until: Option<Instant>) -> bool {
    until.is_some_and(|until| until <= Instant::now())
}

fn wait_for_ports(watch: &Watch, ports: &[u16], door: &Door, until: Option<Instant>) -> io::Result<Waited> {
    for port in ports {
        let mut between = FIRST_PAUSE;
        while !door.answers(*port) {
            if is_past(until) {
                return Ok(Waited::InVain(NotReady::Port(*port)));
            }
            if let Some(over) = pause(watch, &mut between)? {
                return Ok(Waited::Over(over));
            }
        }
    }
    // One that could not even be started has said so by now, or will before anybody can use it.
    Ok(Waited::Ready)
}

/// A command that is run in the service until it succeeds.
struct Command<'a> {
    watch: &'a Watch,
    socket: OwnedFd,
    /// What it prints this time.
    printed: Vec<u8>,
    /// What it printed the time before.
    before: Vec<u8>,
}

impl Command<'_> {
    fn wait(mut self, until: Option<Instant>) -> io::Result<Waited> {
        let mut between = FIRST_PAUSE;
        loop {
            self.before = std::mem::take(&mut self.printed);
            match rustix::io::write(&self.socket, b"?") {
                // Nobody is there any more to be asked: the service says why.
                Ok(_) | Err(Errno::PIPE | Errno::CONNRESET) => {}
                Err(other) => return Err(other.into()),
            }
            match self.answer(until)? {
                None => return Ok(Waited::InVain(self.said())),
                Some(Over::Told(Record::Probed { status: 0 })) => return Ok(Waited::Ready),
                Some(Over::Told(Record::Probed { .. })) => {}
                Some(over) => return Ok(Waited::Over(over)),
            }
            if is_past(until) {
                return Ok(Waited::InVain(self.said()));
            }
            if let Some(over) = pause(self.watch, &mut between)? {
                return Ok(Waited::Over(over));
            }
        }
    }

    /// What it said last: the time may have been over before it came to say anything.
    fn said(self) -> NotReady {
        NotReady::Command(if self.printed.is_empty() { self.before } else { self.printed })
    }

    /// What the service says next; meanwhile what the command prints is read, for else it might wait for that.
    fn answer(&mut self, until: Option<Instant>) -> io::Result<Option<Over>> {
        loop {
            let moment = Instant::now().checked_add(LONGEST_PAUSE / 10);
            let said = self.watch.next(moment.min(until).or(moment))?;
            self.drain();
            if said.is_some() || is_past(until) {
                return Ok(said);
            }
        }
    }

    fn drain(&mut self) {
        let mut buffer = [0; KEPT];
        while let Ok(read @ 1..) = rustix::io::read(&self.socket, &mut buffer) {
            self.printed.extend(buffer.get(..read).unwrap_or_default());
            let surplus = self.printed.len().saturating_sub(KEPT);
            self.printed.drain(..surplus);
        }
    }
}
