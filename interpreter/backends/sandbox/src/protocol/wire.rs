//! Framing: eight bytes of header (length and number of descriptors, both little-endian `u32`), then the message in `postcard`'s
//! encoding. Descriptors travel with the header.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// The most descriptors a message carries, which is what the kernel takes (`SCM_MAX_FD`): three streams, control groups, and a service's
/// tunnels, or the ways into a privileged step's services.
const MAX_FDS: usize = 253;
/// The longest message: scans of very large layers are tens of megabytes.
const MAX_LEN: u32 = 1 << 30;
const HEADER: usize = 8;

/// Why a message could not be sent or received.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// The other side is gone.
    #[error("the connection was closed")]
    Closed,
    /// A message that makes no sense here.
    #[error("expected the message `{expected}`, got `{got}`")]
    Unexpected { expected: &'static str, got: &'static str },
    /// Not a message.
    #[error("a message that cannot be read: {0}")]
    Malformed(String),
    #[error("the connection failed: {0}")]
    Io(#[from] std::io::Error),
}

impl From<Errno> for WireError {
    fn from(errno: Errno) -> WireError {
        match errno {
            Errno::PIPE | Errno::CONNRESET => WireError::Closed,
            other => WireError::Io(other.into()),
        }
    }
}

/// Sends a message with descriptors.
pub(crate) fn send<M: Serialize>(
    socket: &UnixStream,
    message: &M,
    fds: &[BorrowedFd<'_>],
) -> Result<(), WireError> {
    // Secrets may be in it.
    let body = postcard::to_stdvec(message).map_err(|error| WireError::Malformed(error.to_string()))?;
    let body = Zeroizing::new(body);
    let len = u32::try_from(body.len()).ok().filter(|len| *len <= MAX_LEN);
    let len = len.ok_or_else(|| WireError::Malformed(format!("{} bytes are too many", body.len())))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(HEADER + body.len()));
    bytes.extend(len.to_le_bytes());
    bytes.extend((fds.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&body);

    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(WireError::Malformed(format!("{} descriptors are too many", fds.len())));
    }
    let sent = loop {
        match sendmsg(socket, &[IoSlice::new(&bytes)], &mut ancillary, SendFlags::NOSIGNAL) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    };
    let mut rest = socket;
    rest.write_all(bytes.get(sent..).unwrap_or_default()).map_err(closed)
}

/// Receives the next message with its descriptors.
pub(crate) fn receive<M: DeserializeOwned>(socket: &UnixStream) -> Result<(M, Vec<OwnedFd>), WireError> {
    let (header, fds) = receive_header(socket)?;
    let [a, b, c, d, e, f, g, h] = header;
    let (len, count) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    if len > MAX_LEN || count as usize != fds.len() {
        return Err(WireError::Malformed(format!(
            "{len} bytes, {count} descriptors of which {} came",
            fds.len()
        )));
    }
    let mut body = Zeroizing::new(vec![0; len as usize]);
    let mut stream = socket;
    stream.read_exact(&mut body).map_err(closed)?;
    let message = postcard::from_bytes(&body).map_err(|error| WireError::Malformed(error.to_string()))?;
    Ok((message, fds))
}

fn receive_header(socket: &UnixStream) -> Result<([u8; HEADER], Vec<OwnedFd>), WireError> {
    let mut header = [0; HEADER];
    let mut filled = 0;
    let mut fds = Vec::new();
    while filled < HEADER {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let rest = header.get_mut(filled..).unwrap_or_default();
        let flags = RecvFlags::CMSG_CLOEXEC;
        let received = match recvmsg(socket.as_fd(), &mut [IoSliceMut::new(rest)], &mut ancillary, flags) {
            Err(Errno::INTR) => continue,
            other => other?,
        };
        if received.bytes == 0 {
            return Err(WireError::Closed);
        }
        filled += received.bytes;
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                fds.extend(rights);
            }
        }
    }
    Ok((header, fds))
}

fn closed(error: std::io::Error) -> WireError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof
        | std::io::ErrorKind::BrokenPipe
        | std::io::ErrorKind::ConnectionReset => WireError::Closed,
        _ => WireError::Io(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn messages_arrive_whole_with_their_descriptors() {
        let (left, right) = UnixStream::pair().unwrap();
        let file = std::fs::File::open("/dev/null").unwrap();
        let long = "x".repeat(3 << 20);
        let writer = std::thread::spawn({
            let long = long.clone();
            move || {
                send(&left, &long, &[file.as_fd(), file.as_fd()]).unwrap();
                send(&left, &"short".to_owned(), &[]).unwrap();
            }
        });
        let (first, fds) = receive::<String>(&right).unwrap();
        assert_eq!((first == long, fds.len()), (true, 2));
        let (second, fds) = receive::<String>(&right).unwrap();
        assert_eq!((second.as_str(), fds.len()), ("short", 0));
        writer.join().unwrap();
        assert!(matches!(receive::<String>(&right), Err(WireError::Closed)));
    }

    #[test]
    fn nonsense_is_refused() {
        let (mut left, right) = UnixStream::pair().unwrap();
        left.write_all(&[255; 8]).unwrap();
        assert!(matches!(receive::<String>(&right), Err(WireError::Malformed(_))));
    }
}
