//! The command's own process, from its birth to `execve`.

use std::ffi::{c_int, c_void};

use super::identity;
use super::image::{Program, StepImage, StringArray};
use super::init::{GROUPS, REPORT};
use super::report::{At, Failure, Record, Stage};
use super::{sys, terminal};

/// The first code of the command's process; the step's init waits until it has a memory of its own.
///
/// # Safety
/// The argument must be a [`StepImage`] that outlives the process, or its `execve`.
pub(crate) unsafe extern "C" fn start(image: *mut c_void) -> c_int {
    // SAFETY: as the caller promises.
    let image = unsafe { &*image.cast_const().cast::<StepImage>() };
    match prepare(image) {
        Ok(()) => execute(&image.command, &image.envp).send(REPORT),
        Err(failure) => Record::Setup(failure).send(REPORT),
    }
    sys::exit(127)
}

/// What order matters: the filter goes in while it may (with rights over the namespace), the rights go after it.
pub(super) fn prepare(image: &StepImage) -> Result<(), Failure> {
    // The rest are at their defaults since the supervisor began.
    sys::reset_signal(libc::SIGPIPE);
    sys::unblock_signals();
    sys::umask(0o022);
    sys::setsid().at(Stage::Session)?;
    if image.has_terminal {
        terminal::take()?;
    }
    for group in (GROUPS..).take(image.limits.groups) {
        // This process, whatever its number there.
        sys::write(group, b"0").at(Stage::ControlGroup)?;
    }
    let (soft, hard) = image.limits.open_files;
    sys::set_limit(libc::RLIMIT_NOFILE, soft, hard).at(Stage::Limits)?;
    if let Some(bytes) = image.limits.data {
        sys::set_limit(libc::RLIMIT_DATA, bytes, bytes).at(Stage::Limits)?;
    }
    if let Some(processes) = image.limits.processes {
        sys::set_limit(libc::RLIMIT_NPROC, processes, processes).at(Stage::Limits)?;
    }
    if image.identity.no_new_privileges {
        sys::prctl(libc::PR_SET_NO_NEW_PRIVS, 1).at(Stage::NoNewPrivileges)?;
    }
    sys::seccomp(&image.filter).at(Stage::Seccomp)?;
    identity::become_user(&image.identity)?;
    sys::chdir(image.workdir()).at(Stage::EnterWorkdir)
}

/// Tries each path in turn, as a shell does: what is missing is passed over, what is there but forbidden is remembered.
pub(super) fn execute(program: &Program, envp: &StringArray) -> Record {
    let mut failure = Record::Exec { errno: libc::ENOENT, present: false };
    for path in &program.paths {
        // SAFETY: both arrays were made by `StringArray`, which ends them in null, and live in the step's image.
        let errno = unsafe { sys::execve(path, program.argv.as_ptr(), envp.as_ptr()) };
        match errno.0 {
            libc::ENOENT | libc::ENOTDIR if !sys::exists(path) => {}
            libc::EACCES => failure = Record::Exec { errno: errno.0, present: true },
            other => return Record::Exec { errno: other, present: true },
        }
    }
    failure
}
