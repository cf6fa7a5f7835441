//! Runs a service's probe in the service's own namespaces, once for every byte that the supervisor sends.

use std::ffi::{c_int, c_void};

use super::image::StepImage;
use super::init::{PROBE, REPORT};
use super::report::Record;
use super::{command, spawn, sys};

/// The exit code of a probe that could not be run, as a shell has it.
const CANNOT_RUN: c_int = 127;

/// The first code of the process that starts probes. It ends when nobody asks any more.
///
/// # Safety
/// The argument must be a [`StepImage`] that outlives the process.
pub(super) unsafe extern "C" fn start(image: *mut c_void) -> c_int {
    // SAFETY: as the caller promises.
    let image = unsafe { &*image.cast_const().cast::<StepImage>() };
    // So that nothing that is opened later takes these numbers.
    let taken = (0..REPORT).try_for_each(|stream| sys::dup_to(PROBE, stream));
    while taken.is_ok() && sys::read_byte(PROBE) == Ok(true) {
        let status = match spawn::start_probe(image).and_then(|_| sys::wait_any()) {
            Ok(ended) => ended.status,
            Err(_) => CANNOT_RUN << 8,
        };
        Record::Probed { status }.send(REPORT);
    }
    sys::exit(0)
}

/// The first code of a probe's own process.
///
/// # Safety
/// The argument must be a [`StepImage`] that outlives the process, or its `execve`.
pub(super) unsafe extern "C" fn start_one(image: *mut c_void) -> c_int {
    // SAFETY: as the caller promises.
    let image = unsafe { &*image.cast_const().cast::<StepImage>() };
    if let Some(probe) = image.probe.as_ref().filter(|_| take_streams().is_ok())
        && command::prepare(image).is_ok()
    {
        command::execute(&probe.program, &probe.envp);
    }
    sys::exit(CANNOT_RUN)
}

/// It reads nothing, and what it prints goes to the supervisor.
fn take_streams() -> sys::Sys<()> {
    // The output is where it belongs already.
    sys::dup_to(sys::open_read(c"/dev/null")?, 0)
}
