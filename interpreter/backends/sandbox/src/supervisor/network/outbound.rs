//! Links for steps, and the gateway that they lead to. Nothing of it is there before the first step that asks for it, and there are no more
//! links than steps at once: one costs the kernel milliseconds, at its beginning and at its end.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::gateway::{Attachment, Gateway};
use super::link::{Failure, GATEWAY_V4, Hub, Link};
use super::resolvers::{self, Resolvers};
use super::wire::Wire;
use crate::protocol::Egress;

/// Gives steps a way out.
pub(in crate::supervisor) struct Outbound {
    /// Where the files for steps are made: relative to the store.
    folder: PathBuf,
    ways: Mutex<Vec<Arc<Way>>>,
}

/// A way out for all steps with the same permission.
struct Way {
    egress: Egress,
    gateway: Gateway,
    maker: Mutex<Maker>,
    /// Links that steps had and did not use.
    spare: Mutex<Vec<Link>>,
    resolv_conf: PathBuf,
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
    /// Files for the step's `/etc`.
    pub(in crate::supervisor) resolv_conf: PathBuf,
    pub(in crate::supervisor) hosts: PathBuf,
}

impl Outside {
    /// The step's network namespace.
    pub(in crate::supervisor) fn namespace(&self) -> BorrowedFd<'_> {
        self.link.namespace.as_fd()
    }

    /// What the step asked for and may not reach.
    pub(in crate::supervisor) fn refused(&self) -> Vec<SocketAddr> {
        self.attachment.refused.list()
    }

    /// The step is gone, with all its processes: what it did not use is for another.
    pub(in crate::supervisor) fn recycle(self) {
        let Outside { link, attachment, way, .. } = self;
        let has_listeners = attachment.has_listeners;
        drop(attachment);
        if !has_listeners && link.is_as_new() {
            way.spare.lock().unwrap_or_else(PoisonError::into_inner).push(link);
        }
    }
}

impl Outbound {
    /// Starts nothing yet.
    pub(in crate::supervisor) fn new(folder: &Path) -> Outbound {
        Outbound { folder: folder.to_path_buf(), ways: Mutex::default() }
    }

    /// A network for one step. The calling thread is in the host's.
    ///
    /// # Errors
    /// What this machine refuses, in the middle of a sentence.
    pub(in crate::supervisor) fn give(&self, egress: &Egress) -> Result<Outside, String> {
        let way = self.way(egress)?;
        let mut link = way.link()?;
        let listeners = std::mem::take(&mut link.listeners);
        let attachment = way.gateway.attach(link.index, egress.clone(), listeners);
        let (resolv_conf, hosts) = (way.resolv_conf.clone(), way.hosts.clone());
        Ok(Outside { link, attachment, resolv_conf, hosts, way })
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
        let write = |name: &str, content: String| {
            let path = folder.join(format!("{name}{number}"));
            std::fs::write(&path, content)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            // Every user of the step reads it, whatever umask `pipe` was started with.
            let readable = std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644));
            readable.map_err(|error| format!("cannot open {}: {error}", path.display()))?;
            Ok::<_, String>(path)
        };
        let resolv_conf = write("resolv.conf", resolvers.file(IpAddr::V4(GATEWAY_V4)))?;
        let hosts = write("hosts", resolvers::hosts(egress))?;
        let (wire_sender, wire) = channel();
        let (wanted, wants) = channel();
        let (sender, links) = channel();
        let granted = egress.clone();
        std::thread::spawn(move || make_links(&granted, &wire_sender, &wants, &sender));
        let wire = wire.recv().map_err(|_| "the network's thread is gone".to_owned())?.map_err(text)?;
        let gateway =
            Gateway::start(wire, resolvers).map_err(|error| format!("cannot start the gateway: {error}"))?;
        Ok(Way {
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
        if let Some(spare) = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(spare);
        }
        let maker = self.maker.lock().unwrap_or_else(PoisonError::into_inner);
        let made = maker.wanted.send(()).ok().and_then(|()| maker.links.recv().ok());
        made.ok_or_else(|| "the network's thread is gone".to_owned())?.map_err(text)
    }
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
