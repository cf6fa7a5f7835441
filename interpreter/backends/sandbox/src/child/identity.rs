//! Who the command is and what it may do.

use super::image::Identity;
use super::report::{At, Failure, Stage};
use super::sys::{self, Errno, Sys};

/// Capabilities a command can have inside its namespace, by number and name (`linux/capability.h`): the set that Docker grants, less
/// `CAP_NET_RAW`, `CAP_MKNOD` and `CAP_AUDIT_WRITE`.
pub(crate) const CAPABILITIES: [(u32, &str); 11] = [
    (0, "CHOWN"),
    (1, "DAC_OVERRIDE"),
    (3, "FOWNER"),
    (4, "FSETID"),
    (5, "KILL"),
    (6, "SETGID"),
    (7, "SETUID"),
    (8, "SETPCAP"),
    (10, "NET_BIND_SERVICE"),
    (18, "SYS_CHROOT"),
    (31, "SETFCAP"),
];

/// The set as bits.
pub(crate) const CAPABILITY_BITS: u64 = {
    let mut bits = 0;
    let mut index = 0;
    while index < CAPABILITIES.len() {
        bits |= 1 << CAPABILITIES[index].0;
        index += 1;
    }
    bits
};

/// Takes from the bounding set what no program may gain, not even a set-user-id one. What this process has already it keeps: the
/// set counts when a program is executed. So a step's first process, which executes none, does this before there is a step.
pub(crate) fn drop_bounding_set() -> Sys<()> {
    for capability in (0..64).filter(|capability| CAPABILITY_BITS & (1 << capability) == 0) {
        match sys::prctl(libc::PR_CAPBSET_DROP, capability) {
            // The kernel knows no capability with this number, and none after it.
            Err(Errno(libc::EINVAL)) => break,
            other => other?,
        }
    }
    Ok(())
}

/// Becomes the user that the step asked for. A user other than root has no capabilities.
pub(crate) fn become_user(identity: &Identity) -> Result<(), Failure> {
    if identity.may_set_groups {
        sys::setgroups(&identity.groups).at(Stage::Groups)?;
    }
    sys::setresgid(identity.gid).at(Stage::GroupId)?;
    sys::setresuid(identity.uid).at(Stage::UserId)?;
    let capabilities = match (identity.uid, identity.privileged) {
        (0, false) => CAPABILITY_BITS,
        // The kernel passes over those that it does not know.
        (0, true) => u64::MAX,
        _ => 0,
    };
    sys::capset(capabilities).at(Stage::Capabilities)
}
