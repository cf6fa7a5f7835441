//! Locks between processes: the test binary runs itself.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pipe_ops::{Preimage, StepKey};
use pipe_store::{Store, StoreError, Stored};

use crate::{Fixture, open};

/// Tells a child process which store to work on.
const STORE: &str = "PIPE_TEST_STORE";

fn key() -> StepKey {
    Preimage::new("exec").text("argv[0]", "make").key()
}

/// Runs one of the tests below in a process of its own.
pub(crate) fn child(test: &str, store: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--include-ignored"])
        .env(STORE, store)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The store of this child; `None` when the test was not started as one.
pub(crate) fn child_store() -> Option<Store> {
    std::env::var_os(STORE).map(|dir| open(Path::new(&dir)))
}

#[test]
#[ignore = "runs in a process of its own"]
fn run_step_once() {
    let Some(store) = child_store() else { return };
    let _lock = store.lock_step(key(), &|| false).unwrap();
    if store.lookup_op(key()).unwrap().is_some() {
        return;
    }
    let log = store.dir().join("ran");
    let mut log = OpenOptions::new().append(true).create(true).open(log).unwrap();
    writeln!(log, "ran").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let tree = store.with_file(&store.empty_tree(), "x", b"", 0o644).unwrap();
    store.record_op(key(), &Stored::Tree(tree)).unwrap();
}

#[test]
fn six_processes_run_a_step_once() {
    let store = Fixture::new();
    let children: Vec<Child> = (0..6).map(|_| child("lock::run_step_once", store.dir())).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(fs::read_to_string(store.dir().join("ran")).unwrap(), "ran\n");
    assert!(!store.dir().join("locks").join(key().to_string()).exists(), "locks leave nothing");
}

#[test]
#[ignore = "runs in a process of its own"]
fn hold() {
    let Some(store) = child_store() else { return };
    let _lock = store.lock_step(key(), &|| false).unwrap();
    let _run = store.begin_run().unwrap();
    println!("\nheld");
    std::thread::sleep(Duration::from_secs(600));
}

/// Waits until a child has said something.
pub(crate) fn wait_for(child: &mut Child, line: &str) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|said| said.unwrap() == line), "the child ended");
}

#[test]
fn a_killed_holder_frees_the_lock() {
    let store = Fixture::new();
    let mut child = child("lock::hold", store.dir());
    wait_for(&mut child, "held");
    assert!(store.try_lock_step(key()).unwrap().is_none());
    let run = store.begin_run().unwrap();
    let work = || fs::read_dir(store.dir().join("work")).unwrap().count();
    assert_eq!(work(), 2, "the folder of a living run stays");
    child.kill().unwrap();
    child.wait().unwrap();
    let lock = store.lock_step(key(), &|| false).unwrap();
    drop(run);
    let _run = store.begin_run().unwrap();
    assert_eq!(work(), 1, "that of a dead one is removed");
    drop(lock);
    assert!(store.try_lock_step(key()).unwrap().is_some());
}

#[test]
fn waiting_can_be_given_up() {
    let store = Fixture::new();
    let other = store.again();
    let _held = other.lock_step(key(), &|| false).unwrap();
    let looks = std::cell::Cell::new(0);
    let cancelled = || looks.replace(looks.get() + 1) > 3;
    assert!(matches!(store.lock_step(key(), &cancelled), Err(StoreError::Cancelled)));
    let free = Preimage::new("exec").text("argv[0]", "other").key();
    assert!(store.try_lock_step(free).unwrap().is_some());
}

/// A child that was forked keeps copies of descriptors; the lock is free all the same.
#[test]
fn a_copied_descriptor_does_not_hold_the_lock() {
    let store = Fixture::new();
    let lock = store.lock_step(key(), &|| false).unwrap();
    let path = store.dir().join("locks").join(key().to_string());
    let copy = fs::read_dir("/proc/self/fd")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|fd| fs::read_link(fd).is_ok_and(|target| target == path))
        .unwrap();
    let number: i32 = copy.file_name().unwrap().to_str().unwrap().parse().unwrap();
    let copy =
        rustix::process::pidfd_open(rustix::process::getpid(), rustix::process::PidfdFlags::empty()).unwrap();
    let copy =
        rustix::process::pidfd_getfd(&copy, number, rustix::process::PidfdGetfdFlags::empty()).unwrap();
    drop(lock);
    assert!(store.try_lock_step(key()).unwrap().is_some());
    drop(copy);
}
