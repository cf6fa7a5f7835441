//! Parts of `/proc` and `/sys` that say more about the host, or reach further into it, than a step may.
//!
//! The lists are those that container engines agree on (the OCI runtime's default `maskedPaths` and `readonlyPaths`), and what else
//! can be written that is not the step's own.

use std::ffi::CStr;

use super::report::{At, Failure, Stage};
use super::sys::{self, Errno, Sys};

/// Files of `/proc` that read as empty.
pub(crate) const HIDDEN_FILES: [&CStr; 6] =
    [c"kcore", c"keys", c"timer_list", c"sched_debug", c"latency_stats", c"interrupts"];

/// Folders of `/proc` that look empty.
pub(crate) const HIDDEN_FOLDERS: [&CStr; 3] = [c"acpi", c"asound", c"scsi"];

/// What can be read in `/proc` and not written.
///
/// In `pressure` everybody may have the kernel watch the whole machine.
pub(crate) const READ_ONLY: [&CStr; 6] = [c"bus", c"fs", c"irq", c"pressure", c"sys", c"sysrq-trigger"];

/// Folders of `/sys` that look empty.
pub(crate) const HIDDEN_IN_SYS: [&CStr; 2] = [c"/sys/firmware", c"/sys/devices/virtual/powercap"];

/// Likewise where `/sys` is the host's, with what is mounted there: a step's own has nothing in these.
pub(crate) const HIDDEN_IN_SYS_OF_HOST: [&CStr; 1] = [c"/sys/fs/cgroup"];

/// Masks what is in `/proc`, which is the working folder. What this kernel does not have needs no mask.
pub(crate) fn set_up_proc() -> Result<(), Failure> {
    let mut index = 0..;
    let mut number = || index.next().unwrap_or_default();
    for path in HIDDEN_FILES {
        if_present(sys::mount(Some(c"/dev/null"), path, None, libc::MS_BIND, None))
            .at_index(Stage::Mask, number())?;
    }
    for path in HIDDEN_FOLDERS {
        if_present(hide_folder(path)).at_index(Stage::Mask, number())?;
    }
    for path in READ_ONLY {
        if_present(make_read_only(path)).at_index(Stage::Mask, number())?;
    }
    Ok(())
}

/// Masks what is in `/sys`; more of it in one that is the host's.
pub(crate) fn set_up_sys(is_of_host: bool) -> Result<(), Failure> {
    let first = HIDDEN_FILES.len() + HIDDEN_FOLDERS.len() + READ_ONLY.len();
    let more: &[&CStr] = if is_of_host { &HIDDEN_IN_SYS_OF_HOST } else { &[] };
    for (index, path) in HIDDEN_IN_SYS.iter().chain(more).enumerate() {
        if_present(hide_folder(path)).at_index(Stage::Mask, first + index)?;
    }
    Ok(())
}

/// The path that a failure in [`Stage::Mask`] speaks of.
pub(crate) fn path_of(detail: u32) -> Option<String> {
    let in_proc = HIDDEN_FILES.iter().chain(&HIDDEN_FOLDERS).chain(&READ_ONLY);
    let in_proc = in_proc.map(|name| format!("/proc/{}", name.to_string_lossy()));
    let in_sys =
        HIDDEN_IN_SYS.iter().chain(&HIDDEN_IN_SYS_OF_HOST).map(|path| path.to_string_lossy().into_owned());
    in_proc.chain(in_sys).nth(detail as usize)
}

fn hide_folder(path: &CStr) -> Sys<()> {
    sys::mount(Some(c"tmpfs"), path, Some(c"tmpfs"), libc::MS_RDONLY, Some(c"size=0"))
}

fn make_read_only(path: &CStr) -> Sys<()> {
    sys::mount(Some(path), path, None, libc::MS_BIND | libc::MS_REC, None)?;
    let flags = libc::MS_BIND | libc::MS_REMOUNT | libc::MS_RDONLY;
    let kept = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    sys::mount(None, path, None, flags | kept, None)
}

fn if_present(result: Sys<()>) -> Sys<()> {
    match result {
        Err(Errno(libc::ENOENT | libc::ENOTDIR)) => Ok(()),
        other => other,
    }
}
