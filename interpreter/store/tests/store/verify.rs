//! Damage is found, named, put aside and never used.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use pipe_ops::{Digest, Preimage, StepKey};
use pipe_store::{Filter, Held, ImportOptions, StepRecord, Store, StoreError, StoreOptions, Stored, Tree};

use crate::Fixture;

fn preimage() -> Preimage {
    Preimage::new("exec").text("argv[0]", "make")
}

fn key() -> StepKey {
    preimage().key()
}

/// A step with a root of two files, a large log and a small output.
fn record(store: &Store) -> StepRecord {
    let tree = store.with_file(&store.empty_tree(), "out/app", b"program", 0o755).unwrap();
    let root = store.with_file(&tree, "out/log", b"text", 0o644).unwrap();
    let small = store.put_blob(b"small").unwrap();
    let large = store.put_blob(&[7; 100_000]).unwrap();
    let record = StepRecord {
        name: "build".to_owned(),
        exit_code: 0,
        root: Some(root),
        mounts: vec![],
        stdout: small,
        stderr: small,
        log: large,
        duration: Duration::ZERO,
        created: UNIX_EPOCH,
    };
    store.record_step(key(), &record, &preimage()).unwrap();
    store.record_op(key(), &Stored::Tree(tree)).unwrap();
    record
}

fn app(store: &Store, record: &StepRecord) -> PathBuf {
    let file = store.subfile(record.root.as_ref().unwrap(), "out/app").unwrap();
    store.dir().join("layers").join(file.layer).join(file.path)
}

type Harm = fn(&Store, &StepRecord);

#[test]
fn every_kind_of_damage_is_found_and_repaired() {
    let harms: [(&str, &str, Harm); 10] = [
        ("layer", "`out/app` has changed", |store, record| {
            fs::write(app(store, record), b"PROGRAM").unwrap()
        }),
        ("layer", "`out/app` is missing", |store, record| fs::remove_file(app(store, record)).unwrap()),
        ("layer", "`out/more` was added", |store, record| {
            fs::write(app(store, record).with_file_name("more"), b"").unwrap();
        }),
        ("layer", "its folder is gone", |store, record| {
            fs::remove_dir_all(app(store, record).parent().unwrap().parent().unwrap()).unwrap();
        }),
        ("blob", "another digest", |store, record| {
            let hex = record.log.to_string();
            fs::write(store.dir().join("blobs").join(&hex[..2]).join(hex), b"short").unwrap();
        }),
        ("blob", "another digest", |store, _| {
            sql(store, "UPDATE blob SET bytes = x'00' WHERE bytes IS NOT NULL")
        }),
        ("folder", "another digest", |store, _| sql(store, "UPDATE object SET bytes = x'00'")),
        ("step", "missing", |store, _| sql(store, "DELETE FROM layer")),
        ("step", "missing", |store, _| sql(store, "UPDATE step SET record = x'ff'")),
        ("layer", "cannot be read", |store, _| sql(store, "UPDATE layer SET diff = x'00'")),
    ];
    for (number, (what, reason, harm)) in harms.into_iter().enumerate() {
        let store = Fixture::new();
        let step = record(&store);
        assert_eq!(store.verify(true).unwrap().damage, []);
        harm(&store, &step);
        let other = store.again();
        let found = other.verify(false).unwrap().damage;
        let named =
            found.iter().any(|damage| damage.what.starts_with(what) && damage.reason.contains(reason));
        assert!(named, "{number}: {found:?}");
        assert!(found.iter().all(|damage| !damage.repaired));
        assert_eq!(other.verify(false).unwrap().damage, found, "looking repairs nothing");

        assert!(other.verify(true).unwrap().damage.iter().all(|damage| damage.repaired));
        assert_eq!(other.verify(false).unwrap().damage, [], "{number}");
        assert_eq!(other.lookup_step(key()).unwrap(), None, "{number}");
        // It is made again, and is whole.
        let again = record(&other);
        assert_eq!(other.verify(false).unwrap().damage, [], "{number}");
        assert_eq!(other.lookup_step(key()).unwrap(), Some(again), "{number}");
    }
}

fn sql(store: &Store, statement: &str) {
    rusqlite::Connection::open(store.dir().join("db.sqlite")).unwrap().execute(statement, []).unwrap();
}

#[test]
fn what_is_put_aside_can_be_looked_at() {
    let store = Fixture::new();
    let step = record(&store);
    let path = app(&store, &step);
    let layer = path.parent().unwrap().parent().unwrap().file_name().unwrap().to_owned();
    fs::write(&path, b"PROGRAM").unwrap();
    store.verify(true).unwrap();
    assert_eq!(fs::read(store.dir().join("quarantine").join(layer).join("out/app")).unwrap(), b"PROGRAM");
}

#[test]
fn a_damaged_file_is_not_given_out() {
    let store = Fixture::new();
    let step = record(&store);
    let file = store.subfile(step.root.as_ref().unwrap(), "out/app").unwrap();
    fs::write(app(&store, &step), b"PROGRAM").unwrap();
    let error = store.read_file(&file).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(store.lookup_step(key()).unwrap(), None, "it will run again");
}

/// Half-made things of killed processes are no damage.
#[test]
fn leftovers_are_removed() {
    let store = Fixture::new();
    record(&store);
    fs::create_dir_all(store.dir().join("layers/0123456789abcdef/deep")).unwrap();
    fs::create_dir_all(store.dir().join("work/dead/upper")).unwrap();
    fs::create_dir_all(store.dir().join("blobs/00")).unwrap();
    fs::write(store.dir().join("blobs/00/0000"), b"half").unwrap();
    let report = store.verify(false).unwrap();
    assert_eq!(report.damage, []);
    assert_eq!((report.layers, report.blobs, report.steps), (2, 2, 2));
    for path in ["layers/0123456789abcdef", "work/dead", "blobs/00/0000"] {
        assert!(!store.dir().join(path).exists(), "{path}");
    }
}

/// What is wrong with the disk is told with what to do about it.
#[test]
fn a_store_that_cannot_be_written_says_so() {
    let store = Fixture::new();
    fs::write(store.path("file"), b"").unwrap();
    let options = StoreOptions { owner: None, boot_id: String::new() };
    let error = Store::open(&store.path("file/store"), options.clone()).err().unwrap().to_string();
    assert!(error.contains("file/store"), "{error}");
    if let Err(error) = Store::open(std::path::Path::new("/proc/store"), options) {
        assert!(error.to_string().contains("/proc/store"), "{error}");
    }
}

#[test]
fn a_damaged_result_of_the_engine_is_forgotten() {
    let store = Fixture::new();
    let step = record(&store);
    sql(&store, "UPDATE op SET stored = x'ff'");
    let found = store.again().verify(true).unwrap().damage;
    assert!(
        matches!(found.as_slice(), [one] if one.what.starts_with("result ") && one.repaired),
        "{found:?}"
    );
    let after = store.again();
    assert_eq!(after.verify(false).unwrap().damage, []);
    assert_eq!(after.lookup_op(key()).unwrap(), None);
    assert_eq!(after.lookup_step(key()).unwrap(), Some(step), "nothing else went");
}

/// Rows that only help to find something go without a word, and what they led to is found anew.
#[test]
fn rows_that_lead_nowhere_are_forgotten() {
    let store = Fixture::new();
    let host = store.path("host");
    fs::create_dir(&host).unwrap();
    fs::write(host.join("file"), "text").unwrap();
    let import = || -> Tree {
        let filter = Filter::default();
        store.again().import_dir(&host, &filter, &ImportOptions::default()).unwrap().tree
    };
    let first = import();
    let fact = Digest::of(b"fact");
    let harms = [
        "UPDATE tree SET layers = x'ff'",
        "DELETE FROM tree",
        "UPDATE import SET tree = x'00'",
        "UPDATE import SET stats = x'ff'",
        "UPDATE fact SET holds = x'ff'",
    ];
    for harm in harms {
        store.put_fact(fact, &7u32, &[Held::Tree(import())]).unwrap();
        sql(&store, harm);
        assert_eq!(store.again().verify(true).unwrap().damage, [], "{harm}");
        let again = import();
        assert_eq!(again.digest, first.digest, "{harm}");
        let file = store.again().subfile(&again, "file").unwrap();
        assert_eq!(store.again().read_file(&file).unwrap(), b"text", "{harm}");
    }
    assert_eq!(store.again().fact::<u32>(fact).unwrap(), None, "what it names cannot be told");
}
