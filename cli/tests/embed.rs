//! The engine runs graphs that no program of the language stands behind: other front ends will make their own.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pipe_engine::{
    Demand, Ending, Engine, EngineError, EngineOptions, Event, EventSink, RunReport, StepState, Value,
};
use pipe_ops::{Arg, Datum, Exec, Graph, Hints, HostDir, Mount, Mounted, Network, Op, Output, Slot};
use pipe_sandbox::{Sandbox, SandboxOptions, layer_owner};
use pipe_store::{Store, StoreOptions};
use tokio_util::sync::CancellationToken;

/// Names of steps by the state they came into.
#[derive(Default)]
struct Seen(Mutex<Vec<(String, StepState)>>);

impl EventSink for Seen {
    fn event(&self, event: Event) {
        if let Event::Step { name, state, .. } = event {
            self.0.lock().unwrap().push((name.to_string(), state));
        }
    }
}

impl Seen {
    fn count(&self, wanted: StepState) -> usize {
        self.0.lock().unwrap().iter().filter(|(_, state)| *state == wanted).count()
    }
}

/// An engine with a store of its own over a package folder.
struct Embedding {
    folder: tempfile::TempDir,
}

impl Embedding {
    fn new() -> Embedding {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("package")).unwrap();
        Embedding { folder }
    }

    fn package(&self) -> PathBuf {
        self.folder.path().join("package")
    }

    fn engine(&self, seen: &Arc<Seen>) -> Engine {
        let dir = self.folder.path().join("store");
        let store = Store::open(&dir, StoreOptions::new(layer_owner(&dir))).unwrap();
        let options = SandboxOptions { program: supervisor(), ..SandboxOptions::new(&dir) };
        let sandbox = Sandbox::new(options);
        store.attach_namespace(Arc::new(sandbox.clone()));
        Engine::new(store, Arc::new(sandbox), EngineOptions::new(self.package()), seen.clone())
    }

    fn run(&self, graph: &Graph, outputs: &[Output]) -> (Result<RunReport, EngineError>, Arc<Seen>) {
        let seen = Arc::new(Seen::default());
        let demands: Vec<Demand> =
            outputs.iter().map(|output| Demand { output: *output, label: "embedded".into() }).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let report = runtime.block_on(async {
            let session = self.engine(&seen).session().await?;
            let cancel = CancellationToken::new();
            let report = session.run(graph, &demands, &cancel).await;
            session.shutdown(&cancel).await;
            report
        });
        (report, seen)
    }
}

/// A program whose `main` begins with the supervisor.
fn supervisor() -> PathBuf {
    std::env::var_os("PIPE_TEST_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_pipe").into(), PathBuf::from)
}

fn main_of(graph: &mut Graph, op: Op) -> Output {
    Output { node: graph.add(op, None, Hints::default()).unwrap(), slot: Slot::Main }
}

/// `sh -e -c script` over the host's tools.
fn shell(root: Output, script: &str, mounts: Vec<Mount>, env: BTreeMap<String, Arg>) -> Op {
    let argv = ["/bin/sh", "-e", "-c", script].into_iter().map(Arg::text).collect();
    Op::Exec(Box::new(Exec {
        root,
        image: None,
        mounts,
        argv,
        env: env.into_iter().collect(),
        unset_env: Vec::new(),
        volatile_env: Vec::new(),
        workdir: "/".into(),
        user: None,
        platform: host_platform().into(),
        network: Network::Off,
        stdin: None,
        services: Vec::new(),
        secrets: Vec::new(),
        ssh_agent: false,
        allow_secret_in: Vec::new(),
        privileged: false,
    }))
}

fn host_platform() -> &'static str {
    if cfg!(target_arch = "aarch64") { "linux/arm64" } else { "linux/amd64" }
}

#[test]
fn a_graph_built_by_hand_runs_and_is_cached() {
    let embedding = Embedding::new();
    std::fs::write(embedding.package().join("input"), "from the host").unwrap();
    let mut graph = Graph::default();
    let dir = HostDir { path: ".".to_owned(), include: Vec::new(), exclude: Vec::new() };
    let input = main_of(&mut graph, Op::HostDir(dir));
    let tools = main_of(&mut graph, Op::Toolchain);
    let mounts = vec![Mount { path: "/in".to_owned(), shown: Mounted::Tree(input) }];
    let env = BTreeMap::from([
        ("PATH".to_owned(), Arg::text("/usr/bin:/bin")),
        ("WORD".to_owned(), Arg::text("and from the graph")),
    ]);
    let exec = graph.add(
        shell(tools, "cat /in/input > /out; printf ' %s' \"$WORD\" >> /out", mounts, env),
        None,
        Hints::default(),
    );
    let exec = exec.unwrap();
    let guard =
        main_of(&mut graph, Op::Guard { exec: Output { node: exec, slot: Slot::Main }, success: vec![0] });
    let root = Output { slot: Slot::Root, ..guard };
    let file = main_of(&mut graph, Op::Subfile { tree: root, path: Arg::text("/out") });
    let text = main_of(&mut graph, Op::Contents { file });

    for (ran, cached) in [(1, 0), (0, 1)] {
        let (report, seen) = embedding.run(&graph, &[text]);
        let report = report.unwrap();
        assert_eq!(report.ending(), Ending::Done, "{:?}", report.failures);
        let value = report.outcomes[0].result.as_ref().unwrap();
        assert_eq!(*value, Value::Datum(Datum::text("from the host and from the graph")));
        assert_eq!((seen.count(StepState::Ran), seen.count(StepState::Cached)), (ran, cached));
    }
}

#[test]
fn a_failure_without_a_source_still_says_what_happened() {
    let embedding = Embedding::new();
    let mut graph = Graph::default();
    let tools = main_of(&mut graph, Op::Toolchain);
    let op = shell(tools, "echo reason; exit 3", Vec::new(), BTreeMap::new());
    let exec = main_of(&mut graph, op);
    let guard = graph.add(Op::Guard { exec, success: vec![0] }, None, Hints::default()).unwrap();
    let (report, _) = embedding.run(&graph, &[Output { node: guard, slot: Slot::Root }]);
    let report = report.unwrap();
    let failure = &report.failures[0];
    assert_eq!((failure.exit_code, failure.origins.len()), (Some(3), 0));
    assert_eq!(failure.log_tail, b"reason\n");
}

#[test]
fn what_is_not_there_is_refused_by_name_before_anything_runs() {
    let embedding = Embedding::new();
    let mut graph = Graph::default();
    let declared =
        Op::Declared { operation: "image".into(), inputs: Vec::new(), args: vec![Datum::text("busybox")] };
    let image = main_of(&mut graph, declared);
    let (report, seen) = embedding.run(&graph, &[image]);
    let error = report.unwrap_err();
    assert!(error.to_string().contains("`image`"), "{error}");
    assert!(seen.0.lock().unwrap().is_empty());
}

#[test]
fn the_host_outside_the_package_is_refused() {
    let embedding = Embedding::new();
    let mut graph = Graph::default();
    let file = main_of(&mut graph, Op::HostFile { path: "/etc/passwd".to_owned() });
    let (report, _) = embedding.run(&graph, &[file]);
    let error = report.unwrap_err();
    assert!(error.to_string().contains("--allow file:/etc/passwd"), "{error}");
    assert!(!Path::new(&embedding.package()).join("passwd").exists());
}
