//! Answering requests: one thread for each, and the end of everything when `pipe` is gone.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::files;
use super::layers::LayerIndex;
use super::network::NetworkPool;
use super::running::Running;
use super::skeleton::Bases;
use super::step::{self, StepFds};
use super::work::{self, WorkFolder};
use crate::ids::IdCount;
use crate::protocol::{
    self, Begin, FileFailure, FileTask, Reply, Request, RequestId, SetupFailure, Step, StepFailure,
};
use crate::seccomp;

/// What all steps share.
pub(super) struct Context {
    pub(super) ids: IdCount,
    pub(super) open_files: (u64, u64),
    pub(super) bases: Bases,
    pub(super) index: LayerIndex,
    pub(super) filters: Arc<[Vec<libc::sock_filter>]>,
    pub(super) networks: NetworkPool,
    /// A folder on which every step's root is attached, each in its own mount namespace.
    pub(super) attach_point: PathBuf,
    work: WorkFolder,
    names: AtomicU64,
}

impl Context {
    /// A name that no other supervisor and no other call gives.
    pub(super) fn fresh_name(&self, kind: &str) -> String {
        format!("{kind}-{}-{}", std::process::id(), self.names.fetch_add(1, Ordering::Relaxed))
    }
}

/// The supervisor, ready for requests.
pub(super) struct Server {
    context: Context,
    running: Running,
    replies: Mutex<UnixStream>,
    /// Folders of runs that steps worked in.
    runs: Mutex<BTreeSet<PathBuf>>,
}

impl Server {
    /// Makes the working folder in the store, which is the working directory.
    pub(super) fn new(begin: Begin, socket: &UnixStream) -> Result<Arc<Server>, SetupFailure> {
        let step = |what: &str| {
            let what = what.to_owned();
            move |error: std::io::Error| SetupFailure {
                what,
                errno: error.raw_os_error().unwrap_or(libc::EIO),
            }
        };
        let work = WorkFolder::create().map_err(step("make a working folder in the store"))?;
        let attach_point = work.path().join("root");
        std::fs::create_dir(&attach_point).map_err(step("make a working folder in the store"))?;
        let filters = seccomp::compile()
            .map_err(|error| step("compile the seccomp filter")(std::io::Error::other(error)))?;
        let replies = socket.try_clone().map_err(step("share its connection"))?;
        let context = Context {
            ids: begin.ids,
            open_files: begin.open_files,
            bases: Bases::new(work.path()),
            index: LayerIndex::default(),
            networks: NetworkPool::start(),
            filters: filters.into(),
            attach_point,
            work,
            names: AtomicU64::new(0),
        };
        Ok(Arc::new(Server {
            context,
            running: Running::default(),
            replies: Mutex::new(replies),
            runs: Mutex::default(),
        }))
    }

    /// Serves until the connection ends; then kills, waits, and removes what is left.
    pub(super) fn serve(self: &Arc<Server>, socket: &UnixStream) {
        let mut threads: Vec<JoinHandle<()>> = Vec::new();
        let mut asked_to_end = false;
        // Whatever the reason: a connection that makes no sense any more is over.
        while let Ok((request, fds)) = protocol::receive::<Request>(socket) {
            threads.retain(|thread| !thread.is_finished());
            asked_to_end |= matches!(request, Request::End);
            threads.extend(self.accept(request, fds));
        }
        self.running.kill_all();
        for thread in threads {
            let _ = thread.join();
        }
        let _ = pipe_store::remove_layer(self.context.work.path());
        if !asked_to_end {
            // `pipe` was killed; its folders are nobody's now.
            let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner).clone();
            work::sweep_after(&runs.into_iter().collect::<Vec<_>>());
        }
    }

    fn spawn(self: &Arc<Server>, work: impl FnOnce(&Server) + Send + 'static) -> JoinHandle<()> {
        let server = self.clone();
        std::thread::spawn(move || work(&server))
    }

    fn accept(self: &Arc<Server>, request: Request, fds: Vec<OwnedFd>) -> Option<JoinHandle<()>> {
        match request {
            Request::Run { id, step } => {
                self.running.announce(id);
                Some(self.spawn(move |server| server.run(id, &step, fds)))
            }
            Request::Files { id, task } => Some(self.spawn(move |server| server.files(id, task))),
            Request::Kill { id } => {
                self.running.kill(id);
                None
            }
            Request::End => None,
            Request::Begin(_) => {
                eprintln!("pipe's sandbox supervisor: expected the message `Run`, got `Begin`");
                None
            }
        }
    }

    /// The thread of a step. It lives as long as the step's first process: the kernel ties that process's life to it.
    fn run(&self, id: RequestId, step: &Step, fds: Vec<OwnedFd>) {
        let folder = self.step_folder(step);
        let result = match &folder {
            Ok(folder) => guarded(|| self.run_in(id, step, fds, folder))
                .unwrap_or_else(|message| Err(StepFailure::Machine(message))),
            Err(error) => Err(StepFailure::Machine(format!("cannot make a folder for the step: {error}"))),
        };
        self.running.forget(id);
        let cancelled = matches!(result, Err(StepFailure::Cancelled));
        if cancelled {
            self.clean(folder.as_deref().ok());
            self.reply(&Reply::Ended { id, result }, None);
        } else {
            // `pipe` need not wait for the cleaning.
            self.reply(&Reply::Ended { id, result }, None);
            self.clean(folder.as_deref().ok());
        }
    }

    fn step_folder(&self, step: &Step) -> std::io::Result<PathBuf> {
        let run = files::inside(step.work.clone())?;
        let folder = run.join(self.context.fresh_name("step"));
        std::fs::create_dir(&folder)?;
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).insert(run);
        Ok(folder)
    }

    fn run_in(
        &self,
        id: RequestId,
        step: &Step,
        fds: Vec<OwnedFd>,
        folder: &Path,
    ) -> Result<crate::protocol::Report, StepFailure> {
        let mut fds = fds.into_iter();
        match (fds.next(), fds.next(), fds.next()) {
            (Some(stdout), Some(stderr), stdin) if stdin.is_some() == step.stdin => {
                step::run(&self.context, &self.running, id, step, StepFds { stdout, stderr, stdin }, folder)
            }
            _ => Err(StepFailure::Machine(
                "the message `Run` came with the wrong number of descriptors".to_owned(),
            )),
        }
    }

    fn clean(&self, folder: Option<&Path>) {
        // What stays is removed with the working folder.
        let _ = folder.map(pipe_store::remove_layer);
    }

    fn files(&self, id: RequestId, task: FileTask) {
        if matches!(task, FileTask::Remove(_)) {
            self.context.index.clear();
        }
        let failed = |message| Err(FileFailure { errno: None, message });
        let (result, file) = match guarded(|| files::perform(task)).unwrap_or_else(failed) {
            Ok((result, file)) => (Ok(result), file),
            Err(failure) => (Err(failure), None),
        };
        self.reply(&Reply::Files { id, result }, file.as_ref());
    }

    fn reply(&self, reply: &Reply, file: Option<&OwnedFd>) {
        let socket = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let file = file.map(AsFd::as_fd);
        // Nobody to tell: the end of the connection is noticed where requests are read.
        let _ = protocol::send(&socket, reply, file.as_slice());
    }
}

/// A mistake in the handling of one request ends that request only.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("the supervisor failed: {}", text.unwrap_or_default())
    })
}
