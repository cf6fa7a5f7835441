//! Clocks that jump, as `faketime` has them: what is fresh, what goes first, what changed.

use std::fs::{self, File, FileTimes};
use std::time::{Duration, SystemTime};

use crate::harness::{Outcome, World, finish, pipe_binary};

const PROGRAM: &str = r#"
param src: Dir = workspace.dir("src")
pub fn scan() -> Check { tools.check(sh": scan", name: "scan", fresh: 1h) }
pub fn a() -> String { tools.run(sh"head -c 300000 /dev/zero > /a; echo a", name: "a").stdout }
pub fn b() -> String { tools.run(sh"head -c 300000 /dev/zero | tr '\\0' b > /b; echo b", name: "b").stdout }
pub fn text() -> String { tools.mount("/s", src).run(sh"cat /s/f").stdout }
"#;

/// Runs `pipe` with a clock that goes wrong by this much. Files keep to the right one, as they did before it jumped.
fn at(world: &World, offset: &str, args: &[&str]) -> Outcome {
    let mut command = world.command("faketime");
    command
        .env("NO_FAKE_STAT", "1")
        .args(["-f", offset])
        .arg(pipe_binary())
        .arg("--progress=json")
        .args(args);
    finish(&mut command)
}

#[test]
fn what_is_fresh_when_the_clock_jumps() {
    let world = World::tools(PROGRAM);
    let ran = |offset: &str| at(&world, offset, &["run", "scan"]).success().steps("ran").len();
    assert_eq!([ran("+0"), ran("+30m")], [1, 0]);
    assert_eq!(ran("+2h"), 1, "it is too old");
    // Set right again: the result is from the future, and nobody knows how old it is.
    assert_eq!([ran("+0"), ran("+0"), ran("+30m")], [1, 0, 0]);
    assert_eq!([ran("-10d"), ran("-10d")], [1, 0]);
}

#[test]
fn what_was_used_last_stays_whatever_the_clock_said() {
    let world = World::tools(PROGRAM);
    let run = |offset: &str, target: &str| at(&world, offset, &["run", target]).success();
    let first_to_go = || {
        let said = world.prints(["cache", "prune", "--all", "--dry-run"]);
        let place = |step: &str| said.find(&format!("step {step}: ")).unwrap();
        if place("a") < place("b") { "a" } else { "b" }
    };
    run("+400d", "a");
    run("+0", "b");
    assert_eq!(first_to_go(), "a");
    run("-400d", "scan");
    run("-400d", "a");
    assert_eq!(first_to_go(), "b");
    // Ages of the future are no ages.
    let said = world.prints(["cache", "prune", "--older", "7d", "--dry-run"]);
    assert!(!said.contains("step b"), "{said}");
    let said = at(&world, "+20d", &["cache", "prune", "--older", "7d"]).success().stdout;
    assert!(said.contains("step b: not used for long enough"), "{said}");
    world.run(["cache", "verify"]).success();
}

/// Whatever the clock says, and whatever date a file has: another content is another input.
#[test]
fn no_change_is_missed_when_the_clock_jumps() {
    let world = World::tools(PROGRAM);
    let date = SystemTime::now() + Duration::from_secs(400 * 86_400);
    let write = |text: &str| {
        world.write("src/f", text);
        let file = File::options().write(true).open(world.package().join("src/f")).unwrap();
        file.set_times(FileTimes::new().set_modified(date)).unwrap();
    };
    for (number, offset) in ["+0", "+10d", "-10d", "+500d", "+0"].into_iter().enumerate() {
        // As many bytes, the same date, at once: only the time of the last change tells them apart.
        for text in [format!("a{number}"), format!("b{number}")] {
            write(&text);
            assert_eq!(at(&world, offset, &["run", "text"]).success().stdout, text, "{offset}");
        }
    }
    assert!(fs::metadata(world.package().join("src/f")).unwrap().modified().unwrap() > SystemTime::now());
}
