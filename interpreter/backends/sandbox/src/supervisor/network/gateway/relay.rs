//! Connections from one loopback to another, or to a service: granted ports of the host, services at a step's own loopback, tunnels from
//! the host. Both halves are sockets of the kernel; a thread for each direction copies.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::door::Place;

/// Those of one step; when they are dropped, all are cut.
#[derive(Default)]
pub(super) struct Relays {
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relays {
    /// Takes the connections that wait at a listener.
    pub(super) fn accept(&self, listener: &TcpListener, place: &Place) {
        while let Ok((near, _)) = listener.accept() {
            let (open, place) = (self.open.clone(), place.clone());
            // Refused for want of threads, it is closed.
            let _ = std::thread::Builder::new().spawn(move || relay(&near, &place, &open));
        }
    }
}

impl Drop for Relays {
    fn drop(&mut self) {
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// This thread lives in the host's network.
fn relay(near: &TcpStream, place: &Place, open: &Mutex<Vec<TcpStream>>) -> Option<()> {
    let far = place.connect().ok()?;
    near.set_nonblocking(false).ok()?;
    let halves = [near.try_clone().ok()?, far.try_clone().ok()?];
    open.lock().unwrap_or_else(PoisonError::into_inner).extend(halves);
    std::thread::scope(|scope| {
        scope.spawn(|| copy(near, &far));
        copy(&far, near);
    });
    Some(())
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
