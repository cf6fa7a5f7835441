//! `kill -9` at any moment loses nothing that was reported done, and never leaves anything wrong.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use rustix::process::Signal;

use crate::harness::World;

const ROUNDS: u32 = 100;
/// A whole run takes about this long; the moments of death are spread over it.
const LONGEST_MS: u64 = 150;

const CHAIN: &str = r#"
fn step(before: Container, n: Int) -> Container {
  before.run(sh"echo ${{ n }} >> /log; mkdir -p /d/${{ n }}; ln -s log /d/${{ n }}/link")
}

pub fn probe(round: Int) -> String {
  let start = tools.run(sh"echo round ${{ round }} > /log")
  step(step(step(start, 1), 2), 3).file("/log").contents
}
"#;

#[test]
fn a_hundred_deaths() {
    let world = World::tools(CHAIN);
    let random = RandomState::new();
    let mut died = 0;
    for round in 0..ROUNDS {
        let args = ["run", "probe", "--round", &round.to_string()].map(str::to_owned);
        let running = world.start(&args);
        std::thread::sleep(Duration::from_millis(random.hash_one(round) % LONGEST_MS));
        running.signal(Signal::KILL);
        let killed = running.wait();
        died += u32::from(killed.code.is_none());
        let done: BTreeSet<String> = killed.keys("ran").into_iter().collect();

        let again = world.events(&args).success();
        assert_eq!(again.stdout, format!("round {round}\n1\n2\n3\n"));
        let cached: BTreeSet<String> = again.keys("cached").into_iter().collect();
        assert!(done.is_subset(&cached), "reported done and lost, round {round}: {done:?} {cached:?}");
    }
    world.run(["cache", "verify"]).success();
    assert!(died > ROUNDS / 4, "only {died} of {ROUNDS} died before they were done");
    assert_eq!(world.work_folders(), [""; 0].map(std::path::PathBuf::from), "folders of the dead are gone");
}
