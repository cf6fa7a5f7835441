//! Between the user's terminal and that of a shell: what is typed goes one way, what is shown the other, and the size of the window with it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read, retry_on_intr, write};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::termios::{OptionalActions, tcgetwinsize, tcsetattr, tcsetwinsize};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::AbortHandle;

use super::raw::{Raw, restore};

/// Bytes that are taken at a time.
const CHUNK: usize = 16 << 10;
/// What is typed ahead, and not taken by the shell, at most.
const MOST_PENDING: usize = 64 << 10;
/// How long the last words of a shell that is over may take.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Passes everything on for as long as this lives.
pub(super) struct Pump {
    thread: Option<JoinHandle<()>>,
    /// Closed, it ends the thread.
    stop: Option<OwnedFd>,
    window: AbortHandle,
}

impl Pump {
    /// Begins, with the person's side of the shell's terminal, which gets the size and the settings that the user's has.
    ///
    /// # Errors
    /// When the kernel refuses what it takes.
    pub(super) fn start(shell: OwnedFd, raw: Option<&Raw>) -> io::Result<Pump> {
        // This side is nobody else's: the one who reads what is typed must not have to wait for the one who shows what comes.
        rustix::io::ioctl_fionbio(&shell, true)?;
        let shell = Arc::new(shell);
        // What erases a character, and whether characters may have several bytes.
        if let Some(raw) = raw {
            let _ = tcsetattr(&*shell, OptionalActions::Now, raw.usual());
        }
        resize(&shell);
        let mut changes = signal(SignalKind::window_change())?;
        let (stopped, stop) = pipe_with(PipeFlags::CLOEXEC)?;
        // The thread alone keeps the terminal: when it lets go the kernel tells the shell.
        let seen = Arc::downgrade(&shell);
        let flow = Flow { shell, stopped, pending: Vec::new(), at_line: true };
        let thread = std::thread::Builder::new().name("terminal".into()).spawn(move || flow.run())?;
        let window = tokio::spawn(async move {
            while changes.recv().await.is_some() {
                let Some(shell) = Weak::upgrade(&seen) else { return };
                resize(&shell);
            }
        });
        Ok(Pump { thread: Some(thread), stop: Some(stop), window: window.abort_handle() })
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.window.abort();
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn resize(shell: &OwnedFd) {
    // A terminal that does not say keeps what it has.
    if let Ok(size) = tcgetwinsize(io::stderr()) {
        let _ = tcsetwinsize(shell, size);
    }
}

struct Flow {
    shell: Arc<OwnedFd>,
    stopped: OwnedFd,
    /// What was typed and is not taken yet.
    pending: Vec<u8>,
    /// What was shown ends with a line.
    at_line: bool,
}

/// Why nothing flows any more.
enum End {
    /// The shell is over.
    Over,
    /// Nothing has the shell's terminal open, and yet what was started on it is not over.
    Closed,
    /// The user's terminal is gone.
    Gone,
}

impl Flow {
    /// Passes on, and then lets go of the shell's terminal, whereupon the kernel hangs up what still has it.
    fn run(mut self) {
        let end = self.pass();
        if !self.at_line {
            show(b"\r\n");
        }
        // From here on keys act on the run again: Ctrl-C stops it, and with it a command that closed its terminal and goes on.
        restore();
        if matches!(end, End::Closed) {
            // It may go on: it is not hung up before it is over.
            let mut stopped = [PollFd::new(&self.stopped, PollFlags::IN)];
            let _ = retry_on_intr(|| poll(&mut stopped, None));
        }
    }

    fn pass(&mut self) -> End {
        let mut last_words = false;
        loop {
            let mut of_shell = PollFlags::IN;
            if !self.pending.is_empty() {
                of_shell |= PollFlags::OUT;
            }
            let stdin = io::stdin();
            let listens = !last_words && self.pending.len() < MOST_PENDING;
            let mut fds = vec![PollFd::new(&*self.shell, of_shell)];
            if !last_words {
                fds.push(PollFd::new(&self.stopped, PollFlags::IN));
            }
            if listens {
                fds.push(PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN));
            }
            let rest = Timespec::try_from(LAST_WORDS).ok().filter(|_| last_words);
            match poll(&mut fds, rest.as_ref()) {
                Err(Errno::INTR) => continue,
                Err(_) | Ok(0) => return End::Over,
                Ok(_) => {}
            }
            let happened = |at: usize| fds.get(at).is_some_and(|fd| !fd.revents().is_empty());
            let (shell, stopped, typed) = (happened(0), !last_words && happened(1), listens && happened(2));
            if stopped {
                last_words = true;
            }
            if typed && !self.take_typed() {
                return End::Gone;
            }
            if shell && !(self.pass_typed() && self.show()) {
                return if last_words { End::Over } else { End::Closed };
            }
        }
    }

    /// Whether the user's terminal is still there.
    fn take_typed(&mut self) -> bool {
        let mut bytes = [0; CHUNK];
        match retry_on_intr(|| read(io::stdin(), &mut bytes)) {
            Ok(count @ 1..) => {
                self.pending.extend(bytes.get(..count).unwrap_or_default());
                true
            }
            // The terminal is gone, or at its end.
            _ => false,
        }
    }

    /// Whether the shell is still there.
    fn pass_typed(&mut self) -> bool {
        if self.pending.is_empty() {
            return true;
        }
        match retry_on_intr(|| write(&*self.shell, &self.pending)) {
            Ok(count) => drop(self.pending.drain(..count)),
            Err(Errno::AGAIN) => {}
            Err(_) => return false,
        }
        true
    }

    /// Whether the shell is still there: with the last process on its terminal the kernel says EIO.
    fn show(&mut self) -> bool {
        let mut bytes = [0; CHUNK];
        match retry_on_intr(|| read(&*self.shell, &mut bytes)) {
            Ok(0) => false,
            Ok(count) => {
                let bytes = bytes.get(..count).unwrap_or_default();
                self.at_line = bytes.last() == Some(&b'\n');
                show(bytes);
                true
            }
            Err(Errno::AGAIN) => true,
            Err(_) => false,
        }
    }
}

/// As it came: it is the user's own session.
fn show(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match retry_on_intr(|| write(io::stderr(), bytes)) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::AGAIN) => std::thread::sleep(Duration::from_millis(1)),
            // Nobody sees it any more.
            Err(_) => return,
        }
    }
}
