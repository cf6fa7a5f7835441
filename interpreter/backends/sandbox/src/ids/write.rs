//! Writing the maps of a supervisor's namespace, from outside.

use std::process::Command;

use super::IdMap;

/// Writes both maps as root may: any ids of its own namespace.
pub(crate) fn write_maps(pid: u32, users: &IdMap, groups: &IdMap) -> std::io::Result<()> {
    std::fs::write(format!("/proc/{pid}/uid_map"), users.to_proc())?;
    std::fs::write(format!("/proc/{pid}/gid_map"), groups.to_proc())
}

/// Writes both maps as any user may: the own ids and nothing else, without the right to give up groups.
pub(crate) fn write_single_maps(pid: u32, uid: u32, gid: u32) -> std::io::Result<()> {
    std::fs::write(format!("/proc/{pid}/setgroups"), "deny")?;
    write_maps(pid, &IdMap::single(uid), &IdMap::single(gid))
}

/// Has `newuidmap` and `newgidmap` write the maps; they may use the ranges of `/etc/subuid` and `/etc/subgid`.
pub(crate) fn write_maps_by_helper(pid: u32, users: &IdMap, groups: &IdMap) -> Result<(), HelperFailure> {
    // Both at once: each is a process of a few milliseconds.
    std::thread::scope(|scope| {
        let users = scope.spawn(|| run_helper("newuidmap", pid, users));
        let groups = run_helper("newgidmap", pid, groups);
        users.join().unwrap_or(Err(HelperFailure::Missing("newuidmap"))).and(groups)
    })
}

/// Why a helper did not write a map.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HelperFailure {
    /// It is not installed.
    #[error("`{0}` is not installed")]
    Missing(&'static str),
    /// It refused.
    #[error("`{program}` failed: {message}")]
    Failed { program: &'static str, message: String },
}

fn run_helper(program: &'static str, pid: u32, map: &IdMap) -> Result<(), HelperFailure> {
    let output = Command::new(program).arg(pid.to_string()).args(map.to_arguments()).output();
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(HelperFailure::Missing(program));
        }
        Err(error) => return Err(HelperFailure::Failed { program, message: error.to_string() }),
    };
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(HelperFailure::Failed { program, message })
}
