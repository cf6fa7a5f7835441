//! A store of very many results. Prints how long things take; what is asserted are numbers of results, never times.

use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use pipe_ops::{Preimage, StepKey};
use pipe_store::{Floor, Limits, PrunePolicy, StepRecord, Store, Stored};

use crate::lock::{child, child_store};
use crate::{Fixture, rows};

fn preimage(name: &str) -> Preimage {
    Preimage::new("exec").text("argv[0]", name).text("env.PATH", "/usr/local/bin:/usr/bin:/bin".repeat(10))
}

fn key(name: &str) -> StepKey {
    preimage(name).key()
}

fn record(store: &Store, name: &str) {
    let root = store.with_file(&store.empty_tree(), name, name.as_bytes(), 0o644).unwrap();
    let text = store.put_blob(name.as_bytes()).unwrap();
    let record = StepRecord {
        name: name.to_owned(),
        exit_code: 0,
        root: Some(root.clone()),
        mounts: vec![Some(Stored::Tree(root))],
        stdout: text,
        stderr: text,
        log: text,
        duration: Duration::ZERO,
        created: SystemTime::now(),
    };
    store.record_step(key(name), &record, &preimage(name)).unwrap();
}

/// Peak of the memory that this process had, in MB.
fn peak() -> u64 {
    peak_kib() / 1024
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let value = work();
    println!("{what}: {:?}, {} MB so far", begin.elapsed(), peak());
    value
}

/// Of a store with `count` results more than the two that are looked up.
fn look_at(count: usize) {
    let fixture = Fixture::new();
    let command = fixture.again();
    record(&command, "first");
    record(&command, "last");
    drop(command);
    timed("fill", || rows::add(fixture.dir(), count).unwrap());
    let limits = Limits { size: u64::MAX, free: Floor::Bytes(0) };
    let store = timed("open", || fixture.again());
    timed("recover", || store.recover().unwrap());
    timed("look up", || assert!(store.lookup_step(key("first")).unwrap().is_some()));
    timed("look up again", || assert!(store.lookup_step(key("last")).unwrap().is_some()));
    timed("look up what is not there", || assert!(store.lookup_step(key("none")).unwrap().is_none()));
    timed("nearest by name", || {
        assert_eq!(store.steps_named("step 7", 5).unwrap().len(), 5.min(count / 1000))
    });
    timed("nearest by function", || assert!(!store.steps_of("step", 5).unwrap().is_empty() || count == 0));
    timed("settle, marking", || store.settle(&limits).unwrap());
    timed("settle, with nothing to do", || store.settle(&limits).unwrap());
    timed("record", || record(&store, "new"));
    timed("settle after recording", || store.settle(&limits).unwrap());
    let size = timed("size", || store.size().unwrap());
    println!("{size:?}");
    let half = PrunePolicy {
        keep: size.total() / 2,
        free: None,
        older: None,
        origin: None,
        dry_run: true,
        explain_all: false,
    };
    let said = timed("say what half would be", || fixture.prune(&half).unwrap());
    // What the handle recorded would be in use.
    drop(store);
    let done = timed("prune half", || fixture.prune(&PrunePolicy { dry_run: false, ..half }).unwrap());
    println!("{} results of {} bytes", done.removed.len(), done.freed);
    // How much the database itself takes changes a little with each command.
    assert!(said.removed.len() > count / 3 && done.removed.len() > count / 3);
    assert!(fixture.again().lookup_step(key("new")).unwrap().is_some());
    timed("ls", || fixture.ls(|_| ControlFlow::Continue(())).unwrap());
    let report = timed("verify", || fixture.verify_telling(true, &mut |_| {}).unwrap());
    assert!(report.damaged > count as u64 / 4, "nothing is behind the rows: {}", report.damaged);
    assert!(fixture.again().lookup_step(key("new")).unwrap().is_some(), "it is whole");
}

/// Results of the store that is looked at for memory.
const MANY: usize = 40_000;
/// Bytes of memory that each may take: a few numbers, no rows.
const EACH: u64 = 600;

/// Says how much more memory this process had at its peak, in bytes, after it was asked about a large store.
#[test]
#[ignore = "runs in a process of its own"]
fn ask_about_all() {
    let Some(store) = child_store() else { return };
    let keep = store.size().unwrap().total() / 2;
    let policy =
        PrunePolicy { keep, free: None, older: None, origin: None, dry_run: true, explain_all: false };
    let before = peak_kib();
    let mut told: Vec<u64> = Vec::new();
    store.ls(|_| ControlFlow::Continue(())).unwrap();
    told.push(peak_kib() - before);
    assert!(store.prune(&policy).unwrap().removed.len() > MANY / 3);
    told.push(peak_kib() - before);
    assert!(store.prune(&PrunePolicy { dry_run: false, ..policy }).unwrap().removed.len() > MANY / 3);
    told.push(peak_kib() - before);
    store.verify_telling(false, &mut |_| {}).unwrap();
    told.push(peak_kib() - before);
    println!("\ntold {told:?}");
}

/// Listing, choosing, pruning and verifying go through rows one after the other.
#[test]
fn little_of_each_result_is_in_memory() {
    let fixture = Fixture::new();
    record(&fixture.again(), "first");
    rows::add(fixture.dir(), MANY).unwrap();
    let child = child("scale::ask_about_all", fixture.dir()).wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    let told = said.lines().find_map(|line| line.strip_prefix("told [")?.strip_suffix(']'));
    let told: Vec<u64> = told.unwrap().split(", ").map(|kib| kib.parse().unwrap()).collect();
    // The cache of folders is full by then, whatever there is.
    let others = 20 << 10;
    let most = others + EACH * MANY as u64 / 1024;
    assert!(
        told.iter().all(|kib| *kib < most),
        "more KiB than {most} after ls, dry run, prune, verify: {told:?}"
    );
}

#[test]
fn a_few_thousand_results() {
    look_at(3000);
}

#[test]
#[ignore = "takes minutes: cargo test -p pipe-store --test store -- --ignored --nocapture a_million"]
fn a_million_results() {
    look_at(1_000_000);
}
