//! Answering requests, and the end of everything when `pipe` is gone.
//!
//! Threads take turns at the connection: whoever receives a request answers it, after another thread stands at the connection. So a
//! request is never handed from thread to thread, which costs as much as a fair part of a step.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

use super::dying::Dying;
use super::files;
use super::first::FirstProcesses;
use super::folders::{RunFolders, StepFolders};
use super::formats::Formats;
use super::layers::LayerIndex;
use super::network::{NetworkPool, Outbound, RunningServices};
use super::running::Running;
use super::skeleton::Bases;
use super::step::{self, Remains, StepFds};
use super::work::{self, WorkFolder};
use crate::foreign::Unregistered;
use crate::ids::IdCount;
use crate::protocol::{
    self, Begin, Egress, FileFailure, FileTask, Readiness, Reply, Report, Request, RequestId, SetupFailure,
    Step, StepFailure, WireError,
};
use crate::seccomp::{self, Rights};

/// What all steps share.
pub(super) struct Context {
    pub(super) ids: IdCount,
    pub(super) open_files: (u64, u64),
    pub(super) bases: Arc<Bases>,
    pub(super) index: LayerIndex,
    pub(super) filter: Arc<[libc::sock_filter]>,
    /// That of privileged steps, once there was one.
    privileged_filter: OnceLock<Result<Arc<[libc::sock_filter]>, String>>,
    pub(super) networks: NetworkPool,
    pub(super) outbound: Arc<Outbound>,
    pub(super) services: RunningServices,
    pub(super) dying: Dying,
    pub(super) first_processes: FirstProcesses,
    /// A folder on which every step's root is attached, each in its own mount namespace.
    pub(super) attach_point: PathBuf,
}

impl Context {
    /// What privileged steps may call.
    pub(super) fn privileged_filter(&self) -> Result<Arc<[libc::sock_filter]>, StepFailure> {
        let compile =
            || seccomp::compile(Rights::Privileged).map(Arc::from).map_err(|error| error.to_string());
        self.privileged_filter.get_or_init(compile).clone().map_err(StepFailure::Machine)
    }
}

/// The supervisor, ready for requests.
pub(super) struct Server {
    context: Context,
    /// And those of them that the kernel refused; or why there are none.
    formats: Result<(Option<Formats>, Vec<Unregistered>), String>,
    work: WorkFolder,
    folders: RunFolders,
    running: Running,
    /// Held by the thread that waits for a request.
    requests: Mutex<UnixStream>,
    replies: Mutex<UnixStream>,
    /// Threads that wait for a request, or for their turn at it.
    waiting: AtomicUsize,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// `pipe` said that it ends; else it was killed.
    told_to_end: AtomicBool,
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
        let point = CString::new(attach_point.as_os_str().as_bytes())
            .map_err(|error| step("name a working folder")(error.into()))?;
        let filter = seccomp::compile(Rights::Ordinary)
            .map_err(|error| step("compile the seccomp filter")(std::io::Error::other(error)))?;
        let share = || socket.try_clone().map_err(step("share its connection"));
        let bases = Arc::new(Bases::new(work.path()));
        let context = Context {
            ids: begin.ids,
            open_files: begin.open_files,
            first_processes: FirstProcesses::start(point, bases.clone()),
            bases,
            index: LayerIndex::default(),
            filter: filter.into(),
            privileged_filter: OnceLock::new(),
            networks: NetworkPool::default(),
            outbound: Arc::new(Outbound::new(work.path())),
            services: RunningServices::default(),
            dying: Dying::default(),
            attach_point,
        };
        if begin.outbound {
            context.outbound.expect(Egress { public: true, ..Egress::default() });
        }
        Ok(Arc::new(Server {
            context,
            formats: Formats::register(&begin.formats),
            work,
            folders: RunFolders::default(),
            running: Running::default(),
            requests: Mutex::new(share()?),
            replies: Mutex::new(share()?),
            waiting: AtomicUsize::new(1),
            threads: Mutex::default(),
            told_to_end: AtomicBool::new(false),
        }))
    }

    /// What its steps have.
    pub(super) fn readiness(&self) -> Readiness {
        Readiness { formats: self.formats.as_ref().map(|(_, refused)| refused.clone()).map_err(Clone::clone) }
    }

    /// Serves until the connection ends; then kills, waits, and removes what is left.
    pub(super) fn serve(self: &Arc<Server>) {
        self.answer_in_turn();
        // This thread may be the first to see the end, or come back from a step to find it.
        self.running.kill_all();
        self.context.first_processes.end();
        self.context.outbound.end();
        loop {
            // Not held while joining: the thread may be about to add another.
            let Some(thread) = locked(&self.threads).pop() else { break };
            let _ = thread.join();
        }
        let _ = pipe_store::remove_layer(self.work.path());
        if !self.told_to_end.load(Ordering::Relaxed) {
            // `pipe` was killed; its folders are nobody's now.
            work::sweep_after(&self.folders.runs());
        }
        // What is left is the kernel's: a process with links to networks takes it many milliseconds to end.
        self.reply(&Reply::Over, None);
    }

    /// The life of a thread: receive, answer, again. Ends with the connection.
    fn answer_in_turn(self: &Arc<Server>) {
        while let Ok((request, fds)) = self.receive() {
            if self.waiting.fetch_sub(1, Ordering::Relaxed) == 1 && request.takes_long() {
                self.add_thread();
            }
            self.answer(request, fds);
            self.waiting.fetch_add(1, Ordering::Relaxed);
        }
        // The others see the same; what runs in them must end.
        self.running.kill_all();
    }

    fn receive(&self) -> Result<(Request, Vec<OwnedFd>), WireError> {
        let socket = locked(&self.requests);
        let received = protocol::receive(&socket);
        match &received {
            // Before another thread can receive the request to kill it.
            Ok((Request::Run { id, .. }, _)) => self.running.announce(*id),
            Ok(_) => {}
            // Whatever the reason: a connection that makes no sense any more is over, for every thread.
            Err(_) => drop(socket.shutdown(std::net::Shutdown::Read)),
        }
        received
    }

    fn add_thread(self: &Arc<Server>) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let server = self.clone();
        let thread = std::thread::spawn(move || server.answer_in_turn());
        locked(&self.threads).push(thread);
    }

    fn answer(&self, request: Request, fds: Vec<OwnedFd>) {
        match request {
            Request::Run { id, step } => self.run(id, &step, fds),
            Request::Files { id, task } => self.files(id, task),
            Request::AskToEnd { id } => self.running.ask_to_end(id),
            Request::Kill { id } => self.running.kill(id),
            Request::Lend { number } => {
                if let Some(socket) = fds.into_iter().next() {
                    self.context.services.lend(number, socket);
                }
            }
            Request::End => self.told_to_end.store(true, Ordering::Relaxed),
            Request::Begin(_) => {
                eprintln!("pipe's sandbox supervisor: expected the message `Run`, got `Begin`")
            }
        }
    }

    /// A step. The kernel ties the life of its first process to that of this thread, which lives longer.
    fn run(&self, id: RequestId, step: &Step, fds: Vec<OwnedFd>) {
        let run = files::inside(step.work.clone());
        let folders = match run {
            Ok(run) => self.folders.step(run),
            Err(error) => {
                self.running.forget(id);
                let result = Err(StepFailure::Machine(error.to_string()));
                return self.reply(&Reply::Ended { id, result }, None);
            }
        };
        let ran = guarded(|| self.run_in(id, step, fds, &folders))
            .unwrap_or_else(|message| Err(StepFailure::Machine(message)));
        self.running.forget(id);
        match ran {
            Ok((report, remains)) => {
                // `pipe` need not wait while the kernel takes the step down and its folders are cleaned.
                self.context.dying.enter(id);
                self.reply(&Reply::Ended { id, result: Ok(report) }, None);
                remains.let_go(&self.context);
                self.context.dying.leave(id);
                folders.recycle();
            }
            Err(failure) => {
                folders.remove();
                self.reply(&Reply::Ended { id, result: Err(failure) }, None);
            }
        }
    }

    fn run_in(
        &self,
        id: RequestId,
        step: &Step,
        fds: Vec<OwnedFd>,
        folders: &StepFolders<'_>,
    ) -> Result<(Report, Remains), StepFailure> {
        let mut fds = fds.into_iter();
        let (stdout, stderr) = (fds.next(), fds.next());
        let stdin = if step.stdin { fds.next() } else { None };
        let agent = if step.secrets.ssh_agent { fds.next() } else { None };
        let groups: Vec<OwnedFd> = fds.by_ref().take(step.groups).collect();
        let lent: Vec<OwnedFd> = fds.by_ref().take(step.lent).collect();
        let tunnels: Vec<OwnedFd> = fds.collect();
        let expected = step.serving.as_ref().map_or(0, |serving| serving.tunnels.len());
        let are_all = stdin.is_some() == step.stdin
            && agent.is_some() == step.secrets.ssh_agent
            && groups.len() == step.groups
            && lent.len() == step.lent
            && tunnels.len() == expected;
        match (stdout, stderr) {
            (Some(stdout), Some(stderr)) if are_all => {
                let fds = StepFds { stdout, stderr, stdin, agent, groups, lent, tunnels };
                let ready = || self.reply(&Reply::Serving { id }, None);
                step::run(&self.context, &self.running, id, step, fds, folders, ready)
            }
            _ => Err(StepFailure::Machine(
                "the message `Run` came with the wrong number of descriptors".to_owned(),
            )),
        }
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
        let file = file.map(AsFd::as_fd);
        // Nobody to tell: the end of the connection is noticed where requests are read.
        let _ = protocol::send(&locked(&self.replies), reply, file.as_slice());
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A mistake in the handling of one request ends that request only.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("the supervisor failed: {}", text.unwrap_or_default())
    })
}
