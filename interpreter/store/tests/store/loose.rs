//! What lies in the store besides results: it counts, and goes first.

use std::fs;
use std::io::Write;
use std::time::{Duration, SystemTime};

use pipe_store::{Limits, PrunePolicy, PruneReason, Store};

use crate::prune::{FREE, cached, keep, names, recorded, step, use_again};

/// A download that broke off, of so many bytes, last touched that long ago.
fn broken_off(store: &Store, name: &str, bytes: usize, age: Duration) -> fs::File {
    let folder = store.dir().join("downloads");
    fs::create_dir_all(&folder).unwrap();
    let mut file = fs::File::create(folder.join(name)).unwrap();
    file.write_all(&vec![1; bytes]).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
    file
}

#[test]
fn downloads_that_broke_off_go_before_results() {
    let store = recorded(&["a"]);
    let hour = Duration::from_secs(3600);
    let before = store.size().unwrap().total();
    broken_off(&store, "old", 100_000, 3 * hour);
    let held = broken_off(&store, "held", 100_000, 2 * hour);
    held.lock_shared().unwrap();
    broken_off(&store, "new", 100_000, hour);
    let dry = PrunePolicy { dry_run: true, ..keep(before + 210_000) };
    let planned = store.prune(&dry).unwrap();
    assert_eq!(names(&planned), ["download old"]);
    assert_eq!(planned.removed[0].reason, PruneReason::Limit);
    assert!(store.dir().join("downloads/old").exists(), "it was only asked what would go");
    let report = store.prune(&PrunePolicy { older: Some(hour * 3 / 2), ..keep(u64::MAX) }).unwrap();
    assert_eq!(names(&report), ["download old"]);
    assert!(report.freed >= 100_000 && report.protected >= 100_000, "{report:?}");
    let report = store.prune(&keep(before + 110_000)).unwrap();
    assert_eq!(names(&report), ["download new"]);
    assert!(store.dir().join("downloads/held").exists() && cached(&store.again(), "a"));
    drop(held);
    assert_eq!(names(&store.prune(&keep(before + 10_000)).unwrap()), ["download held"]);
}

/// What lies in the store's folder besides results counts when a command has done its work.
#[test]
fn quarantine_and_packages_count_against_the_limit() {
    for folder in ["quarantine", "packages"] {
        let store = recorded(&["a"]);
        fs::create_dir_all(store.dir().join(folder)).unwrap();
        let limits = Limits { size: store.size().unwrap().total() + 400_000, free: FREE };
        fs::write(store.dir().join(folder).join("large"), vec![1; 1_000_000]).unwrap();
        let command = store.again();
        step(&command, "b", &command.empty_tree());
        assert!(command.settle(&limits).unwrap().is_some(), "{folder}");
    }
}

#[test]
fn what_is_known_of_the_use_of_what_is_gone_is_forgotten() {
    let store = recorded(&["a", "b"]);
    for used in [&["a"][..], &["b"], &["a", "b"]] {
        let command = store.again();
        step(&command, &used.concat().to_uppercase(), &command.empty_tree());
        use_again(&store, used);
        drop(command);
    }
    let sql = rusqlite::Connection::open(store.dir().join("db.sqlite")).unwrap();
    let rows = |query: &str| sql.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    assert!(rows("SELECT count(*) FROM usage") > rows("SELECT count(*) FROM step"));
    let command = store.again();
    step(&command, "last", &command.empty_tree());
    drop(command);
    store.prune(&keep(u64::MAX)).unwrap();
    let unknown = "SELECT count(*) FROM usage WHERE key NOT IN (SELECT key FROM step)";
    let newest = "AND epoch < (SELECT max(number) FROM epoch)";
    assert_eq!(rows(&format!("{unknown} {newest}")), 0);
    assert_eq!(rows("SELECT count(*) FROM usage JOIN step USING (key)"), 6, "what is there stays");
}
