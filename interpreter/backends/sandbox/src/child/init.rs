//! The step's first process: it sets the namespaces up, starts the command, reaps, and when the command has ended kills all that is
//! left in its process namespace. Should it die itself, the kernel does that.

use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;

use super::image::{NetworkNamespace, StepImage};
use super::report::{At, Failure, Record, Stage};
use super::{masks, mounts, spawn, sys};

/// Where the report pipe is once the standard streams are in place.
pub(crate) const REPORT: RawFd = 3;

/// The first code of the process that `clone` just made: runs a step.
///
/// # Safety
/// The argument must be a [`StepImage`] that outlives the process.
pub(crate) unsafe extern "C" fn start(image: *mut c_void) -> c_int {
    // SAFETY: as the caller promises.
    let image = unsafe { &*image.cast_const().cast::<StepImage>() };
    let report = image.streams.report;
    match live(image) {
        Ok(()) => sys::exit(0),
        // The report pipe is at its first number until the streams are moved, which is the only step that can change it.
        Err((failure, moved)) => {
            Record::Setup(failure).send(if moved { REPORT } else { report });
            sys::exit(125)
        }
    }
}

fn live(image: &StepImage) -> Result<(), (Failure, bool)> {
    set_up(image).map_err(|failure| (failure, false))?;
    take_streams(image).map_err(|failure| (failure, false))?;
    start_and_reap(image).map_err(|failure| (failure, true))
}

fn set_up(image: &StepImage) -> Result<(), Failure> {
    sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong).at(Stage::ParentDeathSignal)?;
    // It may have died before it could be asked for.
    if sys::reader_is_gone(image.streams.report) {
        sys::exit(125);
    }
    if let NetworkNamespace::Made(network) = image.network {
        sys::enter_network(network).at(Stage::NetworkNamespace)?;
    }
    // Modes of what is made here are meant as they are written.
    sys::umask(0);
    mounts::set_up(image)?;
    masks::set_up()?;
    sys::sethostname(c"pipe").at(Stage::HostName)?;
    if matches!(image.network, NetworkNamespace::New) {
        sys::loopback_up().at(Stage::Loopback)?;
    }
    image.workdir.iter().try_for_each(|folder| sys::mkdir(folder, 0o755)).at(Stage::Workdir)
}

/// Puts the streams at 0, 1, 2, the report pipe at 3, and closes everything else: other steps' pipes among it.
fn take_streams(image: &StepImage) -> Result<(), Failure> {
    let streams = &image.streams;
    let stage = Stage::StandardStreams;
    let stdin = match streams.stdin {
        Some(fd) => fd,
        None => sys::open_read(c"/dev/null").at(stage)?,
    };
    sys::dup_to(stdin, 0).at(stage)?;
    sys::dup_to(streams.stdout, 1).at(stage)?;
    sys::dup_to(streams.stderr, 2).at(stage)?;
    sys::dup_to_cloexec(streams.report, REPORT).at(stage)?;
    sys::close_from(REPORT as u32 + 1).at(stage)
}

fn start_and_reap(image: &StepImage) -> Result<(), Failure> {
    let begin = sys::monotonic_nanos();
    let command = spawn::start_command(image).at(Stage::Fork)?;
    // The streams belong to the command: its readers must see their end when it ends.
    for stream in 0..REPORT {
        sys::close(stream);
    }
    loop {
        let (pid, status) = sys::wait_any().at(Stage::Fork)?;
        if pid == command {
            let nanos = sys::monotonic_nanos().saturating_sub(begin);
            end_the_others();
            // Nothing writes any more: what the step left can be looked at while the kernel takes the namespaces down.
            Record::Ended { status, nanos }.send(REPORT);
            return Ok(());
        }
    }
}

/// Kills what the command left running, and waits until it is gone.
fn end_the_others() {
    sys::kill_all_others();
    while sys::wait_any().is_ok() {}
}
