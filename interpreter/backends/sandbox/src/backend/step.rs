//! Running one step: the request, its output, its outcome.

use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use pipe_engine::{
    BackendError, Base, Exit, MountSource, MountSpec, NewLayer, OutputSink, StepOutcome, StepSpec, Stream,
};
use pipe_store::{DatedFile, LayerRef};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::connection::{Answer, Connection};
use super::output;
use crate::protocol::{
    Dated, Egress, Ending, Folder, Mount, MountedTree, Reach, Reply, Report, Request, RequestId, StagedLayer,
    Step, StepFailure, StepNetwork, Volume,
};

/// Runs a step to its end.
pub(super) async fn run(
    connection: &Connection,
    store: &Path,
    spec: StepSpec,
    sink: &dyn OutputSink,
    cancel: &CancellationToken,
) -> Result<StepOutcome, BackendError> {
    let step = request(store, &spec)?;
    let (stdout, stdout_writer) = output::pipe().map_err(cannot_pipe)?;
    let (stderr, stderr_writer) = output::pipe().map_err(cannot_pipe)?;
    let stdin = spec.stdin.as_deref().map(output::input).transpose().map_err(cannot_pipe)?;
    let mut ticket = Ticket::send(connection, step, &stdout_writer, &stderr_writer, stdin.as_ref());
    drop((stdout_writer, stderr_writer, stdin));
    let (out, err, answer) = tokio::join!(
        output::pump(&stdout, Stream::Stdout, sink),
        output::pump(&stderr, Stream::Stderr, sink),
        ticket.answer(cancel),
    );
    out.and(err)
        .map_err(|error| BackendError::Failed(format!("cannot read what the step prints: {error}")))?;
    match answer?.0 {
        Reply::Ended { result, .. } => outcome(result.map_err(failure)?, &spec),
        other => Err(BackendError::Failed(format!("expected the message `Ended`, got `{}`", other.name()))),
    }
}

fn cannot_pipe(error: std::io::Error) -> BackendError {
    BackendError::Failed(format!("cannot make a pipe for the step: {error}"))
}

/// A step that was asked for. Dropped before its answer came, it has the step killed.
struct Ticket<'a> {
    connection: &'a Connection,
    id: RequestId,
    receiver: oneshot::Receiver<Answer>,
    answered: bool,
}

impl<'a> Ticket<'a> {
    fn send(
        connection: &'a Connection,
        step: Step,
        stdout: &OwnedFd,
        stderr: &OwnedFd,
        stdin: Option<&OwnedFd>,
    ) -> Ticket<'a> {
        let (sender, receiver) = oneshot::channel();
        let fds: Vec<_> = [stdout, stderr].into_iter().chain(stdin).map(AsFd::as_fd).collect();
        let make = |id| Request::Run { id, step: Box::new(step) };
        let id = connection.request(make, &fds, |answer| {
            // Whoever asked may have been dropped.
            let _ = sender.send(answer);
        });
        Ticket { connection, id, receiver, answered: false }
    }

    /// Waits for the answer; asks for the step's death when `cancel` fires.
    async fn answer(&mut self, cancel: &CancellationToken) -> Answer {
        let answer = tokio::select! {
            answer = &mut self.receiver => answer,
            () = cancel.cancelled() => {
                self.connection.kill(self.id);
                (&mut self.receiver).await
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

fn request(store: &Path, spec: &StepSpec) -> Result<Step, BackendError> {
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
        env: spec.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        workdir: spec.workdir.clone(),
        user: spec.user.clone(),
        network: network(&spec.network),
        timeout: spec.timeout,
        stdin: spec.stdin.is_some(),
    })
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
        allowed: egress.allowed.iter().map(reach).collect(),
        names: egress.names.clone(),
    })
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

fn outcome(report: Report, spec: &StepSpec) -> Result<StepOutcome, BackendError> {
    let exit = match report.ending {
        Ending::Code(code) => Exit::Code(code),
        Ending::TimedOut => Exit::TimedOut,
        Ending::Missing => missing(spec),
    };
    Ok(StepOutcome {
        exit,
        root: report.root.map(new_layer),
        mounts: report.mounts.into_iter().map(|layer| layer.map(new_layer)).collect(),
        elapsed: report.elapsed,
        refused: report.refused,
        offline: report.offline,
        sockets: report.sockets.into_iter().map(|path| OsString::from_vec(path).into()).collect(),
    })
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
