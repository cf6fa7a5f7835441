//! Machines that were written down.

use std::collections::{BTreeMap, BTreeSet};

use super::{Machine, Program};

/// A machine with the files that it was given and no others.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    files: BTreeMap<String, String>,
    writable: BTreeSet<String>,
    programs: BTreeMap<String, bool>,
    file_system: i64,
    uid: u32,
    release: String,
}

impl Recorded {
    /// One of `ann`, who is no root, on which everything is as it should be.
    pub(crate) fn good() -> Recorded {
        Recorded {
            files: BTreeMap::new(),
            writable: BTreeSet::new(),
            programs: BTreeMap::from([("newuidmap".to_owned(), true), ("newgidmap".to_owned(), true)]),
            file_system: 0xef53,
            uid: 1000,
            release: "6.8.0-45-generic".to_owned(),
        }
        .file("/proc/self/ns/user", "")
        .file("/proc/filesystems", "nodev\tproc\nnodev\toverlay\n\text4\n")
        .file("/proc/self/status", "Name:\tpipe\nSeccomp:\t0\n")
        .file("/etc/subuid", "bob:100000:65536\nann:165536:65536\n")
        .file("/etc/subgid", "bob:100000:65536\nann:165536:65536\n")
        .file("/proc/self/cgroup", "0::/user.slice/own\n")
        .file(
            "/proc/self/mountinfo",
            "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
        )
        .file("/sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n")
        .file("/sys/fs/cgroup/user.slice/own/cgroup.controllers", "cpu memory pids\n")
        .file("/sys/fs/cgroup/user.slice/own/cgroup.type", "domain\n")
        .writable("/sys/fs/cgroup/user.slice/own/cgroup.subtree_control")
        .writable_text("/sys/fs/cgroup/user.slice/own/cgroup.procs", "7\n")
    }

    pub(crate) fn file(mut self, path: &str, text: &str) -> Recorded {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    pub(crate) fn without(mut self, path: &str) -> Recorded {
        self.files.remove(path);
        self.writable.remove(path);
        self
    }

    pub(crate) fn writable(self, path: &str) -> Recorded {
        self.writable_text(path, "")
    }

    pub(crate) fn writable_text(mut self, path: &str, text: &str) -> Recorded {
        self.writable.insert(path.to_owned());
        self.file(path, text)
    }

    /// A program, and whether it has rights that its caller lacks; `None` takes it away.
    pub(crate) fn program(mut self, name: &str, privileged: Option<bool>) -> Recorded {
        match privileged {
            Some(privileged) => self.programs.insert(name.to_owned(), privileged),
            None => self.programs.remove(name),
        };
        self
    }

    pub(crate) fn file_system(mut self, magic: i64) -> Recorded {
        self.file_system = magic;
        self
    }

    pub(crate) fn root(mut self) -> Recorded {
        self.uid = 0;
        self
    }

    pub(crate) fn release(mut self, release: &str) -> Recorded {
        self.release = release.to_owned();
        self
    }
}

impl Machine for Recorded {
    fn text(&self, path: &str) -> Option<String> {
        self.files.get(path).cloned()
    }

    fn has(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        self.files.keys().any(|file| file == path || file.starts_with(&inside))
    }

    fn may_write(&self, path: &str) -> bool {
        self.writable.contains(path)
    }

    fn program(&self, name: &str) -> Option<Program> {
        let path = format!("/usr/bin/{name}");
        self.programs.get(name).map(|privileged| Program { path, is_privileged: *privileged })
    }

    fn file_system(&self, _: &str) -> Option<i64> {
        Some(self.file_system)
    }

    /// This process is number 7.
    fn is_own_process(&self, pid: &str) -> bool {
        pid == "7"
    }

    fn uid(&self) -> u32 {
        self.uid
    }

    fn user_name(&self) -> Option<String> {
        Some(if self.uid == 0 { "root" } else { "ann" }.to_owned())
    }

    fn release(&self) -> String {
        self.release.clone()
    }

    fn own_program(&self) -> String {
        "/opt/pipe".to_owned()
    }
}
