//! What is written into a control group's files, and read from them: "Control Group v2" and "CGROUPS v1" of the kernel's documentation.

use pipe_ops::Limits;

/// The part of the kernel that keeps a kind of limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Controller {
    Memory,
    Pids,
    Cpu,
}

/// Which of the two interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// A file and what it is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) file: &'static str,
    pub(super) value: String,
    /// Kernels exist that lack it, and the limit holds without it.
    pub(super) optional: bool,
}

/// Microseconds in which processor time is counted.
const PERIOD: u64 = 100_000;

impl Controller {
    pub(crate) const ALL: [Controller; 3] = [Controller::Memory, Controller::Pids, Controller::Cpu];

    /// The kernel's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Controller::Memory => "memory",
            Controller::Pids => "pids",
            Controller::Cpu => "cpu",
        }
    }

    /// The argument of the language that needs it.
    pub(crate) fn argument(self) -> &'static str {
        match self {
            Controller::Cpu => "cpus",
            other => other.name(),
        }
    }

    /// Those that these limits need.
    pub(super) fn wanted(limits: &Limits) -> Vec<Controller> {
        let wanted = |controller: &Controller| match controller {
            Controller::Memory => limits.memory.is_some(),
            Controller::Pids => limits.pids.is_some(),
            Controller::Cpu => limits.millicpus.is_some(),
        };
        Controller::ALL.into_iter().filter(wanted).collect()
    }

    /// `to` with the limit of this kind.
    pub(super) fn copy(self, from: &Limits, to: Limits) -> Limits {
        match self {
            Controller::Memory => Limits { memory: from.memory, ..to },
            Controller::Pids => Limits { pids: from.pids, ..to },
            Controller::Cpu => Limits { millicpus: from.millicpus, ..to },
        }
    }

    /// What sets its limit, in order.
    pub(super) fn settings(self, version: Version, limits: &Limits) -> Vec<Setting> {
        let set = |file, value: u64| Setting { file, value: value.to_string(), optional: false };
        let may = |file, value: u64| Setting { optional: true, ..set(file, value) };
        match (self, version) {
            (Controller::Memory, Version::One) => limits.memory.map_or_else(Vec::new, |bytes| {
                // Without the second one the rest would be swapped out.
                vec![set("memory.limit_in_bytes", bytes), may("memory.memsw.limit_in_bytes", bytes)]
            }),
            (Controller::Memory, Version::Two) => limits.memory.map_or_else(Vec::new, |bytes| {
                vec![set("memory.max", bytes), may("memory.swap.max", 0), may("memory.oom.group", 1)]
            }),
            (Controller::Pids, _) => {
                limits.pids.map_or_else(Vec::new, |pids| vec![set("pids.max", u64::from(pids))])
            }
            (Controller::Cpu, Version::One) => limits.millicpus.map_or_else(Vec::new, |cpus| {
                vec![set("cpu.cfs_period_us", PERIOD), set("cpu.cfs_quota_us", quota(cpus))]
            }),
            (Controller::Cpu, Version::Two) => limits.millicpus.map_or_else(Vec::new, |cpus| {
                let value = format!("{} {PERIOD}", quota(cpus));
                vec![Setting { file: "cpu.max", value, optional: false }]
            }),
        }
    }
}

fn quota(millicpus: u32) -> u64 {
    u64::from(millicpus) * PERIOD / 1000
}

/// The file that counts processes killed for want of memory, in the line of this name.
pub(super) fn kills(version: Version) -> (&'static str, &'static str) {
    match version {
        Version::One => ("memory.oom_control", "oom_kill"),
        Version::Two => ("memory.events", "oom_kill"),
    }
}

/// A number in a file of lines `name number`.
pub(super) fn number_of(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(' ')?;
        (key == name).then(|| value.trim().parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_written_as_its_version_wants_it() {
        let limits = Limits { millicpus: Some(1500), memory: Some(64 << 20), pids: Some(20) };
        let written = |version| -> Vec<String> {
            let all =
                Controller::ALL.into_iter().flat_map(|controller| controller.settings(version, &limits));
            all.map(|setting| format!("{}={}", setting.file, setting.value)).collect()
        };
        assert_eq!(
            written(Version::Two),
            [
                "memory.max=67108864",
                "memory.swap.max=0",
                "memory.oom.group=1",
                "pids.max=20",
                "cpu.max=150000 100000"
            ]
        );
        assert_eq!(
            written(Version::One),
            [
                "memory.limit_in_bytes=67108864",
                "memory.memsw.limit_in_bytes=67108864",
                "pids.max=20",
                "cpu.cfs_period_us=100000",
                "cpu.cfs_quota_us=150000",
            ]
        );
        let none = Limits::default();
        assert!(Controller::wanted(&none).is_empty());
        assert!(Controller::ALL.iter().all(|controller| controller.settings(Version::Two, &none).is_empty()));
    }

    #[test]
    fn kills_are_counted() {
        let first = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
        assert_eq!(number_of(first, kills(Version::One).1), Some(3));
        let second = "low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\noom_group_kill 1\n";
        assert_eq!(number_of(second, kills(Version::Two).1), Some(1));
        assert_eq!(number_of("oom_kill x\n", "oom_kill"), None);
    }
}
