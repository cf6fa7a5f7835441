//! What a step costs: a chain of trivial steps, each appending a line to a file, beside `bwrap` in alternating order.
//!
//! `cargo run --release -p pipe-sandbox --example per_step [STEPS [outbound]]`
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use pipe_engine::{Backend, Base, OutputSink, StepNetwork, StepSecrets, StepSpec, Stream};
use pipe_sandbox::{Sandbox, SandboxOptions, layer_owner};
use pipe_store::{LayerRef, Namespace, Store, StoreOptions};
use tokio_util::sync::CancellationToken;

struct Nothing;

impl OutputSink for Nothing {
    fn output(&self, _: Stream, _: &[u8]) {}
}

fn main() {
    pipe_sandbox::supervise_if_asked();
    let steps = std::env::args().nth(1).map_or(50, |steps| steps.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("store");
    let store = Store::open(&dir, StoreOptions::new(layer_owner(&dir))).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(measure(&store, steps));
}

async fn measure(store: &Store, steps: usize) {
    let sandbox = Sandbox::new(SandboxOptions::new(store.dir()));
    let run = store.begin_run().unwrap();
    let begin = Instant::now();
    sandbox.start().unwrap();
    println!("start of the supervisor  {:>8.2?}", begin.elapsed());
    let (mut own, mut bwrap, mut root) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..steps {
        own.push(step(&sandbox, run.path(), &mut root, number).await);
        bwrap.push(peer());
    }
    let (own, bwrap) = (median(own), median(bwrap));
    println!("a step, median of {steps:<4}   {own:>8.2?}");
    println!("bwrap                    {bwrap:>8.2?}");
    println!("ratio                    {:>8.2}", own.as_secs_f64() / bwrap.as_secs_f64());
    for layer in root {
        sandbox.remove(&Path::new("layers").join(layer.layer)).unwrap();
    }
    sandbox.shutdown().await;
}

async fn step(sandbox: &Sandbox, work: &Path, root: &mut Vec<LayerRef>, number: usize) -> Duration {
    let spec = StepSpec {
        name: "step".to_owned(),
        work: work.to_path_buf(),
        base: Base::Toolchain,
        root: root.clone(),
        mounts: Vec::new(),
        argv: ["/bin/sh", "-e", "-c", "echo line >> /log"].map(str::to_owned).to_vec(),
        env: BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]),
        workdir: "/".to_owned(),
        user: None,
        network: network(),
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
    };
    let begin = Instant::now();
    let outcome = sandbox.run(spec, &Nothing, &CancellationToken::new()).await.unwrap();
    let elapsed = begin.elapsed();
    let name = format!("layer{number}");
    let target = PathBuf::from("layers").join(&name);
    sandbox.rename(&outcome.root.unwrap().staged, &target).unwrap();
    root.push(LayerRef { layer: name, path: PathBuf::new() });
    elapsed
}

/// With `outbound` as the second argument steps have a way out.
fn network() -> StepNetwork {
    match std::env::args().nth(2).as_deref() {
        Some("outbound") => StepNetwork::Outbound(Default::default()),
        _ => StepNetwork::Off,
    }
}

fn peer() -> Duration {
    let begin = Instant::now();
    let arguments = ["--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"];
    let ran = Command::new("bwrap").args(arguments).status();
    assert!(ran.is_ok_and(|status| status.success()), "bwrap is needed for the comparison");
    begin.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
