//! Running one step or service: the request, its output, its outcome.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use pipe_engine::{
    BackendError, Base, Exit, Leak, MountSource, MountSpec, NewLayer, OutputSink, ReadyCall, SecretBytes,
    ServiceEnd, ServiceLink, ServiceSpec, ServiceStop, StepOutcome, StepSecrets, StepSpec, Stream,
};
use pipe_store::{DatedFile, LayerRef};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::connection::{Answer, Connection};
use super::output;
use crate::cgroup::{Group, Limited};
use crate::protocol::{
    BoundService, Confidential, Dated, Egress, Ending, Folder, Mount, MountedTree, NotReady, Probe, Reach,
    Reply, Report, Request, RequestId, SecretFile, Secrets, Serving, StagedLayer, Step, StepFailure,
    StepNetwork, Volume,
};

/// Runs a step to its end. `lent` are the ways into its services, where this supervisor does not run them.
pub(super) async fn run(
    connection: &Connection,
    store: &Path,
    spec: StepSpec,
    limited: &Limited,
    lent: &[OwnedFd],
    sink: &dyn OutputSink,
    cancel: &CancellationToken,
) -> Result<StepOutcome, BackendError> {
    let step = Step { lent: lent.len(), ..request(store, &spec, limited)? };
    let stdin = spec.stdin.as_deref().map(output::input).transpose().map_err(cannot_pipe)?;
    let agent = agent(&spec)?;
    let groups = limited.group.iter().flat_map(Group::entries);
    let fds = stdin.iter().chain(&agent).map(AsFd::as_fd).chain(groups);
    let fds = fds.chain(lent.iter().map(AsFd::as_fd)).collect();
    let report = follow(connection, step, fds, None, sink, &ServiceStop::killing(cancel)).await?;
    outcome(report, &spec, limited)
}

/// Runs a service to its end.
pub(super) async fn serve(
    connection: &Connection,
    store: &Path,
    service: ServiceSpec,
    sink: &dyn OutputSink,
    stop: &ServiceStop,
    ready: ReadyCall,
) -> Result<ServiceEnd, BackendError> {
    let ServiceSpec { step: spec, number, ready: probe, ports, patience, stop_signal, tunnels } = service;
    let (sockets, to): (Vec<_>, Vec<u16>) =
        tunnels.into_iter().map(|tunnel| (tunnel.listener, tunnel.port)).unzip();
    let ready_command = probe.map(|probe| Probe { argv: probe.argv, env: pairs(&probe.env) });
    let number = number.0;
    let serving = Serving { number, ready: ready_command, ports, patience, stop_signal, tunnels: to };
    let step = Step { serving: Some(serving), ..request(store, &spec, &Limited::default())? };
    let agent = agent(&spec)?;
    let fds = agent.iter().map(AsFd::as_fd).chain(sockets.iter().map(AsFd::as_fd)).collect();
    let mut report = follow(connection, step, fds, Some(ready), sink, stop).await?;
    match std::mem::replace(&mut report.ending, Ending::Missing) {
        Ending::NotReady(NotReady::Command(printed)) => Ok(ServiceEnd::CommandFailed { printed }),
        Ending::NotReady(NotReady::Port(port)) => Ok(ServiceEnd::NobodyListens { port }),
        ending => {
            Ok(ServiceEnd::Exited(outcome(Report { ending, ..report }, &spec, &Limited::default())?.exit))
        }
    }
}

/// Sends a step with what belongs to it beside its output, and takes what it prints and comes to. The descriptors are duplicated.
async fn follow(
    connection: &Connection,
    step: Step,
    fds: Vec<BorrowedFd<'_>>,
    ready: Option<ReadyCall>,
    sink: &dyn OutputSink,
    stop: &ServiceStop,
) -> Result<Report, BackendError> {
    let (stdout, stdout_writer) = output::pipe().map_err(cannot_pipe)?;
    let (stderr, stderr_writer) = output::pipe().map_err(cannot_pipe)?;
    let streams = [stdout_writer.as_fd(), stderr_writer.as_fd()];
    let fds: Vec<_> = streams.into_iter().chain(fds).collect();
    let mut ticket = Ticket::send(connection, step, &fds, ready);
    drop((stdout_writer, stderr_writer));
    let (out, err, answer) = tokio::join!(
        output::pump(&stdout, Stream::Stdout, sink),
        output::pump(&stderr, Stream::Stderr, sink),
        ticket.answer(stop),
    );
    out.and(err)
        .map_err(|error| BackendError::Failed(format!("cannot read what the step prints: {error}")))?;
    report(answer)
}

/// What a step came to.
pub(super) fn report(answer: Answer) -> Result<Report, BackendError> {
    match answer?.0 {
        Reply::Ended { result, .. } => result.map_err(failure),
        other => Err(BackendError::Failed(format!("expected the message `Ended`, got `{}`", other.name()))),
    }
}

fn cannot_pipe(error: std::io::Error) -> BackendError {
    BackendError::Failed(format!("cannot make a pipe for the step: {error}"))
}

/// A connection to the user's SSH agent, for a step that is to reach it.
pub(super) fn agent(spec: &StepSpec) -> Result<Option<OwnedFd>, BackendError> {
    spec.secrets.ssh_agent.as_deref().map(connect_to_agent).transpose()
}

/// The agent looks at who connects, so this is done here, by the user.
fn connect_to_agent(socket: &Path) -> Result<OwnedFd, BackendError> {
    let connected = std::os::unix::net::UnixStream::connect(socket);
    connected.map(OwnedFd::from).map_err(|error| BackendError::Unsupported {
        what: format!("your SSH agent at {} cannot be reached: {error}", socket.display()),
        help: "start it again (`eval \"$(ssh-agent)\"`, then `ssh-add`)".to_owned(),
    })
}

/// A step that was asked for. Dropped before its answer came, it has the step killed.
pub(super) struct Ticket<'a> {
    connection: &'a Connection,
    id: RequestId,
    receiver: oneshot::Receiver<Answer>,
    answered: bool,
}

impl<'a> Ticket<'a> {
    pub(super) fn send(
        connection: &'a Connection,
        step: Step,
        fds: &[BorrowedFd<'_>],
        ready: Option<ReadyCall>,
    ) -> Ticket<'a> {
        let (sender, receiver) = oneshot::channel();
        let make = |id| Request::Run { id, step: Box::new(step) };
        let waiter = |answer| {
            // Whoever asked may have been dropped.
            let _ = sender.send(answer);
        };
        let id = connection.request(make, fds, ready, waiter);
        Ticket { connection, id, receiver, answered: false }
    }

    /// Waits for the answer; asks the step to end, or has it killed, when it is to stop.
    pub(super) async fn answer(&mut self, stop: &ServiceStop) -> Answer {
        let (mut asked, mut killed) = (false, false);
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut self.receiver => break answer,
                () = stop.kill.cancelled(), if !killed => {
                    killed = true;
                    self.connection.kill(self.id);
                }
                () = stop.ask.cancelled(), if !asked && !killed => {
                    asked = true;
                    self.connection.ask_to_end(self.id);
                }
            }
        };
        self.answered = true;
        answer.unwrap_or_else(|_| {
            Err(BackendError::Failed("the sandbox's supervisor gave no answer".to_owned()))
        })
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.connection.kill(self.id);
        }
    }
}

pub(super) fn request(store: &Path, spec: &StepSpec, limited: &Limited) -> Result<Step, BackendError> {
    let work = spec.work.strip_prefix(store).map_err(|_| {
        BackendError::Failed(format!(
            "{} is not a folder of the store {}",
            spec.work.display(),
            store.display()
        ))
    })?;
    Ok(Step {
        work: work.as_os_str().as_bytes().to_vec(),
        toolchain: spec.base == Base::Toolchain,
        root: spec.root.iter().map(folder).collect(),
        mounts: spec.mounts.iter().map(mount).collect(),
        argv: spec.argv.clone(),
        env: pairs(&spec.env),
        workdir: spec.workdir.clone(),
        user: spec.user.clone(),
        network: network(&spec.network),
        certificates: spec.certificates.as_deref().map(<[u8]>::to_vec),
        timeout: spec.timeout,
        stdin: spec.stdin.is_some(),
        services: spec.services.iter().map(bound).collect(),
        lent: 0,
        serving: None,
        groups: limited.group.as_ref().map_or(0, |group| group.entries().count()),
        limits: limited.rest,
        secrets: secrets(&spec.secrets),
        privileged: spec.privileged,
        keeps_when_killed: spec.keeps_when_killed,
        person: None,
    })
}

fn secrets(secrets: &StepSecrets) -> Secrets {
    Secrets {
        env: secrets.env.iter().map(|(name, value)| (name.clone(), confidential(value))).collect(),
        files: secrets
            .files
            .iter()
            .map(|file| SecretFile {
                path: file.path.clone(),
                mode: file.mode,
                owner: file.owner.clone(),
                content: confidential(&file.content),
            })
            .collect(),
        ssh_agent: secrets.ssh_agent.is_some(),
        hidden: secrets.hidden.iter().map(confidential).collect(),
        may_stay_in: secrets.may_stay_in.clone(),
    }
}

fn confidential(bytes: &SecretBytes) -> Confidential {
    Confidential(bytes.expose().to_vec().into())
}

fn network(network: &pipe_engine::StepNetwork) -> StepNetwork {
    let egress = match network {
        pipe_engine::StepNetwork::Off => return StepNetwork::Off,
        pipe_engine::StepNetwork::Host => return StepNetwork::Host,
        pipe_engine::StepNetwork::Outbound(egress) => egress,
    };
    let reach =
        |reach: &pipe_engine::Reach| Reach { network: reach.network, prefix: reach.prefix, port: reach.port };
    StepNetwork::Outbound(Egress {
        public: true,
        allowed: egress.allowed.iter().map(reach).collect(),
        names: egress.names.clone(),
    })
}

fn pairs(env: &BTreeMap<String, String>) -> Vec<(String, String)> {
    env.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn bound(link: &ServiceLink) -> BoundService {
    BoundService { alias: link.alias.clone(), number: link.service.0, localhost: link.localhost.clone() }
}

fn folder(layer: &LayerRef) -> Folder {
    Folder { layer: layer.layer.clone(), path: layer.path.as_os_str().as_bytes().to_vec() }
}

fn dated(dated: &DatedFile) -> Dated {
    Dated { file: folder(&dated.file), date: dated.date }
}

fn mount(spec: &MountSpec) -> Mount {
    let source = match &spec.source {
        MountSource::Tree(layers) => MountedTree::Folders(layers.iter().map(folder).collect()),
        MountSource::File(file) => MountedTree::File(Folder {
            layer: file.layer.clone(),
            path: file.path.as_os_str().as_bytes().to_vec(),
        }),
        MountSource::Volume(volume) => MountedTree::Volume(Volume {
            folder: volume.folder.as_os_str().as_bytes().to_vec(),
            alone: volume.alone,
            touch: volume.touch.iter().map(dated).collect(),
        }),
        MountSource::Tmpfs { size } => MountedTree::Tmpfs { size: *size },
    };
    Mount { path: spec.path.clone(), source }
}

fn failure(failure: StepFailure) -> BackendError {
    match failure {
        StepFailure::Cancelled => BackendError::Cancelled,
        StepFailure::Step(message) => BackendError::Step(message),
        StepFailure::Machine(message) => BackendError::Failed(message),
    }
}

pub(super) fn outcome(
    report: Report,
    spec: &StepSpec,
    limited: &Limited,
) -> Result<StepOutcome, BackendError> {
    let out_of_memory = || limited.group.as_ref().is_some_and(Group::ran_out_of_memory);
    let exit = match report.ending {
        // One that came to a good end did without what was killed.
        Ending::Code(code) if code != 0 && out_of_memory() => Exit::OutOfMemory,
        Ending::Code(code) => Exit::Code(code),
        Ending::TimedOut => Exit::TimedOut,
        Ending::Missing => missing(spec),
        Ending::NotReady(_) => {
            return Err(BackendError::Failed("a step was waited for that is no service".to_owned()));
        }
    };
    Ok(StepOutcome {
        exit,
        root: report.root.map(new_layer),
        mounts: report.mounts.into_iter().map(|layer| layer.map(new_layer)).collect(),
        elapsed: report.elapsed,
        peak: report.peak,
        memory_of_each: limited.rest.memory,
        refused: report.refused,
        offline: report.offline,
        sockets: report.sockets.into_iter().map(|path| OsString::from_vec(path).into()).collect(),
        leaks: report.leaks.into_iter().map(leak).collect(),
    })
}

fn leak(leak: crate::protocol::Leak) -> Leak {
    Leak { path: OsString::from_vec(leak.path).into(), secret: leak.secret }
}

fn missing(spec: &StepSpec) -> Exit {
    let program = spec.argv.first().cloned().unwrap_or_default();
    match &spec.shell {
        Some(shell) if *shell == program => Exit::ShellMissing { shell: shell.clone() },
        _ => Exit::ProgramMissing { program },
    }
}

fn new_layer(layer: StagedLayer) -> NewLayer {
    NewLayer { staged: PathBuf::from(layer.path), scan: layer.scan }
}
