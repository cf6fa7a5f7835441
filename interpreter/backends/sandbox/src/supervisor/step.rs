//! One step from its request to its report.

use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::PipeFlags;

use super::collect::{self, Left};
use super::folders::StepFolders;
use super::hint::hint;
use super::leaks::Search;
use super::network::Door;
use super::plan::{self, Given, Plan};
use super::running::Running;
use super::serve::{self, Served};
use super::server::Context;
use super::step_network::StepNet;
use super::uppers::Upper;
use super::volumes::HeldVolume;
use super::watch::{Over, Watch};
use crate::child::image::{Source, StepImage};
use crate::child::masks;
use crate::child::report::{Failure, Record, Stage};
use crate::protocol::{Ending, Report, RequestId, Serving, Step, StepFailure};

/// Descriptors that came with a step's request.
pub(super) struct StepFds {
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
    pub(super) stdin: Option<OwnedFd>,
    /// Sockets that lead to a service, in the order of its tunnels.
    pub(super) tunnels: Vec<OwnedFd>,
    /// Control groups, by their `cgroup.procs`.
    pub(super) groups: Vec<OwnedFd>,
    /// Ways into the first of its services, which another supervisor runs.
    pub(super) lent: Vec<OwnedFd>,
    /// Connected to the user's SSH agent.
    pub(super) agent: Option<OwnedFd>,
}

/// What is still there of a step that is over: its first process, which may still be ending, and then what it held.
pub(super) struct Remains {
    watch: Watch,
    volumes: Vec<HeldVolume>,
    network: StepNet,
}

impl Remains {
    /// Waits for the end of the first process; what the step held is for others then.
    pub(super) fn let_go(self, context: &Context) {
        drop(self.watch);
        drop(self.volumes);
        self.network.recycle(context);
    }
}

/// Runs a step; what it left, and what remains of it. `ready` is called when it is a service that can be used now.
pub(super) fn run(
    context: &Context,
    running: &Running,
    id: RequestId,
    step: &Step,
    fds: StepFds,
    folders: &StepFolders<'_>,
    ready: impl FnOnce(),
) -> Result<(Report, Remains), StepFailure> {
    let earlier = context.dying.now();
    let (report, report_writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
        .map_err(|errno| machine("make a pipe", errno.into()))?;
    let StepFds { stdout, stderr, stdin, agent, groups, lent, tunnels } = fds;
    for (service, socket) in step.services.iter().zip(lent) {
        // They stay: a step with such ones has its supervisor for itself.
        context.services.enter(service.number, Door::lent(socket));
    }
    let given = Given { tunnels: tunnels.into_iter().map(TcpListener::from).collect(), agent };
    let Plan { image, network, root, mounts, volumes, agent } = plan::plan(context, step, given, folders)?;
    let mut search = Search::of(step)?;
    let (probe, probe_writer) = match image.probe {
        Some(_) => probe_sockets().map(|(ours, theirs)| (Some(ours), Some(theirs)))?,
        None => (None, None),
    };
    context.dying.wait_for(&earlier);
    let handed = [
        Some(stdout.as_fd()),
        Some(stderr.as_fd()),
        Some(report_writer.as_fd()),
        network.made(),
        network.sysfs(),
    ];
    let handed =
        handed.into_iter().chain([stdin.as_ref(), probe_writer.as_ref()].map(|fd| fd.map(AsFd::as_fd)));
    let handed = handed.chain(groups.iter().map(|group| Some(group.as_fd())));
    let handed: Vec<_> = handed.flatten().collect();
    let watch = Watch::start(&context.first_processes, image, &handed, report).map_err(cannot_start)?;
    running.started(id, watch.process());
    // What the step writes to is the step's alone from here on.
    drop((stdout, stderr, stdin, groups, report_writer, probe_writer));
    let followed = match (&step.serving, network.door()) {
        (Some(serving), Some(door)) => {
            context.services.enter(serving.number, door.clone());
            let followed = follow_service(&watch, step, serving, &door, probe, ready);
            context.services.leave(serving.number);
            search_volumes(search.as_mut(), &volumes)?;
            followed
        }
        _ if step.person.is_some() => {
            let over = watch.until_over(None).map_err(|error| machine("wait for the shell", error));
            search_volumes(search.as_mut(), &volumes)?;
            over.and_then(|over| follow_person(&watch, over, step, search))
        }
        _ => {
            let over = watch.until_over(step.timeout).map_err(|error| machine("wait for the step", error));
            search_volumes(search.as_mut(), &volumes)?;
            let uppers = Uppers { root: &root, mounts: &mounts };
            over.and_then(|over| follow(context, &watch, over, uppers, step, search, folders))
        }
    };
    drop(agent);
    if running.was_killed(id) {
        return Err(StepFailure::Cancelled);
    }
    let (refused, offline) = network.told();
    Ok((Report { refused, offline, ..followed? }, Remains { watch, volumes, network }))
}

/// The supervisor's end of what a service's probe is asked by, which does not block, and the service's.
fn probe_sockets() -> Result<(OwnedFd, OwnedFd), StepFailure> {
    let pair = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None);
    let (ours, theirs) = pair.map_err(|errno| machine("make a pair of sockets", errno.into()))?;
    rustix::io::ioctl_fionbio(&ours, true).map_err(|errno| machine("set a socket up", errno.into()))?;
    Ok((ours, theirs))
}

/// However a step ended: volumes stay.
fn search_volumes(search: Option<&mut Search<'_>>, volumes: &[HeldVolume]) -> Result<(), StepFailure> {
    let searched = search.map_or(Ok(()), |search| search.volumes(volumes));
    searched.map_err(|error| machine("look for secrets", error))
}

fn follow_service(
    watch: &Watch,
    step: &Step,
    serving: &Serving,
    door: &Door,
    probe: Option<OwnedFd>,
    ready: impl FnOnce(),
) -> Result<Report, StepFailure> {
    let served = serve::follow(watch, serving, door, probe, ready);
    let (ending, elapsed) = match served.map_err(|error| machine("wait for the service", error))? {
        Served::Over(over) => judge(over, watch.image(), step)?,
        Served::NotReady(what) => (Ending::NotReady(what), serving.patience),
    };
    let mounts = step.mounts.iter().map(|_| None).collect();
    Ok(Report { mounts, ..Report::of(ending, elapsed) })
}

/// What was run for a person left nothing but what is in its volumes.
fn follow_person(
    watch: &Watch,
    over: Over,
    step: &Step,
    search: Option<Search<'_>>,
) -> Result<Report, StepFailure> {
    let (ending, elapsed) = judge(over, watch.image(), step)?;
    let mounts = step.mounts.iter().map(|_| None).collect();
    let leaks = search.map(Search::into_leaks).unwrap_or_default();
    Ok(Report { mounts, leaks, ..Report::of(ending, elapsed) })
}

/// Where a step's changes are.
struct Uppers<'a> {
    root: &'a Upper,
    mounts: &'a [Option<Upper>],
}

/// Takes what a step left that is over.
fn follow(
    context: &Context,
    watch: &Watch,
    over: Over,
    Uppers { root, mounts }: Uppers<'_>,
    step: &Step,
    search: Option<Search<'_>>,
    folders: &StepFolders<'_>,
) -> Result<Report, StepFailure> {
    let (ending, elapsed) = judge(over, watch.image(), step)?;
    let peak = match over {
        Over::Told(Record::Ended { peak, .. }) => u64::from(peak) << 10,
        _ => 0,
    };
    let report = |ending| Report { peak, ..Report::of(ending, elapsed) };
    let nothing = |ending| Report { mounts: mounts.iter().map(|_| None).collect(), ..report(ending) };
    let uppers = Uppers { root, mounts };
    match ending {
        Ending::Code(_) => take(context, uppers, step, search, folders, report(ending)),
        // It timed out whether or not there is something to look at.
        Ending::TimedOut if step.keeps_when_killed => {
            Ok(take(context, uppers, step, search, folders, report(Ending::TimedOut))
                .unwrap_or_else(|_| nothing(ending)))
        }
        Ending::TimedOut | Ending::Missing | Ending::NotReady(_) => Ok(nothing(ending)),
    }
}

/// Adds to the report what a step changed, or where it left secrets.
fn take(
    context: &Context,
    Uppers { root, mounts }: Uppers<'_>,
    step: &Step,
    search: Option<Search<'_>>,
    folders: &StepFolders<'_>,
    mut report: Report,
) -> Result<Report, StepFailure> {
    if let Some(mut search) = search {
        search.changes(root, mounts).map_err(|error| machine("look for secrets", error))?;
        let leaks = search.into_leaks();
        if !leaks.is_empty() {
            // What is not left to the store goes with the step.
            let mounts = mounts.iter().map(|_| None).collect();
            return Ok(Report { mounts, leaks, ..report });
        }
    }
    let mut collect = |upper: &Upper, path: &str| {
        let Left { layer, sockets } = collect::collect(upper, folders, context)?;
        report.sockets.extend(sockets.iter().map(|socket| below(path, socket)));
        Ok(layer)
    };
    let root = collect(root, "/")?;
    let mounts = mounts.iter().zip(&step.mounts).map(|(upper, mount)| match upper {
        Some(upper) => collect(upper, &mount.path),
        None => Ok(None),
    });
    let mounts = mounts.collect::<Result<_, _>>()?;
    Ok(Report { root, mounts, ..report })
}

/// The path that a step has for what is in one of its mounts.
fn below(mount: &str, path: &[u8]) -> Vec<u8> {
    [mount.trim_end_matches('/').as_bytes(), b"/", path].concat()
}

/// Namespaces have limits of their own, which the error number does not name.
fn cannot_start(error: std::io::Error) -> StepFailure {
    match error.raw_os_error() {
        Some(libc::ENOSPC) => StepFailure::Machine(
            "cannot start a process: a limit on namespaces is reached (`sysctl -a | grep 'max_.*_namespaces'`)".to_owned(),
        ),
        _ => machine("start a process", error),
    }
}

fn machine(what: &str, error: std::io::Error) -> StepFailure {
    StepFailure::Machine(format!("cannot {what}: {error}"))
}

/// What the way in which a step is over says about the command.
fn judge(over: Over, image: &StepImage, step: &Step) -> Result<(Ending, Duration), StepFailure> {
    match over {
        Over::Told(Record::Setup(failure)) => Err(setup_failure(failure, image)),
        Over::Told(Record::Exec { errno, present }) => exec_failure(errno, present, step),
        Over::Told(Record::Ended { status, nanos, .. }) => {
            Ok((Ending::Code(exit_code(status)), Duration::from_nanos(nanos)))
        }
        Over::Told(Record::Probed { .. }) => {
            Err(StepFailure::Machine("a probe that nobody asked for came to an end".to_owned()))
        }
        Over::TimedOut => Ok((Ending::TimedOut, step.timeout.unwrap_or_default())),
        Over::Died => {
            Err(StepFailure::Machine("the step's first process was killed from outside".to_owned()))
        }
    }
}

/// As a shell does: 128 + n for signal n.
fn exit_code(status: i32) -> i32 {
    if libc::WIFSIGNALED(status) { 128 + libc::WTERMSIG(status) } else { libc::WEXITSTATUS(status) }
}

fn exec_failure(errno: i32, present: bool, step: &Step) -> Result<(Ending, Duration), StepFailure> {
    let program = step.argv.first().map_or("", String::as_str);
    let because = |reason: &str| Err(StepFailure::Step(format!("`{program}` cannot be run: {reason}")));
    match errno {
        libc::ENOENT | libc::ENOTDIR if !present => Ok((Ending::Missing, Duration::ZERO)),
        libc::ENOENT => because("the interpreter or loader that it names is not in the root"),
        libc::EACCES => because("it is not executable for the step's user"),
        libc::ENOEXEC => because(
            "it is neither a program for the step's platform nor a script that names its interpreter (`#!`)",
        ),
        libc::E2BIG => because("its arguments and environment together are too long"),
        other => because(&error_text(other)),
    }
}

fn setup_failure(failure: Failure, image: &StepImage) -> StepFailure {
    let subject = subject(failure, image).map(|subject| format!(" (`{subject}`)")).unwrap_or_default();
    let message = format!("cannot {}{subject}: {}", failure.stage.describe(), error_text(failure.errno));
    match (failure.stage, hint(failure)) {
        (Stage::Workdir | Stage::EnterWorkdir, _) => StepFailure::Step(message),
        (_, Some(hint)) => StepFailure::Machine(format!("{message}; {hint}")),
        (_, None) => StepFailure::Machine(message),
    }
}

/// Which one of several like things a failure speaks of.
fn subject(failure: Failure, image: &StepImage) -> Option<String> {
    let index = failure.detail as usize;
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    match failure.stage {
        Stage::CopyMount => image.attachments.get(index).map(|attachment| match &attachment.source {
            Source::Host(path) | Source::Private(path) | Source::Volume(path) => text(path),
            Source::Overlay(_) | Source::Tmpfs(_) | Source::Secret(_) => text(&attachment.target),
        }),
        Stage::MountOverlay | Stage::MountTmpfs | Stage::AttachMount => {
            image.attachments.get(index).map(|attachment| text(&attachment.target))
        }
        Stage::Device => crate::child::mounts::DEVICES.get(index).map(|(source, _)| text(source)),
        Stage::Mask => masks::path_of(failure.detail),
        Stage::Workdir | Stage::EnterWorkdir => Some(text(image.workdir())),
        _ => None,
    }
}

fn error_text(errno: i32) -> String {
    std::io::Error::from_raw_os_error(errno).to_string()
}
