//! A store of a million results. Prints how long things take; what is asserted are numbers of results, never times.

use std::time::{Duration, Instant, SystemTime};

use pipe_ops::{Preimage, StepKey};
use pipe_store::{Floor, Limits, PrunePolicy, StepRecord, Store, Stored};

use crate::Fixture;

const RESULTS: usize = 1_000_000;

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

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let value = work();
    println!("{what}: {:?}", begin.elapsed());
    value
}

#[test]
#[ignore = "takes minutes: cargo test -p pipe-store --test store -- --ignored --nocapture scale"]
fn a_million_results() {
    let fixture = Fixture::new();
    let command = fixture.again();
    record(&command, "first");
    record(&command, "last");
    drop(command);
    // Copies of the first: of its row, under other keys, each used in an epoch of its own and with a text of its own.
    let sql = rusqlite::Connection::open(fixture.dir().join("db.sqlite")).unwrap();
    sql.execute_batch(&format!(
        "BEGIN;
         CREATE TEMP TABLE made AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {RESULTS})
             SELECT i, randomblob(32) AS key FROM n;
         INSERT INTO step SELECT made.key, name, created, duration, exit_code, bytes, record, preimage
             FROM made, (SELECT * FROM step WHERE name = 'first');
         INSERT INTO blob (digest, size, bytes) SELECT randomblob(32), 100, randomblob(100) FROM made;
         INSERT INTO epoch (number, began) SELECT i + 10, 1000000000000000000 + i FROM made;
         INSERT INTO usage SELECT key, i + 10 FROM made;
         COMMIT;"
    ))
    .unwrap();
    drop(sql);
    let limits = Limits { size: u64::MAX, free: Floor::Bytes(0) };
    let store = timed("open", || fixture.again());
    timed("look up", || assert!(store.lookup_step(key("first")).unwrap().is_some()));
    timed("look up again", || assert!(store.lookup_step(key("last")).unwrap().is_some()));
    timed("look up what is not there", || assert!(store.lookup_step(key("none")).unwrap().is_none()));
    timed("settle, marking", || store.settle(&limits).unwrap());
    timed("settle, with nothing to do", || store.settle(&limits).unwrap());
    timed("record", || record(&store, "new"));
    timed("settle after recording", || store.settle(&limits).unwrap());
    let size = timed("size", || store.size().unwrap());
    println!("{size:?}");
    let half = PrunePolicy { keep: size.total() / 2, free: None, older: None, dry_run: true };
    let said = timed("say what half would be", || fixture.prune(&half).unwrap());
    // What the handle recorded would be in use.
    drop(store);
    let done = timed("prune half", || fixture.prune(&PrunePolicy { dry_run: false, ..half }).unwrap());
    println!("{} results of {} bytes", done.removed.len(), done.freed);
    assert!(!said.removed.is_empty());
    assert!(
        ["first", "last", "new"].map(|name| fixture.again().lookup_step(key(name)).unwrap().is_some())[2]
    );
}
