//! A step that many want runs once: in several engines of one process, and in several processes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use pipe_engine::Exit;
use pipe_ops::{Graph, Output, Slot};

use crate::backend::Closures;
use crate::graphs::{Build, main, slot};
use crate::world::{World, open, standard, values};

/// Where a child finds the world, and what it shall do.
const STORE: &str = "PIPE_TEST_FLIGHT_STORE";
const MODE: &str = "PIPE_TEST_FLIGHT_MODE";

/// A diamond whose every step appends a line to a file outside.
fn diamond() -> (Graph, Output) {
    let mut build = Build::default();
    let top = build.checked("top", &["note", "top"]);
    let sides = ["left", "right"].map(|name| build.run_on(name, &["note", name], slot(top, Slot::Root)));
    let [left, right] = sides.map(|side| slot(side, Slot::Mount(0)));
    let root = build.scratch();
    let exec = pipe_ops::Exec {
        mounts: vec![crate::graphs::mount("/l", left), crate::graphs::mount("/r", right)],
        ..crate::graphs::command(root, &["note", "bottom"])
    };
    let bottom = build.exec("bottom", exec);
    let output = main(build.guard(bottom, &[0]));
    (build.graph, output)
}

fn noting(world: &World, notes: PathBuf) -> Closures {
    standard(Closures::new(world.store.clone())).with("note", move |call| {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&notes).unwrap();
        writeln!(file, "{}", call.argv[1]).unwrap();
        if std::env::var(MODE).as_deref() == Ok("hang") && call.argv[1] == "top" {
            loop {
                std::thread::park();
            }
        }
        call.write("/made", &call.argv[1]);
        Ok(Exit::Code(0))
    })
}

fn notes(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("notes")).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Not a test of its own: what the children of the other tests are.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn child() {
    let Some(folder) = std::env::var_os(STORE).map(PathBuf::from) else { return };
    let mut world = World::new();
    world.store = open(&folder.join("store"));
    let setup = world.setup(noting(&world, folder.join("notes")), world.options());
    let (graph, output) = diamond();
    values(&setup.run(&graph, &[output]).await);
}

fn spawn(folder: &Path, mode: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "flight::child", "--nocapture"])
        .env(STORE, folder)
        .env(MODE, mode)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

const ONCE: [&str; 4] = ["bottom", "left", "right", "top"];

#[test]
fn six_processes_run_each_step_once() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder.path().join("store")));
    let children: Vec<Child> = (0..6).map(|_| spawn(folder.path(), "run")).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(notes(folder.path()), ONCE);
}

#[test]
fn when_one_is_killed_that_holds_a_step_the_others_finish() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder.path().join("store")));
    let mut holds = spawn(folder.path(), "hang");
    while notes(folder.path()).is_empty() {
        assert!(holds.try_wait().unwrap().is_none(), "it ended before it held the step");
        std::thread::yield_now();
    }
    let children: Vec<Child> = (0..3).map(|_| spawn(folder.path(), "run")).collect();
    holds.kill().unwrap();
    holds.wait().unwrap();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let mut expected = ONCE.to_vec();
    expected.push("top");
    assert_eq!(notes(folder.path()), expected);
}

/// Also a step that fails runs once for all who wanted it at that moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_failure_is_shared_by_those_who_waited_for_it() {
    let world = World::new();
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let opened = gate.clone();
    let (began, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let backend = |world: &World| {
        let (gate, began) = (gate.clone(), began.clone());
        standard(Closures::new(world.store.clone())).with("fail", move |call| {
            began.send(()).unwrap();
            while gate.available_permits() == 0 {
                std::thread::yield_now();
            }
            call.complain("no luck\n");
            Ok(Exit::Code(1))
        })
    };
    let mut build = Build::default();
    let unit = build.checked("unit", &["fail"]);
    let (one, two) =
        (world.setup(backend(&world), world.options()), world.setup(backend(&world), world.options()));
    let outputs = [main(unit)];
    let open = async {
        seen.recv().await.unwrap();
        opened.add_permits(1);
    };
    let (first, second, ()) =
        tokio::join!(one.run(&build.graph, &outputs), two.run(&build.graph, &outputs), open);
    for report in [first, second] {
        assert_eq!(report.failures[0].log_tail, b"no luck\n");
    }
    // The second may have come so late that it saw the record of the first, which is no hit: then it ran, too.
    assert!((1..=2).contains(&(one.backend.runs() + two.backend.runs())));
}
