//! What a step may use: `memory:`, `pids:`, `cpus:`, `timeout:`, by control groups where `pipe` may make them, else roughly.

use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::harness::{Outcome, World, finish, is_root, pipe_binary};

const PROGRAM: &str = r#"
pub fn hungry() -> Check {
  tools.check(sh"head -c 200M /dev/zero | tail > /dev/null", name: "hungry", memory: 64MiB)
}
pub fn modest() -> String { tools.run(sh"head -c 8M /dev/zero | tail | wc -c", memory: 64MiB).stdout.trim() }
pub fn bomb() -> Check {
  tools.check(sh"""
    bomb() { bomb | bomb & }
    bomb
    i=0; while [ $i -lt 1000000 ]; do i=$((i + 1)); done
    exit 7
  """, name: "bomb", pids: 20, timeout: 5min)
}
pub fn slow() -> Check {
  tools.check(sh"""
    sh -c 'trap "" TERM; while :; do sleep 1; done' &
    sleep 600
  """, name: "slow", timeout: 300ms)
}
pub fn patient() -> Check {
  tools.check(sh"echo started; sleep 600", name: "patient", cpus: 0.5, memory: 64MiB, pids: 50)
}
pub fn unlucky() -> Check { tools.check(sh"exit 3", name: "unlucky", memory: 256MiB) }
pub fn wrong() -> List[Check] { [tools.check(["true"], memory: 1KiB)] }
pub fn none_at_all() -> Check { tools.check(["true"], pids: 0) }
pub fn little() -> Check { tools.check(["true"], cpus: 0.0) }
pub fn at_once() -> Check {
  tools.check(["python3", "-c", "bytearray(200 << 20)"], name: "at_once", memory: 64MiB)
}
"#;

/// Folders of steps' groups, below this one.
fn groups(folder: &Path, of: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if entry.file_name().to_string_lossy().starts_with(of) {
                found.push(entry.path());
            } else {
                groups(&entry.path(), of, found);
            }
        }
    }
}

/// Whether this user's steps can have groups, as `pipe doctor` says.
fn keeps_limits(world: &World) -> bool {
    world.run(["doctor"]).stdout.contains("steps can be limited")
}

/// Runs `pipe` where nobody keeps limits but the kernel's own for processes.
fn without_groups(world: &World, args: &[&str]) -> Outcome {
    if !keeps_limits(world) {
        return world.events(args);
    }
    let namespaces = if is_root() { "-m" } else { "-rm" };
    let mut command = world.command("unshare");
    command.args([namespaces, "sh", "-c", "umount -R /sys/fs/cgroup; exec \"$0\" --progress=json \"$@\""]);
    finish(command.arg(pipe_binary()).args(args))
}

fn says_near_the_limit(outcome: &Outcome) -> usize {
    outcome.warnings().iter().filter(|text| text.contains("may have run out of memory")).count()
}

/// The kernel gives a process no more memory, and what that makes of it is its own affair: some exit code.
#[test]
fn without_groups_a_step_that_may_lack_memory_is_told_so() {
    let world = World::tools(PROGRAM);
    let outcome = without_groups(&world, &["run", "hungry"]).exits(1);
    assert_eq!((warns_of_limits(&outcome), says_near_the_limit(&outcome)), (1, 1), "{}", outcome.stderr);
    let most = "none of its processes may have more than 64MiB";
    assert!(outcome.stderr.contains(most), "{}", outcome.stderr);
    // One piece that is too large: it never had much.
    let outcome = without_groups(&world, &["run", "at_once"]).exits(1);
    assert!(
        outcome.warnings().iter().any(|text| text.contains("it says `MemoryError`") && text.contains(most)),
        "{}",
        outcome.stderr
    );
    let outcome = without_groups(&world, &["run", "unlucky"]).exits(1);
    assert_eq!(outcome.the("failure")["message"], "unlucky failed: exit code 3");
    assert_eq!(says_near_the_limit(&outcome), 0, "{}", outcome.stderr);
    assert_eq!(says_near_the_limit(&without_groups(&world, &["run", "modest"]).success()), 0);
}

#[test]
fn without_groups_a_fork_bomb_ends() {
    let world = World::tools(PROGRAM);
    let outcome = without_groups(&world, &["run", "bomb"]).exits(1);
    assert_eq!(outcome.the("failure")["message"], "bomb failed: exit code 7");
    assert!(outcome.stderr.contains("Cannot fork"), "{}", outcome.stderr);
}

fn warns_of_limits(outcome: &Outcome) -> usize {
    outcome.warnings().iter().filter(|text| text.contains("control groups do not keep")).count()
}

#[test]
fn a_step_that_uses_too_much_memory_is_told_so() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "hungry"]).exits(1);
    let failure = outcome.the("failure");
    if keeps_limits(&world) {
        assert_eq!(failure["message"], "hungry failed: out of memory: it may use 64MiB");
        assert_eq!(failure["line"], 5);
        assert_eq!(warns_of_limits(&outcome), 0);
    } else {
        assert_eq!(warns_of_limits(&outcome), 1, "{}", outcome.stderr);
    }
    // It is no result: with more it runs again. What a limit is, is no part of a step's key.
    assert_eq!(world.prints(["run", "modest"]), "8388608");
    world.write(
        "main.pipe",
        &world.read("main.pipe").replace("wc -c\", memory: 64MiB", "wc -c\", memory: 65MiB"),
    );
    assert_eq!(world.events(["run", "modest"]).success().steps("ran"), [""; 0]);
}

#[test]
fn a_fork_bomb_ends() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "bomb"]).exits(1);
    let failure = outcome.the("failure");
    assert_eq!(failure["message"], "bomb failed: exit code 7");
    assert!(outcome.stderr.contains("Cannot fork"), "{}", outcome.stderr);
    assert_eq!(warns_of_limits(&outcome), usize::from(!keeps_limits(&world)), "{}", outcome.stderr);
}

#[test]
fn a_time_out_is_told_as_one_and_leaves_nothing_running() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "slow"]).exits(1);
    let failure = outcome.the("failure");
    assert_eq!(failure["message"], "slow failed: timed out after 300ms");
    assert_eq!((&failure["file"], &failure["line"]), (&"main.pipe".into(), &17.into()), "{failure}");
    let left = |line: &&String| line.contains("trap \"\" TERM; while");
    assert_eq!(crate::harness::command_lines().iter().filter(left).count(), 0);
}

#[test]
fn groups_are_there_while_a_step_runs() {
    let world = World::tools(PROGRAM);
    if !keeps_limits(&world) {
        // One warning for a run, whatever the number of steps.
        let outcome = world.events(["run", "modest", "bomb"]).exits(1);
        assert_eq!(warns_of_limits(&outcome), 1, "{}", outcome.stderr);
        return;
    }
    let mut running = world.start(["run", "patient"]);
    running.wait_for_log("started");
    let (mut found, name) = (Vec::new(), format!("pipe-step-{}-", running.id()));
    groups(Path::new("/sys/fs/cgroup"), &name, &mut found);
    let read = |file: &str| {
        found.iter().find_map(|group| std::fs::read_to_string(group.join(file)).ok()).unwrap_or_default()
    };
    let first = found.iter().any(|group| group.join("memory.limit_in_bytes").exists());
    let (memory, cpu) =
        if first { ("memory.limit_in_bytes", "cpu.cfs_quota_us") } else { ("memory.max", "cpu.max") };
    assert_eq!((read(memory).trim(), read("pids.max").trim()), ("67108864", "50"), "{found:?}");
    assert_eq!(read(cpu).split_whitespace().next(), Some("50000"), "{found:?}");
    // The command and what it started are in it.
    assert!(read("cgroup.procs").lines().count() >= 1);
    running.signal(Signal::INT);
    assert_eq!(running.wait().code, Some(130));
    let mut left = Vec::new();
    groups(Path::new("/sys/fs/cgroup"), &name, &mut left);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn limits_that_make_no_sense_are_mistakes() {
    let world = World::tools(PROGRAM);
    world
        .run(["run", "wrong"])
        .exits(1)
        .says("no program can be started in less than 6MiB")
        .says("main.pipe:26");
    world.run(["run", "none_at_all"]).exits(1).says("`pids` is from 1 to");
    world.run(["run", "little"]).exits(1).says("`cpus` is from 0.01 to 1024");
}
