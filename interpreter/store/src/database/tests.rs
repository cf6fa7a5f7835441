#![allow(clippy::unwrap_used)]
use super::format::MIGRATIONS;
use super::*;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_newer_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db.sqlite");
    drop(Database::open(&path, Disk::default()).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", FORMAT + 1).unwrap();
    let error = Database::open(&path, Disk::default()).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found, .. } if found == FORMAT + 1), "{error}");
    assert!(error.to_string().contains("PIPE_STORE"), "{error}");
}

/// A process of an earlier version goes on in a store that a newer one has brought to its own form meanwhile.
#[test]
fn two_versions_are_there_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db.sqlite");
    let earlier = Connection::open(&path).unwrap();
    earlier.pragma_update(None, "journal_mode", "WAL").unwrap();
    let (last, before) = MIGRATIONS.split_last().unwrap();
    before.iter().for_each(|migration| earlier.execute_batch(migration).unwrap());
    earlier.pragma_update(None, "user_version", before.len() as i64).unwrap();
    let insert =
        "INSERT OR REPLACE INTO step (key, name, created, duration, exit_code, bytes, record, preimage)
         VALUES (?1, 'a', 0, 0, 0, 0, x'00', x'00')";
    let mut insert = earlier.prepare(insert).unwrap();
    insert.execute([&[1u8; 32][..]]).unwrap();
    let newer = Database::open(&path, Disk::default()).unwrap();
    insert.execute([&[2u8; 32][..]]).unwrap();
    let rows: i64 = newer
        .read(|connection| {
            let own = "SELECT count(*) FROM step WHERE origin = '' AND package = ''";
            connection.query_row(own, [], |row| row.get(0))
        })
        .unwrap();
    assert_eq!((newer.read(format).unwrap(), rows), (FORMAT, 2), "{last}");
}

#[test]
fn it_is_for_its_user_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db.sqlite");
    let modes = || {
        let mode =
            |suffix| Some(std::fs::metadata(beside(&path, suffix)).ok()?.permissions().mode() & 0o7777);
        ["", "-wal", "-shm"].map(mode)
    };
    let open = || Database::open(&path, Disk::default()).unwrap();
    drop(open());
    assert_eq!(modes()[0], Some(0o600));
    // Who only reads leaves the log.
    open().read(format).unwrap();
    assert_eq!(modes(), [Some(0o600); 3]);
    for suffix in ["", "-wal", "-shm"] {
        let others = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(beside(&path, suffix), others).unwrap();
    }
    let _held = open();
    assert_eq!(modes(), [Some(0o600); 3]);
}

#[test]
fn an_empty_file_becomes_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db.sqlite");
    std::fs::write(&path, "").unwrap();
    let database = Database::open(&path, Disk::default()).unwrap();
    assert_eq!(database.read(format).unwrap(), FORMAT);
}

#[test]
fn who_only_reads_leaves_the_log_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db.sqlite");
    let log = || std::fs::metadata(dir.path().join("db.sqlite-wal")).map(|log| log.len()).ok();
    let open = || Database::open(&path, Disk::default()).unwrap();
    open().write(|transaction| transaction.execute("INSERT INTO object VALUES (x'00', x'00')", [])).unwrap();
    assert_eq!(log(), None, "it was folded");
    open().read(format).unwrap();
    assert_eq!(log(), Some(0));
    open().read(format).unwrap();
    assert_eq!(log(), Some(0));
    // As if it had been killed: nothing is folded.
    let large = open();
    large
        .write(|transaction| transaction.execute("INSERT INTO object VALUES (x'02', zeroblob(200000))", []))
        .unwrap();
    keep_log(&large.lock().connection, true).unwrap();
    drop(large);
    assert!(log().unwrap() > SMALL_LOG);
    open().read(format).unwrap();
    assert_eq!(log(), None, "much of a killed process is folded by who comes next");
}

fn count(database: &Database) -> i64 {
    let query =
        |connection: &Connection| connection.query_row("SELECT count(*) FROM object", [], |row| row.get(0));
    database.read(query).unwrap()
}

fn add(database: &Database, digest: u8) {
    let insert = |transaction: &Transaction<'_>| {
        transaction.execute("INSERT INTO object VALUES (?1, x'00')", [[digest]]).map(drop)
    };
    database.write(insert).unwrap();
}

#[test]
fn a_view_is_of_one_state_until_something_is_written_through_it() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Database::open(&dir.path().join("db.sqlite"), Disk::default()).unwrap();
    let (one, other) = (open(), open());
    let view = one.view();
    assert_eq!(count(&one), 0);
    add(&other, 1);
    let inner = one.view();
    assert_eq!(count(&one), 0);
    drop(inner);
    assert_eq!(count(&one), 0, "the older view goes on");
    add(&one, 2);
    assert_eq!(count(&one), 2);
    add(&other, 3);
    assert_eq!(count(&one), 2);
    drop(view);
    assert_eq!(count(&one), 3);
}

#[test]
fn a_view_is_of_its_own_thread_only() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Database::open(&dir.path().join("db.sqlite"), Disk::default()).unwrap();
    let (one, other) = (open(), open());
    let _view = one.view();
    assert_eq!(count(&one), 0);
    add(&other, 1);
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(count(&one), 1, "who looks after something was written sees it"));
    });
    assert_eq!(count(&one), 1);
}

#[test]
fn many_make_it_at_once() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.sqlite");
        let opened: Vec<_> = std::thread::scope(|scope| {
            let open = |_| scope.spawn(|| Database::open(&path, Disk::default()).map(drop));
            let threads: Vec<_> = (0..6).map(open).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    }
}

#[test]
fn a_failed_write_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let database = Database::open(&dir.path().join("db.sqlite"), Disk::default()).unwrap();
    let result = database.write(|transaction| {
        transaction.execute("INSERT INTO object VALUES (x'00', x'00')", [])?;
        transaction.execute("INSERT INTO nowhere VALUES (1)", [])
    });
    assert!(result.is_err());
    let count: i64 = database
        .read(|connection| connection.query_row("SELECT count(*) FROM object", [], |row| row.get(0)))
        .unwrap();
    assert_eq!(count, 0);
}
