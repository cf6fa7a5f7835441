//! A store of very many results. Prints how long things take; what is asserted are numbers of results, never times.

use std::time::{Duration, Instant, SystemTime};

use pipe_ops::{Preimage, StepKey};
use pipe_store::{Floor, Limits, PrunePolicy, StepRecord, Store, Stored};

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
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
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
    let report = timed("verify", || fixture.verify(true).unwrap());
    assert!(report.damage.len() > count / 4, "nothing is behind the rows: {}", report.damage.len());
    assert!(fixture.again().lookup_step(key("new")).unwrap().is_some(), "it is whole");
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
