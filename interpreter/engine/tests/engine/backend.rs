//! A small backend: programs are Rust closures, what they write becomes real layers of the store.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use pipe_engine::{
    AttachCall, Backend, BackendError, Exit, Leak, MountSource, NewLayer, OutputSink, StepOutcome,
    StepSecrets, StepSpec, Stream,
};
use pipe_ops::Digest;
use pipe_store::{IdMap, LayerRef, Store, scan_layer};
use tokio_util::sync::CancellationToken;

type Program = Arc<dyn Fn(&mut Call<'_>) -> Result<Exit, BackendError> + Send + Sync>;

/// Runs closures.
pub(crate) struct Closures {
    store: Store,
    programs: HashMap<&'static str, Program>,
    /// Numbers folders.
    next: AtomicU64,
    /// Every command that began, in order.
    pub(crate) began: Mutex<Vec<Vec<String>>>,
    pub(crate) toolchain: Mutex<Digest>,
    pub(crate) shut_down: Mutex<bool>,
}

/// One run of a program.
pub(crate) struct Call<'a> {
    pub(crate) argv: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) stdin: Option<Vec<u8>>,
    pub(crate) cancel: CancellationToken,
    pub(crate) secrets: StepSecrets,
    output: &'a dyn OutputSink,
    views: Vec<View>,
    leaks: Vec<Leak>,
}

/// The root, or a mount: a path, the layers below, and what is written.
struct View {
    path: String,
    lower: Vec<PathBuf>,
    upper: PathBuf,
    is_file: bool,
    /// Relative to the store.
    staged: PathBuf,
}

impl Closures {
    pub(crate) fn new(store: Store) -> Closures {
        Closures {
            store,
            programs: HashMap::new(),
            next: AtomicU64::new(0),
            began: Mutex::default(),
            toolchain: Mutex::new(Digest::of(b"tools")),
            shut_down: Mutex::new(false),
        }
    }

    pub(crate) fn with(
        mut self,
        name: &'static str,
        program: impl Fn(&mut Call<'_>) -> Result<Exit, BackendError> + Send + Sync + 'static,
    ) -> Closures {
        self.programs.insert(name, Arc::new(program));
        self
    }

    pub(crate) fn runs(&self) -> usize {
        self.began.lock().unwrap().len()
    }

    fn view(&self, work: &Path, index: u64, path: &str, source: &MountSource) -> View {
        let layer = |layer: &LayerRef| self.store.dir().join("layers").join(&layer.layer).join(&layer.path);
        let (lower, is_file) = match source {
            MountSource::Tree(layers) => (layers.iter().map(layer).collect(), false),
            MountSource::File(file) => {
                (vec![self.store.dir().join("layers").join(&file.layer).join(&file.path)], true)
            }
            MountSource::Volume(_) | MountSource::Tmpfs { .. } => (Vec::new(), false),
        };
        let upper = work.join(format!("upper-{index}"));
        std::fs::create_dir_all(&upper).unwrap();
        let staged = upper.strip_prefix(self.store.dir()).unwrap().to_owned();
        View { path: path.to_owned(), lower, upper, is_file, staged }
    }

    fn call(
        &self,
        step: StepSpec,
        output: &dyn OutputSink,
        cancel: &CancellationToken,
    ) -> Result<StepOutcome, BackendError> {
        let Some(program) = self.programs.get(step.argv[0].as_str()).cloned() else {
            return Ok(outcome(Exit::ProgramMissing { program: step.argv[0].clone() }, step.mounts.len()));
        };
        if let Some(shell) = step.shell {
            return Ok(outcome(Exit::ShellMissing { shell }, step.mounts.len()));
        }
        let first = self.next.fetch_add(1 + step.mounts.len() as u64, Ordering::Relaxed);
        let mut views = vec![self.view(&step.work, first, "/", &MountSource::Tree(step.root))];
        for (index, mount) in (first + 1..).zip(&step.mounts) {
            views.push(self.view(&step.work, index, &mount.path, &mount.source));
        }
        let mut call = Call {
            argv: step.argv,
            env: step.env,
            stdin: step.stdin,
            cancel: cancel.clone(),
            secrets: step.secrets,
            output,
            views,
            leaks: Vec::new(),
        };
        let exit = program(&mut call)?;
        if !call.leaks.is_empty() {
            return Ok(StepOutcome { leaks: call.leaks, ..outcome(exit, step.mounts.len()) });
        }
        let mut layers = call.views.iter().map(|view| {
            let changed = std::fs::read_dir(&view.upper).unwrap().next().is_some();
            changed.then(|| NewLayer {
                staged: view.staged.clone(),
                scan: scan_layer(&view.upper, own_ids()).unwrap(),
            })
        });
        let root = layers.next().flatten();
        Ok(StepOutcome {
            exit,
            root,
            mounts: layers.collect(),
            elapsed: Duration::from_millis(1),
            refused: Vec::new(),
            offline: None,
            peak: 0,
            memory_of_each: None,
            sockets: Vec::new(),
            leaks: Vec::new(),
        })
    }
}

/// The ids of the store's files as the steps see them: everything is theirs.
fn own_ids() -> IdMap {
    use std::os::unix::fs::MetadataExt;
    let own = std::fs::metadata("/proc/self").unwrap();
    IdMap::Own { uid: own.uid(), gid: own.gid() }
}

fn outcome(exit: Exit, mounts: usize) -> StepOutcome {
    let mounts = (0..mounts).map(|_| None).collect();
    StepOutcome {
        exit,
        root: None,
        mounts,
        elapsed: Duration::ZERO,
        refused: Vec::new(),
        offline: None,
        peak: 0,
        memory_of_each: None,
        sockets: Vec::new(),
        leaks: Vec::new(),
    }
}

impl Call<'_> {
    pub(crate) fn print(&self, text: impl AsRef<[u8]>) {
        self.output.output(Stream::Stdout, text.as_ref());
    }

    /// Says that a secret was found in what it left.
    pub(crate) fn leak(&mut self, path: &str, secret: usize) {
        self.leaks.push(Leak { path: path.into(), secret });
    }

    pub(crate) fn complain(&self, text: impl AsRef<[u8]>) {
        self.output.output(Stream::Stderr, text.as_ref());
    }

    fn place(&self, path: &str) -> (&View, String) {
        let fits = |view: &&View| {
            path == view.path || path.starts_with(&format!("{}/", view.path.trim_end_matches('/')))
        };
        let view = self.views.iter().filter(fits).max_by_key(|view| view.path.len()).unwrap();
        let rest = path.strip_prefix(view.path.trim_end_matches('/')).unwrap().trim_start_matches('/');
        (view, rest.to_owned())
    }

    /// The bytes of a file as the step sees it.
    pub(crate) fn read(&self, path: &str) -> Option<Vec<u8>> {
        let (view, rest) = self.place(path);
        if view.is_file {
            return std::fs::read(view.upper.join("file")).or_else(|_| std::fs::read(&view.lower[0])).ok();
        }
        let places = std::iter::once(&view.upper).chain(view.lower.iter().rev());
        places.map(|layer| layer.join(&rest)).find_map(|path| std::fs::read(path).ok())
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let (view, rest) = self.place(path);
        let target = view.upper.join(if view.is_file { "file" } else { &rest });
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, bytes).unwrap();
    }
}

/// A person's terminal.
struct Unseen;

impl OutputSink for Unseen {
    fn output(&self, _: Stream, _: &[u8]) {}
}

#[async_trait]
impl Backend for Closures {
    fn name(&self) -> &'static str {
        "closures"
    }

    async fn toolchain_digest(&self) -> Result<Digest, BackendError> {
        Ok(*self.toolchain.lock().unwrap())
    }

    fn toolchain_hides(&self, path: &str) -> bool {
        path.starts_with("/usr")
    }

    fn toolchain_has(&self, path: &str) -> bool {
        path == "/" || path.starts_with("/usr")
    }

    async fn run(
        &self,
        step: StepSpec,
        output: &dyn OutputSink,
        cancel: &CancellationToken,
    ) -> Result<StepOutcome, BackendError> {
        self.began.lock().unwrap().push(step.argv.clone());
        // Programs may block; the runtime of these tests has threads enough.
        tokio::task::block_in_place(|| self.call(step, output, cancel))
    }

    async fn shell(
        &self,
        mut step: StepSpec,
        programs: Vec<String>,
        attach: AttachCall,
        cancel: &CancellationToken,
    ) -> Result<Exit, BackendError> {
        if let Some(program) = programs.iter().find(|program| self.programs.contains_key(program.as_str())) {
            step.argv = vec![program.clone()];
        }
        self.began.lock().unwrap().push(step.argv.clone());
        attach(std::fs::File::open("/dev/null").unwrap().into());
        tokio::task::block_in_place(|| self.call(step, &Unseen, cancel)).map(|outcome| outcome.exit)
    }

    async fn shutdown(&self) {
        *self.shut_down.lock().unwrap() = true;
    }
}
