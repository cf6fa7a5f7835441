//! Limits of the kernel on single processes and on a user's processes (`setrlimit(2)`). They stand in, roughly, for limits that no control
//! group keeps.

use crate::child::image::Limits;
use crate::protocol::Step;

/// Processes that are counted and that `/proc` does not show: first processes, which wait for their steps or have one.
const UNSEEN: u64 = 16;

/// What a step's command gets.
pub(super) fn of(step: &Step, uid: u32, open_files: (u64, u64)) -> Limits {
    let processes = step.limits.pids.map(|pids| tasks_of(uid) + UNSEEN + u64::from(pids));
    Limits { open_files, data: step.limits.memory, processes, groups: step.groups }
}

/// Processes and threads that a user has now. The kernel counts all of them against the limit.
fn tasks_of(uid: u32) -> u64 {
    let uid = uid.to_string();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let texts = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("status")).ok());
    let threads = |text: String| -> Option<u64> {
        let value =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
        if value("Uid:")? == uid { value("Threads:")?.parse().ok() } else { None }
    };
    texts.filter_map(threads).sum()
}
