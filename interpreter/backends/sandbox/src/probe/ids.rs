//! How many user ids steps have.

use std::path::Path;

use super::Finding;
use crate::backend::{own_ranges, range_command, root_ranges, user_name};
use crate::ids::is_installed;

const NAME: &str = "user ids";

pub(super) fn probe(store: &Path) -> Finding {
    if let Some((users, _)) = root_ranges(store) {
        let last = users.start.saturating_add(users.count.saturating_sub(1));
        return Finding::good(NAME, format!("steps have those from {} to {last}", users.start));
    }
    let (users, groups) = own_ranges();
    let name = user_name(rustix::process::getuid().as_raw()).unwrap_or_default();
    let helpers = is_installed("newuidmap") && is_installed("newgidmap");
    let few = "steps have a single one, so `chown` to another user fails in them";
    if rustix::process::geteuid().is_root() {
        let meaning = format!("{few}: the container around pipe has no other ids");
        return Finding::limited(NAME, meaning, "give that container a range of user ids");
    }
    if users.is_empty() || groups.is_empty() {
        let install =
            if helpers { "" } else { " and install `newuidmap` (package `uidmap` or `shadow-utils`)" };
        let meaning = format!("{few}: /etc/subuid and /etc/subgid have no range for {name}");
        return Finding::limited(NAME, meaning, format!("`{}`{install}", range_command(&name)));
    }
    if !helpers {
        let meaning = format!("{few}: `newuidmap` and `newgidmap` are not installed");
        return Finding::limited(
            NAME,
            meaning,
            "`sudo apt install uidmap` (Debian, Ubuntu), `sudo dnf install shadow-utils` (Fedora)",
        );
    }
    let count: u64 = users.iter().map(|range| u64::from(range.count)).sum();
    Finding::good(NAME, format!("steps have {name}'s own and {count} of /etc/subuid"))
}
