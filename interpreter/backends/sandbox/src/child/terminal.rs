//! The terminal of a step that is run for a person: one of the step's own `/dev/pts`, which has no other side than the one that the person
//! gets. It becomes the controlling terminal of the command's session; nobody in the step ever has a descriptor of the user's own.

use std::os::fd::RawFd;

use super::image::Identity;
use super::report::{At, Failure, Stage};
use super::sys;

/// Makes one for the step's user, gives the person's side away over a socket, and waits until that is in their hands. The command's side.
pub(super) fn make(socket: RawFd, identity: &Identity) -> Result<RawFd, Failure> {
    let stage = Stage::Terminal;
    let person = sys::open_terminal(c"/dev/ptmx").at(stage)?;
    sys::unlock_terminal(person).at(stage)?;
    let command = sys::other_side(person).at(stage)?;
    sys::fchown(command, identity.uid, identity.gid).at(stage)?;
    sys::fchmod(command, 0o620).at(stage)?;
    sys::send_descriptor(socket, person).at(stage)?;
    sys::close(person);
    match sys::read_byte(socket).at(stage)? {
        true => Ok(command),
        // The person's side is in nobody's hands, and nobody would see what the command does.
        false => Err(Failure { stage, detail: 0, errno: libc::EPIPE }),
    }
}

/// Makes what is standard input the controlling terminal of this session, which has none.
pub(super) fn take() -> Result<(), Failure> {
    sys::control_terminal(0).at(Stage::Terminal)
}
