//! A store's folders without a store, and steps in them.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use pipe_engine::{
    Backend, BackendError, Base, Exit, MountSource, MountSpec, NewLayer, OutputSink, StepNetwork,
    StepOutcome, StepSecrets, StepSpec, Stream,
};
use pipe_sandbox::{Sandbox, SandboxOptions};
use pipe_store::{LayerRef, Namespace};
use tokio_util::sync::CancellationToken;

pub(crate) struct Lab {
    store: PathBuf,
    /// Removed with the lab; `None` when the store is somebody else's.
    folder: Option<tempfile::TempDir>,
    pub(crate) sandbox: Sandbox,
    layers: AtomicU64,
}

/// What a step printed.
#[derive(Default)]
pub(crate) struct Printed {
    stdout: Mutex<Vec<u8>>,
    stderr: Mutex<Vec<u8>>,
}

impl OutputSink for Printed {
    fn output(&self, stream: Stream, bytes: &[u8]) {
        let target = if stream == Stream::Stdout { &self.stdout } else { &self.stderr };
        target.lock().unwrap().extend(bytes);
    }
}

/// A step that is over.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) outcome: StepOutcome,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn code(&self) -> i32 {
        match self.outcome.exit {
            Exit::Code(code) => code,
            ref other => panic!("{other:?}: {}{}", self.stdout, self.stderr),
        }
    }
}

impl Lab {
    pub(crate) fn new() -> Lab {
        Lab::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut SandboxOptions)) -> Lab {
        let folder = tempfile::tempdir().unwrap();
        let store = make_store(folder.path());
        let mut lab = Lab::at(&store);
        let mut options = options_for(&store);
        change(&mut options);
        lab.sandbox = Sandbox::new(options);
        lab.folder = Some(folder);
        lab
    }

    /// In a store that is there.
    pub(crate) fn at(store: &Path) -> Lab {
        let sandbox = Sandbox::new(options_for(store));
        Lab { store: store.to_path_buf(), folder: None, sandbox, layers: AtomicU64::new(0) }
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.store.clone()
    }

    /// Holds the run's folder as a living process does.
    pub(crate) fn lock_run(&self) -> std::fs::File {
        let folder = std::fs::File::open(self.work()).unwrap();
        rustix::fs::flock(&folder, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
        folder
    }

    /// The supervisor's process: it names its folder after itself.
    pub(crate) fn supervisor(&self) -> u32 {
        let entries = std::fs::read_dir(self.store().join("work")).unwrap();
        let number = |entry: std::io::Result<std::fs::DirEntry>| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_prefix("supervisor-")?.split('-').next()?.parse().ok()
        };
        entries.filter_map(number).next().unwrap()
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.store().join("work/run")
    }

    /// A script over the host's tools.
    pub(crate) fn script(&self, script: &str) -> StepSpec {
        let mut spec = self.command(&["/bin/sh", "-e", "-c", script]);
        spec.shell = Some("/bin/sh".to_owned());
        spec
    }

    pub(crate) fn command(&self, argv: &[&str]) -> StepSpec {
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        StepSpec {
            name: "test".to_owned(),
            work: self.work(),
            base: Base::Toolchain,
            root: Vec::new(),
            mounts: Vec::new(),
            argv: argv.iter().map(|text| (*text).to_owned()).collect(),
            env: BTreeMap::from([("PATH".to_owned(), path.to_owned())]),
            workdir: "/".to_owned(),
            user: None,
            network: StepNetwork::Off,
            stdin: None,
            timeout: None,
            limits: pipe_ops::Limits::default(),
            platform: pipe_engine::machine_platform(),
            shell: None,
            services: Vec::new(),
            certificates: None,
            secrets: StepSecrets::default(),
            privileged: false,
            keeps_when_killed: false,
        }
    }

    pub(crate) async fn run(&self, spec: StepSpec) -> Result<Ran, BackendError> {
        self.run_until(spec, &CancellationToken::new()).await
    }

    pub(crate) async fn run_until(
        &self,
        spec: StepSpec,
        cancel: &CancellationToken,
    ) -> Result<Ran, BackendError> {
        let printed = Printed::default();
        let outcome = self.sandbox.run(spec, &printed, cancel).await?;
        let text = |bytes: Mutex<Vec<u8>>| String::from_utf8_lossy(&bytes.into_inner().unwrap()).into_owned();
        Ok(Ran { outcome, stdout: text(printed.stdout), stderr: text(printed.stderr) })
    }

    /// Runs a script over the host's tools; what it printed. It must succeed.
    pub(crate) async fn output(&self, script: &str) -> String {
        let ran = self.run(self.script(script)).await.unwrap();
        assert_eq!(ran.code(), 0, "{}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Takes a layer over as the store does; its name.
    pub(crate) fn adopt(&self, layer: NewLayer) -> LayerRef {
        let name = format!("layer{}", self.layers.fetch_add(1, Ordering::Relaxed));
        self.sandbox.rename(&layer.staged, &Path::new("layers").join(&name)).unwrap();
        LayerRef { layer: name, path: PathBuf::new() }
    }

    /// A layer that a script made in an empty folder, its working folder.
    pub(crate) async fn tree(&self, script: &str) -> LayerRef {
        let mut spec = self.script(script);
        spec.mounts.push(MountSpec { path: "/made".to_owned(), source: MountSource::Tree(Vec::new()) });
        spec.workdir = "/made".to_owned();
        let ran = self.run(spec).await.unwrap();
        assert_eq!(ran.code(), 0, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.outcome.root.is_none(), "{:?}", ran.outcome.root);
        self.adopt(ran.outcome.mounts.into_iter().next().unwrap().unwrap())
    }

    /// Adds a mount of a tree to a step.
    pub(crate) fn mounted(mut spec: StepSpec, path: &str, layers: &[LayerRef]) -> StepSpec {
        spec.mounts.push(MountSpec { path: path.to_owned(), source: MountSource::Tree(layers.to_vec()) });
        spec
    }

    /// Whether steps have one id only.
    pub(crate) fn has_single_id(&self) -> bool {
        self.sandbox.ids().unwrap() == 1
    }

    /// An empty cache volume; its folder, relative to the store.
    pub(crate) fn volume(&self, name: &str) -> PathBuf {
        let owner = pipe_sandbox::layer_owner(&self.store);
        let folder = Path::new("volumes").join(name);
        for folder in [Path::new("volumes"), &folder] {
            let path = self.store.join(folder);
            std::fs::create_dir(&path).unwrap();
            if let Some((uid, gid)) = owner {
                std::os::unix::fs::chown(&path, Some(uid), Some(gid)).unwrap();
            }
        }
        folder
    }

    /// What is left in the working folder of the run.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.work()).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

fn options_for(store: &Path) -> SandboxOptions {
    let mut options = SandboxOptions::new(store);
    options.program = PathBuf::from(env!("CARGO_BIN_EXE_pipe-sandbox-supervisor"));
    options
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.folder.is_none() {
            return;
        }
        // Files of the steps' own ids can be removed from inside only.
        for name in ["layers", "work/run", "volumes"] {
            let _ = self.sandbox.remove(Path::new(name));
        }
    }
}

pub(crate) fn make_store(folder: &Path) -> PathBuf {
    let store = folder.join("store");
    std::fs::create_dir(&store).unwrap();
    let owner = pipe_sandbox::layer_owner(&store);
    for name in ["", "layers", "work", "work/run"] {
        let path = store.join(name);
        if !name.is_empty() {
            std::fs::create_dir(&path).unwrap();
        }
        let mode = if name.is_empty() { 0o711 } else { 0o700 };
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        if let Some((uid, gid)) = owner.filter(|_| !name.is_empty()) {
            std::os::unix::fs::chown(&path, Some(uid), Some(gid)).unwrap();
        }
    }
    store
}
