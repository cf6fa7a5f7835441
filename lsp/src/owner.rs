//! The one thread that has the databases. What clients send is done here in its order; what they ask is answered on a pool from
//! a snapshot. This thread never holds a snapshot, for its edits wait until all are gone.

mod looking;
mod pace;
mod packages;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Instant;

use pipe_analysis::inspect::{Interrupted, Stopper};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tower_lsp::ls_types::{Diagnostic, TextDocumentContentChangeEvent, Uri};

use crate::History;
use crate::ask::{Opened, Text, View};
use crate::documents::Document;
use crate::overlay::Overlay;
use crate::position::Encoding;
use crate::publish::Outgoing;
use looking::{Looking, Seen};
use pace::Pace;
use packages::{Package, Packages};

/// What the owner is told.
pub(crate) enum Task {
    /// What client and server agreed on.
    Agreed(Agreement),
    Open(Document),
    Change {
        uri: Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
    },
    Close(Uri),
    /// Something changed on the disk.
    Disk,
    /// The client does not tell what happens on the disk.
    Unwatched,
    /// A question about the text of a document alone.
    AskText {
        uri: Uri,
        question: TextQuestion,
    },
    /// A question about a file.
    Ask {
        uri: Uri,
        /// Every module of the package is looked at, also one that nothing uses.
        whole: bool,
        question: Question,
    },
    /// A mistake of the owner.
    #[cfg(test)]
    Planted,
    /// A mistake of the owner whenever it looks for what is wrong.
    #[cfg(test)]
    PlantedInSearch,
    /// The client shows how work goes on.
    ShowsProgress,
    /// Asks for an open document of each package.
    Packages(oneshot::Sender<Vec<Uri>>),
    /// What a package was found to have wrong, from the pool.
    Found {
        package: usize,
        generation: u64,
        diagnostics: BTreeMap<String, Vec<Diagnostic>>,
    },
    /// What a package has wrong was not found: the program became another one meanwhile, which need not have been by an edit.
    Interrupted {
        package: usize,
        generation: u64,
    },
    /// A question that every module of a package is looked at for has its answer.
    Answered {
        package: usize,
    },
    /// What is known of the steps of a package was looked for.
    Seen(Seen),
}

/// What client and server agreed on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Agreement {
    pub(crate) encoding: Encoding,
    pub(crate) standard_library: bool,
    /// The client asks for what is wrong, and is not told unasked.
    pub(crate) pulls: bool,
    /// The client tells what happens on the disk.
    pub(crate) watches: bool,
    /// It is shown in the text what is cached.
    pub(crate) cache_state: bool,
    /// The client asks again for what is shown in the text when it is told to.
    pub(crate) refreshes: bool,
}

impl Task {
    /// The client did or asked something.
    fn is_of_client(&self) -> bool {
        use Task::{Ask, AskText, Change, Close, Disk, Open};
        matches!(self, Open(_) | Change { .. } | Close(_) | Disk | AskText { .. } | Ask { .. })
    }
}

/// A question about the text of a document; nothing is read or checked for it. It is given `None` for what is not open.
pub(crate) type TextQuestion = Box<dyn FnOnce(Option<&Text<'_>>) + Send>;

/// A question about a file.
pub(crate) trait Ask: Send {
    /// The search for the answer begins, and can be stopped from here on.
    fn begin(&mut self, stopper: Stopper);
    /// Finds the answer and keeps it.
    fn look(&mut self, view: &View<'_>);
    /// Gives the answer to whoever asked: after nothing is read any more, so that nobody waits for that.
    fn answer(self: Box<Self>, failed: Option<Unanswered>);
}

/// A question about a file.
pub(crate) type Question = Box<dyn Ask>;

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The file is not open, or could not be read.
    Unknown,
    /// The text was edited meanwhile.
    Edited,
    /// Nobody wanted the answer any more.
    Stopped,
    /// A mistake of the server.
    Panicked,
}

/// Where tasks are given to the owner.
pub(crate) type Tasks = mpsc::Sender<Task>;

/// An owner that waits for its tasks.
pub(crate) struct Waiting {
    tasks: mpsc::Receiver<Task>,
    own: Tasks,
}

pub(crate) fn channel() -> (Tasks, Waiting) {
    let (sender, tasks) = mpsc::channel();
    (sender.clone(), Waiting { tasks, own: sender })
}

impl Waiting {
    /// Starts the thread.
    ///
    /// # Errors
    /// When it or the pool cannot be started.
    pub(crate) fn start(
        self,
        outgoing: UnboundedSender<Outgoing>,
        packages: Option<PathBuf>,
        history: Option<Arc<dyn History>>,
    ) -> std::io::Result<()> {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        let (mut owner, tasks) = self.owner(outgoing, packages, threads)?;
        owner.looking.history = history;
        std::thread::Builder::new().name("pipe-lsp-owner".into()).spawn(move || owner.run(&tasks))?;
        Ok(())
    }

    fn owner(
        self,
        outgoing: UnboundedSender<Outgoing>,
        packages: Option<PathBuf>,
        threads: usize,
    ) -> std::io::Result<(Owner, mpsc::Receiver<Task>)> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("pipe-lsp-{i}"))
            .build()
            .map_err(std::io::Error::other)?;
        let Waiting { tasks, own } = self;
        let owner = Owner {
            own,
            outgoing,
            pool,
            agreement: Agreement::default(),
            overlay: Overlay::new(packages),
            documents: BTreeMap::new(),
            open: Arc::default(),
            packages: Packages::default(),
            pace: Pace::default(),
            looking: Looking::default(),
            #[cfg(test)]
            planted: false,
        };
        Ok((owner, tasks))
    }
}

struct Owner {
    own: Tasks,
    outgoing: UnboundedSender<Outgoing>,
    pool: rayon::ThreadPool,
    agreement: Agreement,
    overlay: Overlay,
    /// Open documents by canonical path.
    documents: BTreeMap<PathBuf, Document>,
    /// How the client calls them, for those that answer.
    open: Arc<BTreeMap<PathBuf, Opened>>,
    packages: Packages,
    pace: Pace,
    looking: Looking,
    #[cfg(test)]
    planted: bool,
}

impl Owner {
    fn run(&mut self, tasks: &mpsc::Receiver<Task>) {
        loop {
            let wait = self.pace.next().map(|at| at.saturating_duration_since(Instant::now()));
            let task = match wait {
                None => tasks.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wait) => tasks.recv_timeout(wait),
            };
            match task {
                Ok(task) => self.take(task),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // All that waits is done before anything is looked for in it.
            while let Ok(task) = tasks.try_recv() {
                self.take(task);
            }
            self.unasked(Instant::now());
        }
    }

    fn take(&mut self, task: Task) {
        if !self.survive(|owner| owner.handle(task)) {
            self.moved();
        }
    }

    /// Does what nobody asks for when its time has come. After a mistake in it only the next task begins it again: it would make the
    /// same mistake at once, and so on.
    fn unasked(&mut self, now: Instant) {
        if self.pace.disk_now(now) {
            // Reading the program again would interrupt a question that every module is looked at for: nobody waits for this.
            match self.packages.are_asked() {
                true => self.pace.idle(now, self.agreement.watches),
                false => _ = self.survive(Owner::disk),
            }
        }
        if self.pace.diagnose_now(now) {
            self.survive(Owner::diagnose);
        }
        if self.pace.look_now(now) {
            self.survive(|owner| owner.look(now));
        }
    }

    /// A mistake in one task does not keep the others from being done. Whether there was none.
    fn survive(&mut self, work: impl FnOnce(&mut Owner)) -> bool {
        let is_done = std::panic::catch_unwind(AssertUnwindSafe(|| work(self))).is_ok();
        if !is_done {
            // What the panic left is not known: everything is read again.
            self.packages.forget();
            let documents: Vec<PathBuf> = self.documents.keys().cloned().collect();
            documents.iter().for_each(|path| self.packages.add(&self.overlay, path));
            let _ =
                self.outgoing.send(Outgoing::Log("the language server made a mistake; it goes on".into()));
        }
        is_done
    }

    fn handle(&mut self, task: Task) {
        if task.is_of_client() {
            self.looking.hear(Instant::now());
            if self.looking.history.is_some() {
                self.pace.look_soon(Instant::now());
            }
        }
        match task {
            Task::Agreed(agreement) => self.agreement = agreement,
            Task::Open(document) => self.open(document),
            Task::Change { uri, version, changes } => self.change(&uri, version, changes),
            Task::Close(uri) => self.close(&uri),
            Task::Disk => self.disk(),
            Task::Unwatched => self.agreement.watches = false,
            Task::AskText { uri, question } => self.ask_text(&uri, question),
            Task::Ask { uri, whole, question } => self.ask(&uri, whole, question),
            #[cfg(test)]
            Task::Planted => panic!("planted"),
            #[cfg(test)]
            Task::PlantedInSearch => self.planted = true,
            Task::ShowsProgress => {
                let _ = self.outgoing.send(Outgoing::ShowsProgress);
            }
            Task::Packages(sender) => {
                let documents = self.packages.documents().filter_map(|path| self.documents.get(path));
                // Whoever asked may have given up.
                let _ = sender.send(documents.map(|document| document.uri.clone()).collect());
            }
            Task::Found { package, generation, diagnostics } => {
                self.publish(package, generation, diagnostics)
            }
            Task::Interrupted { package, generation } => {
                if let Some(known) = self.packages.get(package)
                    && known.generation == generation
                {
                    known.interrupted = true;
                    self.look_again(package);
                }
            }
            Task::Answered { package } => self.look_again(package),
            Task::Seen(seen) => self.seen(seen),
        }
    }

    fn open(&mut self, document: Document) {
        let path = path_of(&document.uri);
        let text: Arc<str> = document.text.as_str().into();
        self.overlay.open(&path, text.clone());
        let opened = Opened { uri: document.uri.clone(), version: document.version };
        Arc::make_mut(&mut self.open).insert(path.clone(), opened);
        self.documents.insert(path.clone(), document);
        self.packages.open(&self.overlay, &path, &text);
        self.moved();
    }

    /// Documents or files came or went.
    fn moved(&mut self) {
        self.pace.moved(Instant::now());
    }

    fn change(&mut self, uri: &Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent>) {
        let path = path_of(uri);
        let Some(document) = self.documents.get_mut(&path) else { return };
        document.apply(changes, self.agreement.encoding);
        document.version = version;
        let opened = Opened { uri: document.uri.clone(), version };
        Arc::make_mut(&mut self.open).insert(path.clone(), opened);
        let text: Arc<str> = document.text.as_str().into();
        self.overlay.open(&path, text.clone());
        self.packages.edit(&path, &text);
        let now = Instant::now();
        self.pace.edited(now);
        self.pace.idle(now, self.agreement.watches);
        self.looking.stop();
    }

    fn close(&mut self, uri: &Uri) {
        let path = path_of(uri);
        Arc::make_mut(&mut self.open).remove(&path);
        self.documents.remove(&path);
        self.overlay.close(&path);
        for uri in self.packages.close(&path) {
            let _ = self.outgoing.send(Outgoing::Diagnostics(uri, Vec::new(), None));
        }
        self.moved();
    }

    /// A manifest may have come or gone: documents may belong to another package now.
    fn disk(&mut self) {
        self.packages.files_changed();
        for path in self.documents.keys() {
            for uri in self.packages.move_to_its_package(&self.overlay, path) {
                let _ = self.outgoing.send(Outgoing::Diagnostics(uri, Vec::new(), None));
            }
        }
        self.moved();
    }

    fn ask_text(&mut self, uri: &Uri, question: TextQuestion) {
        let text = self.overlay.opened(&path_of(uri));
        let encoding = self.agreement.encoding;
        self.pool.spawn(move || {
            // A mistake leaves the question without an answer, which whoever asked notices.
            let _ = std::panic::catch_unwind(AssertUnwindSafe(|| match text {
                Some(text) => question(Some(&Text::new(&text, encoding))),
                None => question(None),
            }));
        });
    }

    fn ask(&mut self, uri: &Uri, whole: bool, question: Question) {
        let path = path_of(uri);
        let Some((index, package)) = self.packages.of(&path) else {
            return question.answer(Some(Unanswered::Unknown));
        };
        let (snapshot, asking) = match whole {
            true => (package.whole(), Some((package.asking(), self.own.clone()))),
            false => (package.snapshot(), None),
        };
        let names = package.names(&self.open, self.agreement);
        let file = package.name_of(&path);
        self.pool.spawn(move || {
            let mut question = question;
            question.begin(snapshot.stopper());
            let asked = snapshot.ask(|snapshot| match snapshot.source(&file) {
                Some(text) => {
                    let text = Text::new(&text, names.encoding);
                    question.look(&View { snapshot, file: &file, text, names: &names });
                    None
                }
                None => Some(Unanswered::Unknown),
            });
            question.answer(match asked {
                Ok(failed) => failed,
                Err(Interrupted::Edited) => Some(Unanswered::Edited),
                Err(Interrupted::Stopped) => Some(Unanswered::Stopped),
                Err(Interrupted::Panicked(_)) => Some(Unanswered::Panicked),
            });
            if let Some((asking, own)) = asking {
                drop(asking);
                let _ = own.send(Task::Answered { package: index });
            }
        });
    }

    /// Looks again for what is wrong in a package whose search was interrupted: after the questions that every module is looked at for,
    /// which it would interrupt.
    fn look_again(&mut self, package: usize) {
        if self.packages.get(package).is_some_and(Package::looks_again) {
            self.pace.moved(Instant::now());
        }
    }

    /// Looks for what is wrong in packages that changed, on the pool.
    fn diagnose(&mut self) {
        #[cfg(test)]
        assert!(!self.planted, "planted");
        if self.agreement.pulls {
            return;
        }
        for (index, package) in self.packages.undiagnosed() {
            let names = package.names(&self.open, self.agreement);
            let (snapshot, generation, own) = (package.snapshot(), package.generation, self.own.clone());
            let outgoing = self.outgoing.clone();
            let first = std::mem::take(&mut package.fresh);
            if first {
                let _ = self.outgoing.send(Outgoing::Begun(index, names.dir.clone()));
            }
            self.pool.spawn(move || {
                let found = snapshot.ask(|snapshot| crate::convert::diagnostics(snapshot, &names));
                if first {
                    let _ = outgoing.send(Outgoing::Ended(index));
                }
                match found {
                    Ok(diagnostics) => {
                        let _ = own.send(Task::Found { package: index, generation, diagnostics });
                    }
                    Err(Interrupted::Edited | Interrupted::Stopped) => {
                        let _ = own.send(Task::Interrupted { package: index, generation });
                    }
                    Err(Interrupted::Panicked(said)) => {
                        let _ = outgoing.send(Outgoing::Log(format!("the checker made a mistake: {said}")));
                    }
                }
            });
        }
    }

    /// Says what was found, unless the text is another one by now.
    fn publish(&mut self, package: usize, generation: u64, found: BTreeMap<String, Vec<Diagnostic>>) {
        let Some(known) = self.packages.get(package) else { return };
        let names = known.names(&self.open, self.agreement);
        if known.generation != generation {
            return;
        }
        for (uri, diagnostics, version) in known.published(found, &names) {
            let _ = self.outgoing.send(Outgoing::Diagnostics(uri, diagnostics, version));
        }
    }
}

/// The path that a document is known by: canonical where it is on the disk. What is no file has a path that no file has.
pub(crate) fn path_of(uri: &Uri) -> PathBuf {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    match uri.to_file_path().filter(|path| is_file && path.is_absolute()) {
        Some(path) => std::fs::canonicalize(&path).unwrap_or_else(|_| path.components().collect()),
        None => PathBuf::from("/dev/null").join(uri.as_str().replace('/', "\u{2215}")),
    }
}
