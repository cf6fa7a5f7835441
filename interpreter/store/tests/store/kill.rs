//! Killed at any moment, a process loses nothing that it had reported, and leaves nothing that is in the way.

use std::fs;
use std::io::{BufRead, BufReader};
use std::time::{Duration, SystemTime};

use pipe_ops::{Preimage, StepKey};
use pipe_store::{Filter, ImportOptions, StepRecord, Stored};

use crate::Fixture;
use crate::lock::{child, child_store};

fn preimage(number: u64) -> Preimage {
    Preimage::new("exec").text("argv[0]", number.to_string())
}

fn key(number: u64) -> StepKey {
    preimage(number).key()
}

/// Records steps without end, each over the one before, and reports each.
#[test]
#[ignore = "runs in a process of its own"]
fn record_for_ever() {
    let Some(store) = child_store() else { return };
    let _run = store.begin_run().unwrap();
    let host = store.dir().join("../host");
    let start = u64::from(std::process::id()) * 100_000;
    let mut tree = store.empty_tree();
    println!();
    for number in start.. {
        fs::write(host.join("file"), number.to_string()).unwrap();
        let source = store.import_dir(&host, &Filter::default(), &ImportOptions::default()).unwrap().tree;
        let text = format!("{number}\n").repeat(4000);
        tree = store.with_file(&tree, &format!("dir{}/file", number % 9), text.as_bytes(), 0o644).unwrap();
        let log = store.put_blob(text.as_bytes()).unwrap();
        let record = StepRecord {
            name: "step".to_owned(),
            exit_code: 0,
            root: Some(tree.clone()),
            mounts: vec![Some(Stored::Tree(source))],
            stdout: log,
            stderr: log,
            log,
            duration: Duration::ZERO,
            created: SystemTime::now(),
        };
        store.record_step(key(number), &record, &preimage(number)).unwrap();
        println!("{number}");
    }
}

#[test]
fn nothing_reported_is_lost() {
    let store = Fixture::new();
    fs::create_dir(store.path("host")).unwrap();
    let mut reported = 0;
    for round in 0..25u64 {
        let mut child = child("kill::record_for_ever", store.dir());
        let output = BufReader::new(child.stdout.take().unwrap());
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20 + round * 37 % 200));
            child.kill().unwrap();
            child.wait().unwrap();
        });
        // A number without its newline was not yet said.
        let said: Vec<u64> =
            output.lines().map_while(Result::ok).filter_map(|line| line.parse().ok()).collect();
        killer.join().unwrap();
        let after = store.again();
        for number in said {
            assert!(after.lookup_step(key(number)).unwrap().is_some(), "step {number} is lost");
            reported += 1;
        }
        let report = after.verify(false).unwrap();
        assert_eq!(report.damage, [], "round {round}");
        assert_eq!(fs::read_dir(store.dir().join("work")).unwrap().count(), 0, "nothing is left behind");
    }
    assert!(reported > 0, "no child came to report anything");
    let layers = fs::read_dir(store.dir().join("layers")).unwrap().count() as u64;
    assert_eq!(store.verify(false).unwrap().layers, layers);
}
