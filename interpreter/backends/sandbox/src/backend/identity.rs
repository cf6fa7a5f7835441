//! Which ids the steps of this user have on this machine.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::ids::{self, SubIds};

/// The files that give ranges of ids to users.
pub(super) const SUBUID: &str = "/etc/subuid";
pub(super) const SUBGID: &str = "/etc/subgid";

/// Host ids below this are given to people and services; no range of a store begins there on a plain host.
const FIRST_RANGE: u32 = 65_536;

/// The owner that `layers/` and `work/` of a store must have, for [`pipe_store::StoreOptions`]: as root, the ids that are 0 to steps
/// (those that the store already has, else those that new ones get); `None` for an ordinary user.
pub fn layer_owner(store: &Path) -> Option<(u32, u32)> {
    root_ranges(store).map(|(users, groups)| (users.start, groups.start))
}

/// The ranges that root's steps have; `None` for an ordinary user, and where root has no ids to give.
pub(crate) fn root_ranges(store: &Path) -> Option<(SubIds, SubIds)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = ids::ids_of_this_namespace(Path::new("/proc/self/uid_map"));
    let groups = ids::ids_of_this_namespace(Path::new("/proc/self/gid_map"));
    let taken = std::fs::metadata(store.join("layers")).ok().map(|meta| (meta.uid(), meta.gid()));
    if let Some(ranges) = taken.and_then(|owner| existing(owner, &users, &groups)) {
        return Some(ranges);
    }
    let uids = ids::subordinate_ids(Path::new(SUBUID), Some("root"), 0);
    let gids = ids::subordinate_ids(Path::new(SUBGID), Some("root"), 0);
    Some((ids::root_range(&uids, &users)?, ids::root_range(&gids, &groups)?))
}

/// A store keeps the range it was made with, though `/etc/subuid` may have changed since.
fn existing((uid, gid): (u32, u32), users: &[SubIds], groups: &[SubIds]) -> Option<(SubIds, SubIds)> {
    let range = |start: u32, available: &[SubIds]| {
        let range = SubIds { start, count: ids::FULL_RANGE };
        (start >= FIRST_RANGE && available.iter().any(|have| have.contains(&range))).then_some(range)
    };
    Some((range(uid, users)?, range(gid, groups)?))
}

/// The ranges that `/etc/subuid` and `/etc/subgid` give to this user.
pub(super) fn own_ranges() -> (Vec<SubIds>, Vec<SubIds>) {
    let uid = rustix::process::getuid().as_raw();
    let name = user_name(uid);
    let ranges = |file: &str| ids::subordinate_ids(Path::new(file), name.as_deref(), uid);
    (ranges(SUBUID), ranges(SUBGID))
}

/// Everybody's ranges.
pub(super) fn taken_ranges() -> Vec<SubIds> {
    [SUBUID, SUBGID].into_iter().flat_map(|file| ids::all_ranges(Path::new(file))).collect()
}

/// The command that gives a user a range: the next after all that are taken.
pub(crate) fn range_command(user: &str, taken: &[SubIds]) -> String {
    let ends = taken.iter().map(|range| range.start.saturating_add(range.count));
    let start = ends.fold(100_000, u32::max);
    let last = start.saturating_add(ids::FULL_RANGE - 1);
    format!("sudo usermod --add-subuids {start}-{last} --add-subgids {start}-{last} {user}")
}

/// The user's name, from whichever source the system has (`nsswitch.conf`).
pub(crate) fn user_name(uid: u32) -> Option<String> {
    let mut buffer = vec![0; 16 * 1024];
    let mut entry = std::mem::MaybeUninit::<libc::passwd>::uninit();
    let mut found: *mut libc::passwd = std::ptr::null_mut();
    // SAFETY: all four pointers lead to live memory of the lengths that are passed.
    let status = unsafe {
        libc::getpwuid_r(uid, entry.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len(), &raw mut found)
    };
    if status != 0 || found.is_null() {
        return None;
    }
    // SAFETY: the call succeeded, so `found` points to `entry`, whose name is a text in `buffer` that ends in NUL.
    let name = unsafe { std::ffi::CStr::from_ptr((*found).pw_name) };
    name.to_str().ok().map(str::to_owned)
}
