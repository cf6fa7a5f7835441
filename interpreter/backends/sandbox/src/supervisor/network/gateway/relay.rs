//! Connections to granted ports of the host's loopback. Both halves are sockets of the kernel; a thread for each direction copies.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// Those of one step; when they are dropped, all are cut.
#[derive(Default)]
pub(super) struct Relays {
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relays {
    /// Takes the connections that wait at a listener, whose own address is where they lead on the host.
    pub(super) fn accept(&self, listener: &TcpListener) {
        let Ok(target) = listener.local_addr() else { return };
        while let Ok((inside, _)) = listener.accept() {
            let open = self.open.clone();
            // Refused for want of threads, it is closed.
            let _ = std::thread::Builder::new().spawn(move || relay(&inside, target, &open));
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
fn relay(inside: &TcpStream, target: SocketAddr, open: &Mutex<Vec<TcpStream>>) -> Option<()> {
    let outside = TcpStream::connect(target).ok()?;
    inside.set_nonblocking(false).ok()?;
    let halves = [inside.try_clone().ok()?, outside.try_clone().ok()?];
    open.lock().unwrap_or_else(PoisonError::into_inner).extend(halves);
    std::thread::scope(|scope| {
        scope.spawn(|| copy(inside, &outside));
        copy(&outside, inside);
    });
    Some(())
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
