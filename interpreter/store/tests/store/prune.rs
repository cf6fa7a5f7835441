//! What is used least goes first, and nothing that is in use.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::{Preimage, StepKey};
use pipe_store::{
    Filter, Floor, Held, ImportOptions, KeepReason, Limits, PrunePolicy, PruneReason, StepRecord, Store, Tree,
};

use crate::lock::{child, child_store, wait_for};
use crate::{Fixture, open};

pub(crate) const FREE: Floor = Floor::Bytes(0);

fn preimage(name: &str) -> Preimage {
    Preimage::new("exec").text("argv[0]", name)
}

fn key(name: &str) -> StepKey {
    preimage(name).key()
}

/// A step with a root of 100,000 bytes of its own over another one's.
pub(crate) fn step(store: &Store, name: &str, parent: &Tree) -> Tree {
    let bytes = format!("{name} ").repeat(100_000 / (name.len() + 1));
    let root = store.with_file(parent, name, bytes.as_bytes(), 0o644).unwrap();
    let log = store.put_blob(format!("log of {name}\n").repeat(2000).as_bytes()).unwrap();
    let record = StepRecord {
        name: name.to_owned(),
        exit_code: 0,
        root: Some(root.clone()),
        mounts: vec![],
        stdout: log,
        stderr: log,
        log,
        duration: Duration::ZERO,
        created: UNIX_EPOCH,
    };
    store.record_step(key(name), &record, &preimage(name)).unwrap();
    root
}

pub(crate) fn cached(store: &Store, name: &str) -> bool {
    store.lookup_step(key(name)).unwrap().is_some()
}

/// A command that looks these steps up, all of which must be there, and ends.
pub(crate) fn use_again(fixture: &Fixture, names: &[&str]) {
    let store = fixture.again();
    names.iter().for_each(|name| assert!(cached(&store, name), "{name}"));
    store.settle(&Limits { size: u64::MAX, free: FREE }).unwrap();
}

/// Commands that each record a step of their own.
pub(crate) fn recorded(names: &[&str]) -> Fixture {
    let store = Fixture::new();
    for name in names {
        let command = store.again();
        step(&command, name, &command.empty_tree());
    }
    store
}

pub(crate) fn keep(bytes: u64) -> PrunePolicy {
    PrunePolicy { keep: bytes, free: None, older: None, origin: None, dry_run: false, explain_all: false }
}

pub(crate) fn names(report: &pipe_store::PruneReport) -> Vec<&str> {
    report.removed.iter().map(|removed| &*removed.what).collect()
}

#[test]
fn the_least_recently_used_goes_first() {
    let store = recorded(&["a", "b", "c", "d"]);
    use_again(&store, &["b"]);
    use_again(&store, &["a", "d"]);
    let size = store.size().unwrap().total();
    let dry = store.prune(&PrunePolicy { dry_run: true, ..keep(size - 150_000) }).unwrap();
    // Nothing was recorded between the two: they are one epoch, in which what was made earlier is older.
    assert_eq!(names(&dry), ["step c", "step a"]);
    assert_eq!(dry.removed[0].reason, PruneReason::Limit);
    assert!(dry.removed[0].bytes > 100_000, "{dry:?}");
    assert!(cached(&store.again(), "c"), "it was only said");

    let report = store.prune(&keep(size - 150_000)).unwrap();
    assert_eq!(names(&report), ["step c", "step a"]);
    assert!(!report.in_use && report.freed > 200_000, "{report:?}");
    let after = store.again();
    assert_eq!(["a", "b", "c", "d"].map(|name| cached(&after, name)), [false, true, false, true]);
    assert_eq!(fs::read_dir(store.dir().join("layers")).unwrap().count(), 2);
    assert_eq!(after.verify(false).unwrap().damage, []);
    assert!(after.size().unwrap().total() <= size - 150_000);
}

#[test]
fn an_old_result_stays_while_new_ones_stand_on_it() {
    let store = Fixture::new();
    let command = store.again();
    let base = step(&command, "base", &command.empty_tree());
    drop(command);
    let command = store.again();
    step(&command, "app", &base);
    drop(command);
    let size = store.size().unwrap().total();
    store.prune(&keep(size - 10_000)).unwrap();
    let after = store.again();
    assert!(!cached(&after, "base") && cached(&after, "app"));
    let root = after.lookup_step(key("app")).unwrap().unwrap().root.unwrap();
    let file = after.subfile(&root, "base").unwrap();
    assert_eq!(after.read_file(&file).unwrap().len(), 100_000);
    assert_eq!(after.verify(false).unwrap().damage, []);
}

#[test]
fn all_of_it_can_go() {
    let store = recorded(&["a", "b"]);
    fs::create_dir(store.path("host")).unwrap();
    fs::write(store.path("host").join("file"), "text").unwrap();
    let command = store.again();
    command.import_dir(&store.path("host"), &Filter::default(), &ImportOptions::default()).unwrap();
    drop(command);
    fs::write(store.dir().join("quarantine/old"), "damaged").unwrap();
    let report = store.prune(&keep(0)).unwrap();
    assert_eq!(report.removed.len(), 3, "{report:?}");
    for folder in ["layers", "work", "quarantine"] {
        assert_eq!(fs::read_dir(store.dir().join(folder)).unwrap().count(), 0, "{folder}");
    }
    let size = store.size().unwrap();
    assert_eq!((size.layers, size.blobs, size.quarantine), (0, 0, 0));
    let report = store.verify(false).unwrap();
    assert_eq!((report.layers, report.blobs, report.objects, report.steps), (0, 0, 0, 0));
    // And it is made again.
    let command = store.again();
    step(&command, "a", &command.empty_tree());
    assert!(cached(&store.again(), "a"));
    assert_eq!(store.again().verify(false).unwrap().damage, []);
}

#[test]
fn what_a_fact_names_stays_with_it() {
    let store = Fixture::new();
    let command = store.again();
    let tree = command.with_file(&command.empty_tree(), "bin/sh", &[1; 50_000], 0o755).unwrap();
    let config = command.put_blob(&[2; 50_000]).unwrap();
    let forgotten = command.with_file(&command.empty_tree(), "other", &[3; 50_000], 0o644).unwrap();
    command.put_fact(key("image").0, &(), &[Held::Tree(tree.clone()), Held::Blob(config)]).unwrap();
    drop(command);
    let report = store.prune(&keep(u64::MAX)).unwrap();
    assert_eq!(report.removed, []);
    assert!(report.orphans > 50_000 && report.freed >= report.orphans, "{report:?}");
    assert!(!store.dir().join("layers").join(&forgotten.layers[0].layer).exists(), "nothing names it");
    let after = store.again();
    let file = after.subfile(&tree, "bin/sh").unwrap();
    assert_eq!(after.read_file(&file).unwrap(), [1; 50_000]);
    assert_eq!(after.get_blob(config).unwrap().unwrap(), [2; 50_000]);
    drop(after);
    store.prune(&keep(0)).unwrap();
    assert_eq!(store.again().get_blob(config).unwrap(), None);
}

/// As a run that waits for somebody: neither it nor what it did goes, whatever room there has to be, until it is awaited no more.
#[test]
fn what_is_awaited_stays_for_its_time() {
    let store = recorded(&["did", "other"]);
    let run = key("run").0;
    let put = |holds: &[Held]| store.again().put_fact(run, &7u32, holds).unwrap();
    let (steps, day) = ([Held::Step(key("did"))], Duration::from_secs(24 * 3600));
    put(&[&steps[..], &[Held::awaited_for(day)]].concat());
    let policy = PrunePolicy { older: Some(Duration::ZERO), ..keep(0) };
    let said = store.prune(&PrunePolicy { dry_run: true, ..policy.clone() }).unwrap();
    assert_eq!(names(&said), ["step other"]);
    assert!(
        said.kept.iter().all(|kept| kept.reason == KeepReason::Awaited) && said.kept.len() == 2,
        "{said:?}"
    );
    let report = store.prune(&policy).unwrap();
    assert_eq!(names(&report), ["step other"]);
    assert!(report.awaited > 100_000, "{report:?}");
    let after = store.again();
    assert_eq!(after.fact::<u32>(run).unwrap().map(|(value, _)| value), Some(7));
    assert_eq!((cached(&after, "did"), cached(&after, "other")), (true, false));
    assert_eq!(after.verify(false).unwrap().damage, []);
    drop(after);
    // Its time is over, or it came to its end.
    for holds in [[&steps[..], &[Held::Awaited(1)]].concat(), Vec::new()] {
        put(&holds);
        assert!(!store.prune(&PrunePolicy { dry_run: true, ..policy.clone() }).unwrap().removed.is_empty());
    }
    store.prune(&policy).unwrap();
    let after = store.again();
    assert_eq!((after.fact::<u32>(run).unwrap(), cached(&after, "did")), (None, false));
}

#[test]
fn what_was_not_used_for_long_goes() {
    let store = recorded(&["a", "b"]);
    let day = Duration::from_secs(24 * 3600);
    let began = SystemTime::now() - 10 * day;
    let nanoseconds = began.duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64;
    let sql = rusqlite::Connection::open(store.dir().join("db.sqlite")).unwrap();
    sql.execute("UPDATE epoch SET began = ?1 WHERE number = 1", [nanoseconds]).unwrap();
    // A clock that was wrong at the time: as good as now.
    sql.execute("UPDATE epoch SET began = ?1 WHERE number = 2", [i64::MAX]).unwrap();
    let report = store.prune(&PrunePolicy { older: Some(7 * day), ..keep(u64::MAX) }).unwrap();
    assert_eq!(names(&report), ["step a"]);
    assert_eq!(report.removed[0].reason, PruneReason::Old);
    assert!(cached(&store.again(), "b"));
}

/// A command that recorded nothing does not even look; one that did keeps the store below its limit.
#[test]
fn commands_keep_to_the_limit() {
    let store = recorded(&["a", "b", "c"]);
    let limits = Limits { size: store.size().unwrap().total() - 50_000, free: FREE };
    let command = store.again();
    assert!(cached(&command, "a"));
    assert_eq!(command.settle(&limits).unwrap(), None);
    drop(command);
    let command = store.again();
    step(&command, "d", &command.empty_tree());
    drop(command);
    use_again(&store, &["a"]);
    // The fixture's own handle: it is in use itself as long as it is there.
    let command = &store;
    assert!(cached(command, "d"));
    step(command, "e", &command.empty_tree());
    let report = command.settle(&limits).unwrap().unwrap();
    assert_eq!(names(&report), ["step b", "step c", "step a"], "by when they were used");
    assert!(command.size().unwrap().total() <= limits.size, "{:?} {limits:?} {report:?}", command.size());
    let after = store.again();
    assert!(cached(&after, "e") && cached(&after, "d"));
    // A limit that one run alone exceeds holds, too.
    let command = store.again();
    step(&command, "f", &command.empty_tree());
    let report = command.settle(&Limits { size: 1, free: FREE }).unwrap().unwrap();
    assert_eq!(report.removed.len(), 3, "{report:?}");
}

#[test]
fn room_is_made_for_others_on_the_disk() {
    let store = recorded(&["a", "b"]);
    let command = store.again();
    step(&command, "c", &command.empty_tree());
    let report =
        command.settle(&Limits { size: u64::MAX, free: Floor::Percent(100, u64::MAX) }).unwrap().unwrap();
    assert_eq!(report.removed.len(), 3);
    assert!(report.removed.iter().all(|removed| removed.reason == PruneReason::Floor));
}

#[test]
#[ignore = "runs in a process of its own"]
fn use_and_wait() {
    let Some(store) = child_store() else { return };
    let found = store.lookup_step(key("used")).unwrap().unwrap();
    let recording = std::env::var_os("PIPE_TEST_RECORDING").is_some();
    let _run = recording.then(|| store.begin_run().unwrap());
    println!("\nfound");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    // All of what was found can be used, and something new stands on it.
    let root = found.root.unwrap();
    let file = store.subfile(&root, "used").unwrap();
    assert_eq!(store.read_file(&file).unwrap().len(), 100_000);
    assert!(store.get_blob(found.log).unwrap().is_some());
    step(&store, "later", &root);
}

/// Lets another process find a step, prunes, and lets it go on.
fn prune_meanwhile(recording: bool, between: impl FnOnce(&Store)) -> Fixture {
    let fixture = recorded(&["used", "other"]);
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "prune::use_and_wait", "--nocapture", "--include-ignored"])
        .env("PIPE_TEST_STORE", fixture.dir())
        .envs(recording.then_some(("PIPE_TEST_RECORDING", "1")))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(output.any(|line| line.unwrap() == "found"), "the child ended");
    between(&fixture);
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    output.for_each(drop);
    assert!(child.wait().unwrap().success());
    fixture
}

#[test]
fn a_run_in_progress_keeps_what_it_found() {
    let fixture = prune_meanwhile(false, |store| {
        let report = store.prune(&keep(0)).unwrap();
        assert!(report.in_use, "{report:?}");
        assert_eq!(fs::read_dir(store.dir().join("layers")).unwrap().count(), 2, "it may use any of it");
        // Who comes now finds nothing, makes it anew, and is not disturbed by what is still to be removed.
        let command = open(store.dir());
        assert!(!cached(&command, "other"));
        step(&command, "other", &command.empty_tree());
    });
    // The next pruning removes what was left: `other` stands on a layer of its own since.
    let report = fixture.prune(&keep(u64::MAX)).unwrap();
    assert!(!report.in_use && report.freed > 100_000, "{report:?}");
    let after = fixture.again();
    assert!(cached(&after, "later") && cached(&after, "other") && !cached(&after, "used"));
    assert_eq!(after.verify(false).unwrap().damage, []);
    assert_eq!(fs::read_dir(fixture.dir().join("layers")).unwrap().count(), 3, "used, later, other");
}

#[test]
fn a_run_that_executes_keeps_its_results_as_well() {
    let fixture = prune_meanwhile(true, |store| {
        let report = store.prune(&keep(0)).unwrap();
        assert_eq!(names(&report), ["step other"]);
        assert!(report.protected > 100_000, "{report:?}");
        assert!(cached(&open(store.dir()), "used"));
    });
    let report = fixture.prune(&keep(0)).unwrap();
    assert_eq!((report.in_use, report.protected), (false, 0));
    assert_eq!(fs::read_dir(fixture.dir().join("layers")).unwrap().count(), 0);
}

#[test]
fn a_killed_run_holds_nothing() {
    let fixture = recorded(&["a"]);
    let mut held = child("lock::hold", fixture.dir());
    wait_for(&mut held, "held");
    held.kill().unwrap();
    held.wait().unwrap();
    assert_eq!(
        fs::read_dir(fixture.dir().join("locks"))
            .unwrap()
            .filter(|lock| { lock.as_ref().unwrap().file_name().len() == 64 })
            .count(),
        1
    );
    let report = fixture.prune(&keep(0)).unwrap();
    assert!(!report.in_use);
    assert_eq!(fs::read_dir(fixture.dir().join("layers")).unwrap().count(), 0);
    let locks: Vec<_> =
        fs::read_dir(fixture.dir().join("locks")).unwrap().map(|lock| lock.unwrap().file_name()).collect();
    assert!(locks.iter().all(|lock| lock.len() < 64), "{locks:?}");
}

/// Recorded by one command, and removed by another at any moment: both see a sound store.
#[test]
fn pruning_beside_runs_harms_none() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        let runner = |number: usize| {
            let dir = fixture.dir().to_owned();
            scope.spawn(move || {
                for round in 0..12 {
                    let store = open(&dir);
                    let mut tree = store.empty_tree();
                    for name in ["x", "y", "z"].map(|name| format!("{name}{}", (number + round) % 3)) {
                        tree = match store.lookup_step(key(&name)).unwrap() {
                            Some(record) => record.root.unwrap(),
                            None => step(&store, &name, &tree),
                        };
                        let file = store.subfile(&tree, &name).unwrap();
                        store.read_file(&file).unwrap();
                    }
                    store.settle(&Limits { size: 400_000, free: FREE }).unwrap();
                }
            })
        };
        let runners: Vec<_> = (0..3).map(runner).collect();
        // What goes while it is looked at is not damaged.
        while runners.iter().any(|runner| !runner.is_finished()) {
            assert_eq!(open(fixture.dir()).verify(true).unwrap().damage, []);
        }
        runners.into_iter().for_each(|runner| runner.join().unwrap());
    });
    assert_eq!(fixture.verify(false).unwrap().damage, []);
    fixture.prune(&keep(0)).unwrap();
    assert_eq!(fs::read_dir(fixture.dir().join("layers")).unwrap().count(), 0);
}

/// What a cache gave that is no good any more goes, and nothing else.
#[test]
fn what_was_taken_from_a_cache_can_go() {
    let store = recorded(&["own", "both"]);
    let command = store.again();
    for (name, origin) in [("foreign", "dir:/a"), ("other", "dir:/b"), ("both", "dir:/a")] {
        let root = step(&command, name, &command.empty_tree());
        let record = command.lookup_step(key(name)).unwrap().unwrap();
        assert_eq!(record.root, Some(root));
        command.record_step_from(key(name), &record, &preimage(name), origin).unwrap();
    }
    drop(command);
    // Made here since: it is its own.
    let command = store.again();
    step(&command, "both", &command.empty_tree());
    drop(command);
    assert_eq!(store.origins().unwrap(), ["dir:/a", "dir:/b"]);
    let mut listed = Vec::new();
    let list = |entry| {
        listed.push(entry);
        ControlFlow::Continue(())
    };
    store.ls(list).unwrap();
    let origin = |name: &str| listed.iter().find(|entry| entry.name == name).unwrap().origin.as_deref();
    assert_eq!(["own", "foreign", "both"].map(origin), [None, Some("dir:/a"), None]);

    let report = store.prune(&PrunePolicy { origin: Some("dir:/a".to_owned()), ..keep(u64::MAX) }).unwrap();
    assert_eq!(names(&report), ["step foreign"]);
    assert_eq!(report.removed[0].reason, PruneReason::Origin);
    let after = store.again();
    assert_eq!(
        ["own", "foreign", "both", "other"].map(|name| cached(&after, name)),
        [true, false, true, true]
    );
    assert_eq!(after.verify(false).unwrap().damage, []);
}

/// Of everything it is said why it would go or stay.
#[test]
fn a_pruning_that_is_only_said_explains_what_stays() {
    let store = Fixture::new();
    let command = store.again();
    let base = step(&command, "base", &command.empty_tree());
    drop(command);
    let command = store.again();
    step(&command, "app", &base);
    drop(command);
    let size = store.size().unwrap().total();
    let explained = |bytes| PrunePolicy { dry_run: true, explain_all: true, ..keep(bytes) };
    let said = store.prune(&explained(size - 10_000)).unwrap();
    assert_eq!(names(&said), ["step base"]);
    assert!(said.removed[0].shared > 90_000, "`app` stands on its files: {said:?}");
    assert_eq!((said.kept.len(), said.room_for), (1, 1));
    assert_eq!((&*said.kept[0].what, said.kept[0].reason), ("step app", KeepReason::Room));
    assert!(said.kept[0].bytes > 200_000, "{said:?}");
    let short = store.prune(&PrunePolicy { explain_all: false, ..explained(size - 10_000) }).unwrap();
    assert_eq!((short.kept.len(), short.room_for), (0, 1));

    let running = store.again();
    step(&running, "new", &running.empty_tree());
    let said = store.prune(&PrunePolicy { dry_run: true, ..keep(0) }).unwrap();
    assert_eq!(names(&said), ["step base", "step app"]);
    let kept: Vec<_> = said.kept.iter().map(|kept| (&*kept.what, kept.reason)).collect();
    assert_eq!(kept, [("step new", KeepReason::InUse)]);
    drop(running);
    assert_eq!(store.prune(&keep(u64::MAX)).unwrap().kept, [], "what is done needs no explanation");
}
