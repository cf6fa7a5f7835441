//! Starting a supervisor: make the process, map its ids, hand it the store.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use pipe_engine::BackendError;
use rustix::process::Resource;

use super::connection::Connection;
use super::diagnosis::explain;
use super::identity::{own_ranges, range_command, root_ranges, taken_ranges, user_name};
use super::sandbox::{IdRange, SandboxOptions};
use crate::foreign::Emulators;
use crate::ids::{self, IdCount, IdMap};
use crate::machine::ThisMachine;
use crate::protocol::{self, Begin, Reply, Request, WireError};
use crate::supervisor::SUPERVISOR_ARGUMENT;

/// Starts a supervisor, and says what its steps will miss, if anything. Blocks until it is ready. `outbound`: it begins to make a way
/// out at once.
pub(super) fn start(
    options: &SandboxOptions,
    outbound: bool,
) -> Result<(Connection, Option<String>), BackendError> {
    let (socket, mut supervisor) = spawn(options)?;
    match greet(&socket, &supervisor, options, outbound) {
        Ok(Greeted { ids, emulators, warning }) => {
            Ok((Connection::new(socket, supervisor, ids, emulators), warning))
        }
        Err(error) => {
            // It ends when its connection does, and is of no use any more.
            drop(socket);
            let _ = supervisor.wait();
            Err(error)
        }
    }
}

fn spawn(options: &SandboxOptions) -> Result<(UnixStream, Child), BackendError> {
    let (program, store) = (&options.program, &options.store);
    let failed = |error: std::io::Error| {
        let (program, store) = (program.display(), store.display());
        BackendError::Failed(format!(
            "cannot start the sandbox's supervisor ({program}, in {store}): {error}"
        ))
    };
    let (ours, theirs) = UnixStream::pair().map_err(failed)?;
    let supervisor = Command::new(program)
        .arg0("pipe")
        .arg(SUPERVISOR_ARGUMENT)
        // It needs nothing of the environment, which may hold secrets.
        .env_clear()
        .current_dir(store)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .spawn()
        .map_err(failed)?;
    Ok((ours, supervisor))
}

/// What steps will have.
struct Greeted {
    ids: IdCount,
    emulators: Emulators,
    /// What they miss.
    warning: Option<String>,
}

/// Maps the ids and hands over the store.
fn greet(
    socket: &UnixStream,
    supervisor: &Child,
    options: &SandboxOptions,
    outbound: bool,
) -> Result<Greeted, BackendError> {
    // While the namespace is made.
    let emulators = Emulators::find(&ThisMachine, &pipe_engine::machine_platform());
    match receive(socket)? {
        Reply::Namespace(Ok(())) => {}
        Reply::Namespace(Err(failure)) => return Err(explain(&failure.what, failure.errno)),
        other => return Err(unexpected("Namespace", &other)),
    }
    let (ids, warning) = map_ids(supervisor.id(), options)?;
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let open_files = (limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX));
    let formats = emulators.formats().to_vec();
    let begin = Request::Begin(Begin { ids, open_files, outbound, formats });
    protocol::send(socket, &begin, &[]).map_err(failed)?;
    match receive(socket)? {
        Reply::Ready(Ok(ready)) => {
            Ok(Greeted { ids, emulators: emulators.registered(ready.formats), warning })
        }
        Reply::Ready(Err(failure)) => Err(explain(&failure.what, failure.errno)),
        other => Err(unexpected("Ready", &other)),
    }
}

fn receive(socket: &UnixStream) -> Result<Reply, BackendError> {
    protocol::receive::<Reply>(socket).map(|(reply, _)| reply).map_err(failed)
}

fn unexpected(expected: &'static str, got: &Reply) -> BackendError {
    failed(WireError::Unexpected { expected, got: got.name() })
}

fn failed(error: WireError) -> BackendError {
    BackendError::Failed(format!("the sandbox's supervisor could not be started: {error}"))
}

/// Maps the ids of the supervisor's namespace, as many as this user may.
fn map_ids(supervisor: u32, options: &SandboxOptions) -> Result<(IdCount, Option<String>), BackendError> {
    if let Some((users, groups)) = root_ranges(&options.store) {
        let (users, groups) =
            (IdMap::range(users.start, users.count), IdMap::range(groups.start, groups.count));
        ids::write_maps(supervisor, &users, &groups).map_err(cannot_map)?;
        return Ok((IdCount { users: users.count(), groups: groups.count() }, None));
    }
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let reason = if options.ids == IdRange::Single {
        None
    } else {
        match map_own_range(supervisor, uid, gid) {
            Ok(ids) => return Ok((ids, None)),
            Err(reason) => Some(reason),
        }
    };
    ids::write_single_maps(supervisor, uid, gid).map_err(cannot_map)?;
    let warning = reason.map(|reason| single_id_warning(uid, &reason));
    Ok((IdCount { users: 1, groups: 1 }, warning))
}

/// The user's own range; else why there is none.
fn map_own_range(supervisor: u32, uid: u32, gid: u32) -> Result<IdCount, String> {
    let (users, groups) = own_ranges();
    if users.is_empty() || groups.is_empty() {
        return Err("there is no range for this user in /etc/subuid and /etc/subgid".to_owned());
    }
    let users = IdMap::own_and_subordinate(uid, &users);
    let groups = IdMap::own_and_subordinate(gid, &groups);
    ids::write_maps_by_helper(supervisor, &users, &groups).map_err(|failure| failure.to_string())?;
    Ok(IdCount { users: users.count(), groups: groups.count() })
}

fn single_id_warning(uid: u32, reason: &str) -> String {
    if uid == 0 {
        return "steps have a single user id, so `chown` to another user fails in them: the container around pipe has no other ids"
            .to_owned();
    }
    let name = user_name(uid).unwrap_or_else(|| uid.to_string());
    format!(
        "steps have a single user id, so `chown` to another user fails in them: {reason}. \
         To get more: install `uidmap`, then `{}`",
        range_command(&name, &taken_ranges())
    )
}

fn cannot_map(error: std::io::Error) -> BackendError {
    explain("map the ids of a user namespace", error.raw_os_error().unwrap_or(libc::EIO))
}
