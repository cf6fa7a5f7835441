//! The kernel, and what surrounds the sandbox without being part of it.

use std::fs::OpenOptions;
use std::path::Path;

use super::Finding;

/// The first kernel with everything that is used: overlays whose layers are appended one by one.
const OLDEST_KERNEL: (u32, u32) = (6, 5);

pub(super) fn kernel() -> Finding {
    const NAME: &str = "kernel";
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy().into_owned();
    match version(&release) {
        Some(found) if found < OLDEST_KERNEL => Finding::missing(
            NAME,
            format!("Linux {release} is too old"),
            format!("use Linux {}.{} or newer", OLDEST_KERNEL.0, OLDEST_KERNEL.1),
        ),
        _ => Finding::good(NAME, format!("Linux {release}")),
    }
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

pub(super) fn tools() -> [Finding; 2] {
    [cgroups(), docker()]
}

/// Limits on memory, processors and processes.
fn cgroups() -> Finding {
    const NAME: &str = "cgroups";
    let root = Path::new("/sys/fs/cgroup");
    let unified = root.join("cgroup.controllers").exists();
    let legacy = ["memory", "pids", "cpu"].iter().any(|name| root.join(name).is_dir());
    match (unified, legacy) {
        (true, _) if own_cgroup_is_writable(root) => {
            Finding::good(NAME, "version 2, and this session's is its own")
        }
        (true, _) => Finding::limited(
            NAME,
            "version 2, but this session's belongs to somebody else: steps get no limits",
            "`systemd-run --user --scope -p Delegate=yes pipe …`",
        ),
        (false, true) => Finding::limited(
            NAME,
            "version 1: steps get no limits",
            "boot with `systemd.unified_cgroup_hierarchy=1`, should limits be needed",
        ),
        (false, false) => {
            Finding::limited(NAME, "none: steps get no limits", "mount them, should limits be needed")
        }
    }
}

fn own_cgroup_is_writable(root: &Path) -> bool {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let path = own.lines().find_map(|line| line.strip_prefix("0::"));
    path.is_some_and(|path| {
        let file = root.join(path.trim_start_matches('/')).join("cgroup.subtree_control");
        OpenOptions::new().write(true).open(file).is_ok()
    })
}

/// Another way to run steps.
fn docker() -> Finding {
    const NAME: &str = "docker";
    let socket = Path::new("/var/run/docker.sock");
    if !socket.exists() {
        return Finding::good(NAME, "no daemon here, and none is needed");
    }
    match std::os::unix::net::UnixStream::connect(socket) {
        Ok(_) => Finding::good(NAME, "a daemon answers; it is not needed"),
        Err(error) => Finding::good(NAME, format!("a daemon's socket is there ({error}); it is not needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_all_kinds() {
        assert_eq!(version("6.18.44-fc-v857"), Some((6, 18)));
        assert_eq!(version("5.15.0-91-generic"), Some((5, 15)));
        assert_eq!(version("7.0"), Some((7, 0)));
        assert_eq!(version("next"), None);
    }
}
