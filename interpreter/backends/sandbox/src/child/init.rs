//! The step's first process: it sets the namespaces up, starts the command, reaps, and when the command has ended kills all that is
//! left in its process namespace. Should it die itself, the kernel does that.

use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;

use super::ahead::{self, Ahead, Handed};
use super::image::{NetworkNamespace, StepImage};
use super::mounts::Views;
use super::report::{At, Failure, Record, Stage};
use super::sys::{EndedChild, Signals, Sys};
use super::{masks, mounts, spawn, sys, terminal};

/// A request to end, which is passed on to a service's command, and the end of a child.
const HEARD: Signals = Signals::both(libc::SIGTERM, libc::SIGCHLD);

/// Where the report pipe is once the standard streams are in place.
pub(crate) const REPORT: RawFd = 3;
/// Where, in a service, the socket of its probe is.
pub(super) const PROBE: RawFd = 4;
/// Where the first of the step's control groups is then.
pub(super) const GROUPS: RawFd = PROBE + 1;

/// The first code of the process that `clone` just made: makes itself ready, waits for a step, runs it.
///
/// # Safety
/// The argument must be an [`Ahead`] that outlives the process, as must every step that is put into it.
pub(crate) unsafe extern "C" fn start(ahead: *mut c_void) -> c_int {
    // SAFETY: as the caller promises.
    let ahead = unsafe { &*ahead.cast_const().cast::<Ahead>() };
    // The first process of a namespace is not even sent what it neither handles nor blocks.
    sys::block_signals(HEARD);
    let ready = ahead::make_ready(ahead);
    let Some((image, handed)) = ahead::wait_for_step(ahead) else { sys::exit(125) };
    match ready.map_err(|failure| (failure, false)).and_then(|views| live(image, ahead, &handed, views)) {
        Ok(()) => sys::exit(0),
        // The report pipe is at its first number until the streams are moved, which is the only step that can change it.
        Err((failure, moved)) => {
            Record::Setup(failure).send(if moved { REPORT } else { handed.report });
            sys::exit(125)
        }
    }
}

fn live(image: &StepImage, ahead: &Ahead, handed: &Handed, views: Views) -> Result<(), (Failure, bool)> {
    set_up(image, ahead, handed, views).map_err(|failure| (failure, false))?;
    take_streams(image, handed).map_err(|failure| (failure, false))?;
    start_and_reap(image).map_err(|failure| (failure, true))
}

fn set_up(image: &StepImage, ahead: &Ahead, handed: &Handed, views: Views) -> Result<(), Failure> {
    match (image.network, handed.network) {
        (NetworkNamespace::Made, Some(network)) => {
            sys::enter_network(network).at(Stage::NetworkNamespace)?;
        }
        (NetworkNamespace::New, _) => {
            sys::new_network().at(Stage::NetworkNamespace)?;
            sys::loopback_up().at(Stage::Loopback)?;
        }
        _ => {}
    }
    mounts::set_up(image, ahead, handed.sysfs, views)?;
    if !image.identity.privileged {
        masks::set_up_sys(matches!(image.network, NetworkNamespace::Host))?;
    }
    image.workdir.iter().try_for_each(|folder| sys::mkdir(folder, 0o755)).at(Stage::Workdir)
}

/// Puts the streams at 0, 1, 2, the report pipe at 3, a probe's socket at 4, control groups behind it, and closes everything else.
fn take_streams(image: &StepImage, handed: &Handed) -> Result<(), Failure> {
    let stage = Stage::StandardStreams;
    let [stdin, stdout, stderr] = match handed.stdin {
        Some(socket) if image.has_terminal => [terminal::make(socket, &image.identity)?; 3],
        Some(fd) => [fd, handed.stdout, handed.stderr],
        None => [sys::open_read(c"/dev/null").at(stage)?, handed.stdout, handed.stderr],
    };
    sys::dup_to(stdin, 0).at(stage)?;
    sys::dup_to(stdout, 1).at(stage)?;
    sys::dup_to(stderr, 2).at(stage)?;
    sys::dup_to_cloexec(handed.report, REPORT).at(stage)?;
    if let Some(probe) = handed.probe {
        sys::dup_to_cloexec(probe, PROBE).at(stage)?;
    }
    // They came last, so none of them stands where another one goes.
    for (at, group) in (GROUPS..).zip(handed.groups).take(image.limits.groups) {
        sys::dup_to_cloexec(group, at).at(stage)?;
    }
    if handed.probe.is_none() {
        sys::close(PROBE);
    }
    sys::close_from((GROUPS as usize + image.limits.groups) as u32).at(stage)
}

fn start_and_reap(image: &StepImage) -> Result<(), Failure> {
    let begin = sys::monotonic_nanos();
    let command = spawn::start_command(image).at(Stage::Fork)?;
    // The streams belong to the command: its readers must see their end when it ends.
    for stream in 0..REPORT {
        sys::close(stream);
    }
    for group in (GROUPS..).take(image.limits.groups) {
        sys::close(group);
    }
    if image.probe.is_some() {
        spawn::start_prober(image).at(Stage::Fork)?;
        sys::close(PROBE);
    }
    let ended = match image.stop_signal {
        Some(signal) => reap_service(command, signal),
        None => reap(command),
    };
    let EndedChild { status, peak, .. } = ended.at(Stage::Fork)?;
    let nanos = sys::monotonic_nanos().saturating_sub(begin);
    let peak = end_the_others().max(peak);
    // The kernel counts for a process also what it had before it executed, which is the supervisor's.
    let peak = if peak > sys::own_peak() { peak } else { 0 };
    // Nothing writes any more: what the step left can be looked at while the kernel takes the namespaces down.
    Record::Ended { status, peak, nanos }.send(REPORT);
    Ok(())
}

/// Reaps until the command has ended; with the most memory that one of all those had.
fn reap(command: libc::pid_t) -> Sys<EndedChild> {
    let mut peak = 0;
    loop {
        let ended = sys::wait_any()?;
        peak = ended.peak.max(peak);
        if ended.pid == command {
            return Ok(EndedChild { peak, ..ended });
        }
    }
}

/// As [`reap`]; meanwhile the command gets its signal when it is asked to end. It alone: what it started is its own to end.
fn reap_service(command: libc::pid_t, stop_signal: c_int) -> Sys<EndedChild> {
    let mut peak = 0;
    loop {
        if sys::wait_signal(HEARD)? == libc::SIGTERM {
            sys::send_signal(command, stop_signal);
            continue;
        }
        // One signal may stand for several children.
        loop {
            let ended = sys::ended_child()?;
            if ended.pid == 0 {
                break;
            }
            peak = ended.peak.max(peak);
            if ended.pid == command {
                return Ok(EndedChild { peak, ..ended });
            }
        }
    }
}

/// Kills what the command left running, and waits until it is gone; the most memory, in KiB, that one of them had.
fn end_the_others() -> u32 {
    sys::kill_all_others();
    let mut peak = 0;
    while let Ok(ended) = sys::wait_any() {
        peak = ended.peak.max(peak);
    }
    peak
}
