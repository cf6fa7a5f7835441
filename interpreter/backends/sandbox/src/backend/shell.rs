//! A step that is run for a person: its terminal comes from inside it.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use pipe_engine::{AttachCall, BackendError, Exit, ServiceStop, StepSpec};
use pipe_ops::Limits;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::step::{self, Ticket};
use crate::cgroup::Limited;
use crate::protocol::{Person, Step};

/// What is run, and who gets its terminal.
pub(super) struct Opening {
    pub(super) programs: Vec<String>,
    pub(super) attach: AttachCall,
}

/// Runs it to its end. `lent` are the ways into its services, where this supervisor does not run them.
pub(super) async fn run(
    connection: &Connection,
    store: &Path,
    spec: &StepSpec,
    lent: &[OwnedFd],
    Opening { programs, attach }: Opening,
    cancel: &CancellationToken,
) -> Result<Exit, BackendError> {
    let limited = Limited::default();
    let request = step::request(store, spec, &limited)?;
    let person = Some(Person { programs });
    let request =
        Step { stdin: true, timeout: None, limits: Limits::default(), person, lent: lent.len(), ..request };
    let (ours, theirs) = pair().map_err(cannot_connect)?;
    let agent = step::agent(spec)?;
    // It prints to its terminal.
    let null = std::fs::File::options().write(true).open("/dev/null").map_err(cannot_connect)?;
    let fds: Vec<_> = [null.as_fd(), null.as_fd(), theirs.as_fd()]
        .into_iter()
        .chain(agent.iter().chain(lent).map(AsFd::as_fd))
        .collect();
    let mut ticket = Ticket::send(connection, request, &fds, None);
    drop(theirs);
    let stop = ServiceStop::killing(cancel);
    let meet = async move {
        // One that cannot be set up gives none, and its answer says why.
        let Some(terminal) = terminal(&ours).await? else { return Ok(()) };
        attach(terminal);
        match rustix::io::write(&ours, b"!") {
            // It may have been killed meanwhile.
            Ok(_) | Err(rustix::io::Errno::PIPE) => Ok(()),
            Err(error) => Err(io::Error::from(error)),
        }
    };
    let (met, answer) = tokio::join!(meet, ticket.answer(&stop));
    let met =
        met.map_err(|error| BackendError::Failed(format!("cannot take the terminal of a step: {error}")));
    let report = match step::report(answer) {
        // A step whose terminal nobody takes fails, too: why it was not taken says more.
        Err(error) if !matches!(error, BackendError::Cancelled) => return met.and(Err(error)),
        report => report?,
    };
    met?;
    if let Some(leak) = report.leaks.first() {
        let path = String::from_utf8_lossy(&leak.path).into_owned();
        return Err(BackendError::Step(format!(
            "a secret was left in {path}, which outlives the shell: what holds it was removed"
        )));
    }
    Ok(step::outcome(report, spec, &limited)?.exit)
}

/// This process's end, and the step's.
fn pair() -> io::Result<(UnixStream, std::os::unix::net::UnixStream)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, theirs))
}

/// The person's side of the step's terminal; `None` when the step ended before it had one.
async fn terminal(socket: &UnixStream) -> io::Result<Option<OwnedFd>> {
    loop {
        socket.readable().await?;
        match socket.try_io(Interest::READABLE, || receive(socket)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            received => return received,
        }
    }
}

fn receive(socket: &UnixStream) -> io::Result<Option<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let flags = RecvFlags::CMSG_CLOEXEC;
    recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, flags)?;
    let rights = ancillary.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(rights) => Some(rights),
        _ => None,
    });
    Ok(rights.flatten().next())
}

fn cannot_connect(error: io::Error) -> BackendError {
    BackendError::Failed(format!("cannot make a connection for a step's terminal: {error}"))
}
