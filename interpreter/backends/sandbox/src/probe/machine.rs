//! The kernel, and what surrounds the sandbox without being part of it.

use std::path::Path;

use super::Finding;
use crate::cgroup::{Places, Version};
use crate::machine::Machine;

/// The first kernel with everything that is used: overlays whose layers are appended one by one.
const OLDEST_KERNEL: (u32, u32) = (6, 5);

pub(super) fn kernel(machine: &dyn Machine) -> Finding {
    const NAME: &str = "kernel";
    let release = machine.release();
    match version(&release) {
        Some(found) if found < OLDEST_KERNEL => Finding::missing(
            NAME,
            format!("Linux {release} is too old"),
            format!("use Linux {}.{} or newer", OLDEST_KERNEL.0, OLDEST_KERNEL.1),
        ),
        _ => Finding::good(NAME, format!("Linux {release}")),
    }
}

/// The first two numbers of a kernel's release.
pub(crate) fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// Whether there is overlayfs. A kernel loads the module by itself for root only.
pub(super) fn overlay(machine: &dyn Machine) -> Finding {
    const NAME: &str = "overlay";
    let known = machine.text("/proc/filesystems").unwrap_or_default();
    if known.lines().any(|line| line.split_whitespace().last() == Some("overlay")) {
        return Finding::good(NAME, "the kernel has overlayfs");
    }
    let meaning = "the kernel has not loaded overlayfs, which every step stands on";
    let remedy =
        "`sudo modprobe overlay`, and `echo overlay | sudo tee /etc/modules-load.d/overlay.conf` to keep it";
    Finding::limited(NAME, meaning, remedy)
}

/// File systems that cannot hold what a step writes, by the magic number of `statfs(2)`, with why.
const ODD: [(i64, &str, &str); 9] = [
    (0x794c_7630, "an overlay", "as inside a container, where none can be on top of another"),
    (0x6969, "NFS", "which has no extended attributes for overlays"),
    (0xff53_4d42, "CIFS", "which has no modes and no links"),
    (0xfe53_4d42, "SMB", "which has no modes and no links"),
    (0x0102_1997, "9p", "which is the host's folder in a virtual machine"),
    (0x6573_5546, "FUSE", "which most often cannot hold an overlay"),
    (0x4d44, "FAT", "which has no modes and no links"),
    (0x2011_bab0, "exFAT", "which has no modes and no links"),
    (0xf15f, "eCryptfs", "which cannot hold an overlay"),
];

/// Whether the store lies where overlays can.
pub(super) fn store(machine: &dyn Machine, store: &Path) -> Option<Finding> {
    const NAME: &str = "the store";
    let magic = machine.file_system(&store.to_string_lossy())?;
    let (_, kind, why) = ODD.iter().find(|(known, _, _)| *known == magic)?;
    Some(Finding::limited(
        NAME,
        format!("{} is on {kind}, {why}", store.display()),
        "set PIPE_STORE to a folder on ext4, xfs, btrfs or tmpfs",
    ))
}

/// Limits on memory, processors and processes.
pub(super) fn cgroups(machine: &dyn Machine) -> Finding {
    const NAME: &str = "cgroups";
    let places = Places::find(machine);
    let Some((first, lack)) = places.lacks().first() else {
        let version = match places.hierarchies.first().map(|hierarchy| hierarchy.version) {
            Some(Version::One) => "version 1",
            _ => "version 2, and this session's is its own",
        };
        return Finding::good(NAME, format!("{version}: steps can be limited"));
    };
    let names: Vec<&str> = places.lacks().iter().map(|(controller, _)| controller.argument()).collect();
    let meaning = format!("{}: limits on {} hold only roughly", lack.meaning(*first), names.join(", "));
    Finding::limited(NAME, meaning, format!("{}, should limits be needed", lack.remedy()))
}

/// Another way to run steps.
pub(super) fn docker() -> Finding {
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
    use crate::machine::Recorded;
    use crate::probe::Status;

    #[track_caller]
    fn is(finding: &Finding, status: Status, meaning: &str, remedy: &str) {
        assert_eq!(finding.status, status, "{finding:?}");
        assert!(finding.meaning.contains(meaning), "{finding:?}");
        assert!(finding.remedy.as_deref().unwrap_or_default().contains(remedy), "{finding:?}");
    }

    #[test]
    fn releases_of_all_kinds() {
        assert_eq!(version("6.18.44-fc-v857"), Some((6, 18)));
        assert_eq!(version("5.15.0-91-generic"), Some((5, 15)));
        assert_eq!(version("7.0"), Some((7, 0)));
        assert_eq!(version("next"), None);
    }

    #[test]
    fn a_kernel_is_new_enough_or_not() {
        is(&kernel(&Recorded::good()), Status::Good, "Linux 6.8.0-45-generic", "");
        is(
            &kernel(&Recorded::good().release("6.4.99")),
            Status::Missing,
            "6.4.99 is too old",
            "Linux 6.5 or newer",
        );
        is(&kernel(&Recorded::good().release("next")), Status::Good, "next", "");
    }

    #[test]
    fn overlayfs_is_there_or_its_module_is_named() {
        is(&overlay(&Recorded::good()), Status::Good, "overlayfs", "");
        let without = Recorded::good().file("/proc/filesystems", "nodev\tproc\nnodev\toverlayx\n");
        is(&overlay(&without), Status::Limited, "has not loaded overlayfs", "sudo modprobe overlay");
    }

    #[test]
    fn a_store_on_an_odd_file_system_is_told_which() {
        let place = Path::new("/home/ann/.cache/pipe");
        assert_eq!(store(&Recorded::good(), place), None);
        for (magic, kind, _) in ODD {
            let finding = store(&Recorded::good().file_system(magic), place).expect(kind);
            is(&finding, Status::Limited, &format!("/home/ann/.cache/pipe is on {kind}, "), "PIPE_STORE");
        }
    }

    #[test]
    fn cgroups_are_told_apart() {
        is(&cgroups(&Recorded::good()), Status::Good, "version 2, and this session's is its own", "");
        let own = "/sys/fs/cgroup/user.slice/own";
        let foreign = Recorded::good().without(&format!("{own}/cgroup.subtree_control"));
        is(
            &cgroups(&foreign),
            Status::Limited,
            "belongs to somebody else: limits on memory, pids, cpus",
            "Delegate=yes",
        );
        let few = Recorded::good().file(&format!("{own}/cgroup.controllers"), "memory pids\n");
        is(&cgroups(&few), Status::Limited, "but without cpu: limits on cpus", "Delegate=cpu memory pids");
        let none = Recorded::good().without("/proc/self/mountinfo");
        is(&cgroups(&none), Status::Limited, "there are none", "mount them");
        let first = none.file(
            "/proc/self/mountinfo",
            "3 2 0:3 / /c rw - cgroup c rw,memory,pids,cpu\n4 2 0:4 / /sys/fs/cgroup/unified rw - cgroup2 c rw\n",
        );
        is(
            &cgroups(&first),
            Status::Limited,
            "version 1, which only root",
            "systemd.unified_cgroup_hierarchy=1",
        );
        is(&cgroups(&first.writable("/c/cgroup.procs")), Status::Good, "version 1: steps can be limited", "");
    }
}
