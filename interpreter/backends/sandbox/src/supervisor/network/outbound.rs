//! Links for steps, and the gateway that they lead to. There are no more links than steps at once, and none before the first step that
//! asks for one, or is expected to: one costs the kernel milliseconds, at its beginning and at its end.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::door::{Door, Doorkeeper, Place};
use super::gateway::{Arrival, Attachment, Gateway, Refused};
use super::link::{Failure, GATEWAY_V4, Hub, Link};
use super::resolvers::{self, Resolvers};
use super::services::Neighbors;
use super::wire::Wire;
use crate::protocol::Egress;

/// Gives steps a way out.
pub(in crate::supervisor) struct Outbound {
    /// Where the files for steps are made: relative to the store.
    folder: PathBuf,
    ways: Mutex<Vec<Arc<Way>>>,
    /// Makes a link ahead.
    expecting: Mutex<Option<JoinHandle<()>>>,
    doorkeeper: Mutex<Option<Arc<Doorkeeper>>>,
}

/// A way out for all steps with the same permission.
struct Way {
    number: usize,
    egress: Egress,
    gateway: Gateway,
    maker: Mutex<Maker>,
    /// Links that steps had and did not use, and one that was made ahead.
    spare: Mutex<Vec<Link>>,
    /// None where nobody is asked for names.
    resolv_conf: Option<PathBuf>,
    hosts: PathBuf,
}

/// The thread that makes links, one when it is asked.
struct Maker {
    wanted: Sender<()>,
    links: Receiver<Result<Link, Failure>>,
}

/// A step's network; it lasts as long as this.
pub(in crate::supervisor) struct Outside {
    link: Link,
    attachment: Attachment,
    way: Arc<Way>,
    door: Option<Door>,
    /// Files for the step's `/etc`.
    pub(in crate::supervisor) resolv_conf: Option<PathBuf>,
    pub(in crate::supervisor) hosts: PathBuf,
}

/// What one step has beside what all with its permission have.
#[derive(Default)]
pub(in crate::supervisor) struct Surroundings {
    /// Services that it reaches.
    pub(in crate::supervisor) neighbors: Neighbors,
    /// It is a service itself.
    pub(in crate::supervisor) is_service: bool,
    /// Sockets of the host that lead to ports of this service.
    pub(in crate::supervisor) tunnels: Vec<(TcpListener, u16)>,
}

impl Outside {
    /// The step's network namespace.
    pub(in crate::supervisor) fn namespace(&self) -> BorrowedFd<'_> {
        self.link.namespace.as_fd()
    }

    /// What the step asked for and may not reach; nothing of one that was to reach nothing.
    pub(in crate::supervisor) fn refused(&self) -> Vec<SocketAddr> {
        if self.way.egress.public { self.attachment.refused.list() } else { Vec::new() }
    }

    /// The way into it, if it is a service's or offers some.
    pub(in crate::supervisor) fn door(&self) -> Option<Door> {
        self.door.clone()
    }

    /// The step is gone, with all its processes: what it did not use is for another. Not what others know the way into.
    pub(in crate::supervisor) fn recycle(self) {
        let Outside { link, attachment, way, door, .. } = self;
        let is_shared = attachment.has_listeners || door.is_some();
        drop(attachment);
        if !is_shared && link.is_as_new() {
            way.spare().push(link);
        }
    }
}

impl Outbound {
    /// Starts nothing yet.
    pub(in crate::supervisor) fn new(folder: &Path) -> Outbound {
        Outbound {
            folder: folder.to_path_buf(),
            ways: Mutex::default(),
            expecting: Mutex::default(),
            doorkeeper: Mutex::default(),
        }
    }

    /// Begins to make a link, on a thread of its own, for a step that will ask for one. The calling thread is in the host's network.
    pub(in crate::supervisor) fn expect(self: &Arc<Outbound>, egress: Egress) {
        let outbound = self.clone();
        let thread = std::thread::spawn(move || {
            // What cannot be made the step is told.
            if let Ok(way) = outbound.way(&egress) {
                way.make_ahead();
            }
        });
        *self.expecting.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    /// Waits until nothing more is made that no step asked for.
    pub(in crate::supervisor) fn end(&self) {
        let expecting = self.expecting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _ = expecting.map(JoinHandle::join);
    }

    /// A network for one step. The calling thread is in the host's.
    ///
    /// # Errors
    /// What this machine refuses, in the middle of a sentence.
    pub(in crate::supervisor) fn give(
        &self,
        egress: &Egress,
        surroundings: Surroundings,
    ) -> Result<Outside, String> {
        let way = self.way(egress)?;
        let mut link = way.link()?;
        let Surroundings { neighbors, is_service, tunnels } = surroundings;
        let mut listeners: Vec<(TcpListener, Place)> = std::mem::take(&mut link.listeners)
            .into_iter()
            .filter_map(|listener| Some((listener.local_addr().ok()?, listener)))
            .map(|(address, listener)| (listener, Place::Host(address)))
            .collect();
        let mut door = None;
        if is_service || !neighbors.is_empty() {
            let into = Door::into(link.namespace.clone(), self.doorkeeper()?);
            listeners.extend(neighbors.listeners(&into)?);
            let tunnel = |(listener, port)| (listener, Place::Service(into.clone(), port));
            listeners.extend(tunnels.into_iter().map(tunnel));
            door = Some(into);
        }
        let hosts = self.hosts(&way, &link, egress, &neighbors)?;
        let (egress, refused) = (egress.clone(), Arc::new(Refused::default()));
        let arrival = Arrival { index: link.index, egress, neighbors, refused, listeners };
        let attachment = way.gateway.attach(arrival);
        Ok(Outside { link, attachment, resolv_conf: way.resolv_conf.clone(), hosts, way, door })
    }

    fn doorkeeper(&self) -> Result<Arc<Doorkeeper>, String> {
        let mut keeper = self.doorkeeper.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keeper) = &*keeper {
            return Ok(keeper.clone());
        }
        let started = Doorkeeper::start().map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(keeper.insert(started).clone())
    }

    /// The file with the names that a step knows: that of its way, unless it knows services beside.
    fn hosts(
        &self,
        way: &Way,
        link: &Link,
        egress: &Egress,
        neighbors: &Neighbors,
    ) -> Result<PathBuf, String> {
        if neighbors.is_empty() {
            return Ok(way.hosts.clone());
        }
        // A link's number is given to one step at a time, and links of another way count for themselves.
        let name = format!("hosts-{}-{}", way.number, link.index);
        write(&self.folder.join(name), &resolvers::hosts(egress, &neighbors.names))
    }

    fn way(&self, egress: &Egress) -> Result<Arc<Way>, String> {
        let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = ways.iter().find(|way| way.egress == *egress) {
            return Ok(known.clone());
        }
        let way = Arc::new(Way::new(egress, &self.folder, ways.len())?);
        ways.push(way.clone());
        Ok(way)
    }
}

impl Way {
    fn new(egress: &Egress, folder: &Path, number: usize) -> Result<Way, String> {
        let resolvers = Arc::new(Resolvers::of_host());
        let resolv_conf = egress.public.then(|| {
            let file = resolvers.file(IpAddr::V4(GATEWAY_V4));
            write(&folder.join(format!("resolv.conf{number}")), &file)
        });
        let resolv_conf = resolv_conf.transpose()?;
        let hosts = write(&folder.join(format!("hosts{number}")), &resolvers::hosts(egress, &[]))?;
        let (wire_sender, wire) = channel();
        let (wanted, wants) = channel();
        let (sender, links) = channel();
        let granted = egress.clone();
        std::thread::spawn(move || make_links(&granted, &wire_sender, &wants, &sender));
        let wire = wire.recv().map_err(|_| "the network's thread is gone".to_owned())?.map_err(text)?;
        let gateway =
            Gateway::start(wire, resolvers).map_err(|error| format!("cannot start the gateway: {error}"))?;
        Ok(Way {
            number,
            egress: egress.clone(),
            gateway,
            maker: Mutex::new(Maker { wanted, links }),
            spare: Mutex::default(),
            resolv_conf,
            hosts,
        })
    }

    /// One that is left over, else a new one.
    fn link(&self) -> Result<Link, String> {
        if let Some(spare) = self.spare().pop() {
            return Ok(spare);
        }
        let maker = self.maker.lock().unwrap_or_else(PoisonError::into_inner);
        // Who was before may have made one ahead.
        let spare = self.spare().pop();
        spare.map_or_else(|| maker.make(), Ok)
    }

    /// Makes one for whoever comes, unless there is one.
    fn make_ahead(&self) {
        let maker = self.maker.lock().unwrap_or_else(PoisonError::into_inner);
        if self.spare().is_empty()
            && let Ok(link) = maker.make()
        {
            self.spare().push(link);
        }
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Link>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Maker {
    fn make(&self) -> Result<Link, String> {
        let made = self.wanted.send(()).ok().and_then(|()| self.links.recv().ok());
        made.ok_or_else(|| "the network's thread is gone".to_owned())?.map_err(text)
    }
}

/// Writes a file for a step's `/etc`.
fn write(path: &Path, content: &str) -> Result<PathBuf, String> {
    std::fs::write(path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    // Every user of the step reads it, whatever umask `pipe` was started with.
    let readable = std::fs::set_permissions(path, PermissionsExt::from_mode(0o644));
    readable.map_err(|error| format!("cannot open {}: {error}", path.display()))?;
    Ok(path.to_path_buf())
}

fn text((what, error): Failure) -> String {
    format!("cannot {what}: {error}")
}

/// The life of the thread that makes links: until nobody can ask for one any more.
fn make_links(
    egress: &Egress,
    wire: &Sender<Result<Wire, Failure>>,
    wants: &Receiver<()>,
    links: &Sender<Result<Link, Failure>>,
) {
    let mut hub = match Hub::new() {
        Ok((hub, opened)) => {
            let _ = wire.send(Ok(opened));
            hub
        }
        Err(failure) => return drop(wire.send(Err(failure))),
    };
    while wants.recv().is_ok() {
        // A step that cannot have one is told; the next may have more luck.
        if links.send(hub.link(egress)).is_err() {
            return;
        }
    }
}
