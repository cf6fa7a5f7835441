//! Parts of `/proc` and `/sys` that say more about the host, or reach further into it, than a step may.
//!
//! The lists are those that container engines agree on (the OCI runtime's default `maskedPaths` and `readonlyPaths`).

use std::ffi::CStr;

use super::report::{At, Failure, Stage};
use super::sys::{self, Errno, Sys};

/// Files that read as empty.
const HIDDEN_FILES: [&CStr; 6] = [
    c"/proc/kcore",
    c"/proc/keys",
    c"/proc/timer_list",
    c"/proc/sched_debug",
    c"/proc/latency_stats",
    c"/proc/interrupts",
];

/// Folders that look empty.
const HIDDEN_FOLDERS: [&CStr; 5] =
    [c"/proc/acpi", c"/proc/asound", c"/proc/scsi", c"/sys/firmware", c"/sys/devices/virtual/powercap"];

/// What can be read and not written.
const READ_ONLY: [&CStr; 5] = [c"/proc/bus", c"/proc/fs", c"/proc/irq", c"/proc/sys", c"/proc/sysrq-trigger"];

/// Masks them. What this kernel does not have needs no mask.
pub(crate) fn set_up() -> Result<(), Failure> {
    let mut index = 0..;
    let mut number = || index.next().unwrap_or_default();
    for path in HIDDEN_FILES {
        if_present(sys::mount(Some(c"/dev/null"), path, None, libc::MS_BIND, None))
            .at_index(Stage::Mask, number())?;
    }
    for path in HIDDEN_FOLDERS {
        let options = Some(c"size=0");
        if_present(sys::mount(Some(c"tmpfs"), path, Some(c"tmpfs"), libc::MS_RDONLY, options))
            .at_index(Stage::Mask, number())?;
    }
    for path in READ_ONLY {
        if_present(make_read_only(path)).at_index(Stage::Mask, number())?;
    }
    Ok(())
}

/// The path that a failure in [`Stage::Mask`] speaks of.
pub(crate) fn path_of(detail: u32) -> Option<&'static CStr> {
    HIDDEN_FILES.iter().chain(&HIDDEN_FOLDERS).chain(&READ_ONLY).nth(detail as usize).copied()
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
