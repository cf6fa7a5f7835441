//! A step's way to the user's SSH agent: a socket of its own, on which it may ask for two things, which keys there are and signatures.
//! It can neither add keys, take them out, nor lock the agent.
//!
//! The protocol is that of draft-ietf-sshm-ssh-agent: each message begins with its length, four bytes in network order, and its type.
//! Every request has one answer, so one connection to the agent serves a step, one request after the other. It was made by the user's
//! own process: an agent answers nobody else.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::PipeFlags;

use super::accounts::Account;

/// `SSH_AGENTC_REQUEST_IDENTITIES` and `SSH_AGENTC_SIGN_REQUEST`.
const ALLOWED: [u8; 2] = [11, 13];
/// `SSH_AGENT_FAILURE`, as a whole message.
const REFUSAL: [u8; 5] = [0, 0, 0, 1, 5];
/// The longest message that agents take.
const LONGEST: usize = 256 << 10;
/// Connections that a step may have at once.
const MOST_CLIENTS: usize = 32;

/// Serves a step for as long as this lives.
pub(super) struct AgentProxy {
    shared: Arc<Shared>,
    /// Closed, it ends the thread.
    stop: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    agent: Mutex<UnixStream>,
    /// Another handle of the same, to end a wait for it.
    shut: UnixStream,
    clients: Mutex<BTreeMap<u64, UnixStream>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AgentProxy {
    /// Makes the socket, for this user alone, and serves it.
    pub(super) fn start(path: &Path, account: &Account, agent: OwnedFd) -> io::Result<AgentProxy> {
        let agent = UnixStream::from(agent);
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600))?;
        chown(path, Some(account.uid), Some(account.gid))?;
        listener.set_nonblocking(true)?;
        let (stopped, stop) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        let shut = agent.try_clone()?;
        let shared = Arc::new(Shared { agent: Mutex::new(agent), shut, clients: Mutex::default() });
        let thread = std::thread::spawn({
            let shared = shared.clone();
            move || shared.accept(&listener, &stopped)
        });
        Ok(AgentProxy { shared, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for AgentProxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
        // Whoever waits for an answer or for a request waits no more.
        let _ = self.shared.shut.shutdown(Shutdown::Both);
        for client in locked(&self.shared.clients).values() {
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Shared>, listener: &UnixListener, stopped: &OwnedFd) {
        for number in 0.. {
            let mut fds = [PollFd::new(listener, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
            match poll(&mut fds, None) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
                Ok(_) if !fds[1].revents().is_empty() => return,
                Ok(_) => {}
            }
            // It may have given up meanwhile.
            let Ok((client, _)) = listener.accept() else { continue };
            let _ = self.serve_apart(number, client);
        }
    }

    fn serve_apart(self: &Arc<Shared>, number: u64, client: UnixStream) -> io::Result<()> {
        client.set_nonblocking(false)?;
        let mut clients = locked(&self.clients);
        if clients.len() >= MOST_CLIENTS {
            return Ok(());
        }
        clients.insert(number, client.try_clone()?);
        drop(clients);
        let shared = self.clone();
        std::thread::spawn(move || {
            // However it ends: the client is gone, or the agent.
            let _ = serve(&client, &shared.agent);
            locked(&shared.clients).remove(&number);
        });
        Ok(())
    }
}

fn serve(client: &UnixStream, agent: &Mutex<UnixStream>) -> io::Result<()> {
    let mut client = client;
    while let Some(request) = receive(client)? {
        let answer = if request.get(4).is_some_and(|kind| ALLOWED.contains(kind)) {
            let agent = locked(agent);
            (&*agent).write_all(&request)?;
            receive(&agent)?.ok_or(io::ErrorKind::UnexpectedEof)?
        } else {
            REFUSAL.to_vec()
        };
        client.write_all(&answer)?;
    }
    Ok(())
}

/// A message with its length; `None` at the end.
fn receive(mut stream: &UnixStream) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; 4];
    match stream.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let len = u32::from_be_bytes(header) as usize;
    if len == 0 || len > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; 4 + len];
    let (head, body) = message.split_at_mut(4);
    head.copy_from_slice(&header);
    stream.read_exact(body)?;
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// An agent that answers each request with its own bytes backwards.
    fn echo(stream: UnixStream) -> JoinHandle<Vec<u8>> {
        std::thread::spawn(move || {
            let mut kinds = Vec::new();
            while let Ok(Some(mut message)) = receive(&stream) {
                kinds.push(message[4]);
                message[4..].reverse();
                (&stream).write_all(&message).unwrap();
            }
            kinds
        })
    }

    fn ask(stream: &UnixStream, body: &[u8]) -> Vec<u8> {
        let mut stream = stream;
        stream.write_all(&(body.len() as u32).to_be_bytes()).unwrap();
        stream.write_all(body).unwrap();
        receive(stream).unwrap().unwrap()[4..].to_vec()
    }

    #[test]
    fn only_keys_and_signatures_can_be_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let (ours, theirs) = UnixStream::pair().unwrap();
        let agent = echo(theirs);
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let account = Account { uid, gid, groups: Vec::new() };
        let proxy = AgentProxy::start(&path, &account, ours.into()).unwrap();
        let (one, two) = (UnixStream::connect(&path).unwrap(), UnixStream::connect(&path).unwrap());
        assert_eq!(ask(&one, &[11]), [11]);
        assert_eq!(ask(&two, &[13, 1, 2]), [2, 1, 13]);
        // Add an identity, remove all, lock, an extension.
        for kind in [17, 19, 22, 27] {
            assert_eq!(ask(&one, &[kind, 1]), [5]);
        }
        assert_eq!(ask(&one, &[11, 9]), [9, 11]);
        // Too long: this client is dropped, and nobody else.
        (&one).write_all(&u32::MAX.to_be_bytes()).unwrap();
        assert!(receive(&one).unwrap().is_none());
        assert_eq!(ask(&two, &[11]), [11]);
        drop(proxy);
        assert!(receive(&two).unwrap().is_none());
        assert_eq!(agent.join().unwrap(), [11, 13, 11, 11]);
    }
}
