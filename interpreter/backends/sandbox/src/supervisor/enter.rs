//! The supervisor's first moments: from a fresh process of the host to root of a namespace.

use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit};
use rustix::thread::UnshareFlags;

use super::server;
use crate::child::sys::{self, Errno, Sys};
use crate::protocol::{self, Begin, Reply, Request, SetupFailure, WireError};

/// The first argument that makes a program a supervisor.
pub(crate) const SUPERVISOR_ARGUMENT: &str = "__sandbox-supervisor";

/// If this process was started as a supervisor, lives as one and ends. To be called first in `main`, before any thread is started:
/// a process with threads cannot enter a user namespace.
pub fn supervise_if_asked() {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == SUPERVISOR_ARGUMENT) {
        std::process::exit(i32::from(live() != ExitCode::SUCCESS));
    }
}

fn live() -> ExitCode {
    match connect().map_err(WireError::Io).and_then(|socket| supervise(&socket)) {
        Ok(()) | Err(WireError::Closed) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pipe's sandbox supervisor: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Takes the connection, which is standard input, out of the way of the streams that steps get.
fn connect() -> std::io::Result<UnixStream> {
    let socket = rustix::io::fcntl_dupfd_cloexec(std::io::stdin().as_fd(), 3)?;
    let null = std::fs::File::open("/dev/null")?;
    sys::dup_to(null.as_raw_fd(), 0).map_err(|Errno(errno)| std::io::Error::from_raw_os_error(errno))?;
    Ok(UnixStream::from(socket))
}

fn supervise(socket: &UnixStream) -> Result<(), WireError> {
    // Out of the terminal's foreground group: Ctrl-C is for `pipe`, which tells what to do.
    let _ = rustix::process::setsid();
    let made = make_namespaces();
    protocol::send(socket, &Reply::Namespace(made.clone()), &[])?;
    if made.is_err() {
        return Ok(());
    }
    let begin = receive_begin(socket)?;
    let ready = become_root(&begin).and_then(|()| server::Server::new(begin, socket));
    match ready {
        Ok(server) => {
            protocol::send(socket, &Reply::Ready(Ok(server.readiness())), &[])?;
            server.serve();
            Ok(())
        }
        Err(failure) => protocol::send(socket, &Reply::Ready(Err(failure)), &[]),
    }
}

fn receive_begin(socket: &UnixStream) -> Result<Begin, WireError> {
    match protocol::receive::<Request>(socket)?.0 {
        Request::Begin(begin) => Ok(begin),
        other => Err(WireError::Unexpected { expected: "Begin", got: other.name() }),
    }
}

/// The working directory, the store, moves along into the new mount namespace. It was entered with the rights that end here: the
/// folders above it may be closed to the namespace's root.
fn make_namespaces() -> Result<(), SetupFailure> {
    let step = |what: &str, flags| {
        // SAFETY: a namespace is entered, not left, and no other thread exists that shares anything with this one.
        unsafe { rustix::thread::unshare_unsafe(flags) }
            .map_err(|errno| SetupFailure { what: what.to_owned(), errno: errno.raw_os_error() })
    };
    step("make a user namespace", UnshareFlags::NEWUSER)?;
    step("make a mount namespace", UnshareFlags::NEWNS)
}

/// Becomes root of the namespace, alone with its mounts. Nobody of the host's other processes may look into this one's memory.
fn become_root(begin: &Begin) -> Result<(), SetupFailure> {
    if !begin.ids.is_single() {
        failure("give up supplementary groups", sys::setgroups(&[]))?;
    }
    failure("become the namespace's root group", sys::setresgid(0))?;
    failure("become the namespace's root", sys::setresuid(0))?;
    failure("keep its memory to itself", sys::prctl(libc::PR_SET_DUMPABLE, 0))?;
    // Of one byte, which is less than any has: with 0 the kernel still gives them to a program that `core_pattern` names.
    failure("forbid core dumps", sys::set_limit(libc::RLIMIT_CORE, 1, 1))?;
    // `pipe` may have been started with signals ignored; steps are not.
    (1..=64).filter(|signal| *signal != libc::SIGPIPE).for_each(sys::reset_signal);
    let private = libc::MS_REC | libc::MS_PRIVATE;
    failure("make its mounts private", sys::mount(None, c"/", None, private, None))?;
    // Each running step takes a few descriptors; the command itself gets the limit that `pipe` was started with.
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let _ = rustix::process::setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    Ok(())
}

fn failure(what: &str, result: Sys<()>) -> Result<(), SetupFailure> {
    result.map_err(|Errno(errno)| SetupFailure { what: what.to_owned(), errno })
}
