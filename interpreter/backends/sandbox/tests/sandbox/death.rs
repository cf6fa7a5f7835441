//! What is left when a process dies that should not have: nothing.
//!
//! The test is run once more as a process of its own, which begins a step and is killed.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pipe_engine::Backend;
use pipe_sandbox::{Sandbox, SandboxOptions};
use pipe_store::Namespace;

use crate::lab::{Lab, Printed, make_store};
use crate::outcomes::is_running;

/// Set in the process that is to be killed: the store's folder.
const VICTIM: &str = "PIPE_TEST_VICTIM";
/// The step that it runs; the number tells it from other tests'.
const SCRIPT: &str =
    "echo x > /out; setsid sh -c 'trap \"\" TERM; exec sleep NUMBER' & echo begun; exec sleep NUMBER";

/// Not a test: the process that is to be killed.
#[tokio::test]
async fn victim() {
    let Some(value) = std::env::var_os(VICTIM) else { return };
    let (number, store) = value.to_str().unwrap().split_once(':').unwrap();
    let lab = Lab::at(Path::new(store));
    let printer = Begun;
    let spec = lab.script(&SCRIPT.replace("NUMBER", number));
    let work = lab.lock_run();
    let _ = lab.sandbox.run(spec, &printer, &tokio_util::sync::CancellationToken::new()).await;
    drop(work);
}

/// Says on standard output when the step has begun.
struct Begun;

impl pipe_engine::OutputSink for Begun {
    fn output(&self, _: pipe_engine::Stream, _: &[u8]) {
        eprintln!("begun");
    }
}

/// A process with a running step.
fn victim_of(store: &Path, number: &str) -> Victim {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "death::victim", "--nocapture"])
        .env(VICTIM, format!("{number}:{}", store.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Victim(child);
    let mut said = String::new();
    BufReader::new(child.0.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    if said != "begun\n" {
        child.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        panic!("{said}");
    }
    while !is_running(&format!("sleep\u{0}{number}")) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// Killed at the latest when the test is over.
struct Victim(Child);

impl Victim {
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A time to sleep that no other process sleeps.
fn unique(number: u32) -> String {
    format!("{number}.{}", std::process::id())
}

/// The supervisor of a process.
fn supervisor_of(parent: u32) -> u32 {
    let children =
        std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    let of_threads = || {
        let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).unwrap();
        tasks
            .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("children")).ok())
            .collect::<String>()
    };
    let children = if children.trim().is_empty() { of_threads() } else { children };
    children.split_whitespace().next().unwrap().parse().unwrap()
}

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
}

/// Waits until nothing of a step is left, at most the two seconds that are promised.
fn wait_until_gone(store: &Path, number: &str) {
    let deadline = Instant::now() + Duration::from_secs(2);
    let sleeps = format!("sleep\u{0}{number}");
    let work = || {
        std::fs::read_dir(store.join("work"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<PathBuf>>()
    };
    while is_running(&sleeps) || !work().is_empty() {
        assert!(Instant::now() < deadline, "still there: {:?}, running: {}", work(), is_running(&sleeps));
        std::thread::sleep(Duration::from_millis(10));
    }
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(&store.display().to_string()), "{mounts}");
}

#[test]
fn when_pipe_is_killed() {
    let (folder, number) = (tempfile::tempdir().unwrap(), unique(981));
    let store = make_store(folder.path());
    let mut victim = victim_of(&store, &number);
    victim.kill();
    wait_until_gone(&store, &number);
}

#[test]
fn when_the_supervisor_is_killed() {
    let (folder, number) = (tempfile::tempdir().unwrap(), unique(982));
    let store = make_store(folder.path());
    let mut victim = victim_of(&store, &number);
    kill(supervisor_of(victim.0.id()));
    // `pipe` sees it and ends by itself; the steps died with the supervisor.
    victim.0.wait().unwrap();
    assert!(!is_running(&format!("sleep\u{0}{number}")));
    sweep(&store);
    wait_until_gone(&store, &number);
}

#[test]
fn when_both_are_killed() {
    let (folder, number) = (tempfile::tempdir().unwrap(), unique(983));
    let store = make_store(folder.path());
    let mut victim = victim_of(&store, &number);
    let supervisor = supervisor_of(victim.0.id());
    assert!(Command::new("kill").args(["-STOP", &supervisor.to_string()]).status().unwrap().success());
    victim.kill();
    kill(supervisor);
    while Path::new(&format!("/proc/{supervisor}")).exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    // The next command removes what is left.
    sweep(&store);
    wait_until_gone(&store, &number);
}

/// As the store does at the beginning of a run.
fn sweep(store: &Path) {
    let mut options = SandboxOptions::new(store);
    options.program = env!("CARGO_BIN_EXE_pipe-sandbox-supervisor").into();
    let sandbox = Sandbox::new(options);
    for entry in std::fs::read_dir(store.join("work")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(folder) = std::fs::File::open(&path) else { continue };
        if rustix::fs::flock(&folder, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok() {
            sandbox.remove(path.strip_prefix(store).unwrap()).unwrap();
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(sandbox.shutdown());
}

#[tokio::test]
async fn a_supervisor_that_died_is_replaced() {
    let lab = Lab::new();
    lab.output("true").await;
    kill(lab.supervisor());
    let printed = Printed::default();
    let cancel = tokio_util::sync::CancellationToken::new();
    // The death may be noticed by the first request only.
    let _ = lab.sandbox.run(lab.script("true"), &printed, &cancel).await;
    assert_eq!(lab.output("echo again").await, "again\n");
}

#[tokio::test]
async fn shutdown_leaves_nothing_and_is_no_end() {
    let lab = Lab::new();
    lab.output("echo x > /out").await;
    let supervisor = lab.supervisor();
    lab.sandbox.shutdown().await;
    let own = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let left: Vec<String> = std::fs::read_dir(lab.store().join("work")).unwrap().map(own).collect();
    assert_eq!(left, ["run"]);
    // It has nothing to do any more; what it had open takes the kernel a moment.
    while Path::new(&format!("/proc/{supervisor}")).exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(lab.output("echo again").await, "again\n");
    lab.sandbox.shutdown().await;
    lab.sandbox.shutdown().await;
}
