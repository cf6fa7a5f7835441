//! However a run ends, nothing of it stays.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::{World, command_lines};

/// The promise: after this time nothing is left.
const PROMISED: Duration = Duration::from_secs(2);

/// A step that resists: it leaves its session, ignores the polite signal and would sleep for ever.
fn stubborn(marker: &str, options: &str) -> World {
    World::tools(&format!(
        "pub fn probe() -> Check {{\n  tools.check(sh\"\"\"\n    setsid sh -c 'trap \"\" TERM; sleep {marker}' &\n    echo started\n    sleep {marker}\n  \"\"\"{options})\n}}\n"
    ))
}

/// A duration in seconds that no other process sleeps: it names the step in the process list.
fn marker() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("9{:07}{:02}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn is_running(marker: &str) -> bool {
    command_lines().iter().any(|line| line.contains(marker) && !line.contains("pipe-e2e"))
}

/// Nothing is left: no process, no mount, no folder. Waits no longer than promised.
#[track_caller]
fn nothing_is_left(world: &World, marker: &str, since: Instant) {
    let store = world.store().display().to_string();
    let left = || -> Vec<String> {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        let mut left: Vec<String> =
            command_lines().into_iter().filter(|line| line.contains(marker)).collect();
        left.extend(command_lines().into_iter().filter(|line| line.contains(&store)));
        left.extend(mounts.lines().filter(|line| line.contains(&store)).map(str::to_owned));
        left.extend(world.work_folders().iter().map(|folder| folder.display().to_string()));
        left
    };
    loop {
        let found = left();
        if found.is_empty() {
            return;
        }
        assert!(since.elapsed() < PROMISED, "still there: {found:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn interrupted(signal: Signal) {
    let marker = marker();
    let world = stubborn(&marker, "");
    let mut running = world.start(["run", "probe"]);
    running.wait_for_log("started");
    assert!(is_running(&marker));
    let since = Instant::now();
    running.signal(signal);
    running.wait().exits(130);
    nothing_is_left(&world, &marker, since);
}

#[test]
fn after_an_interrupt() {
    interrupted(Signal::INT);
}

#[test]
fn after_a_request_to_end() {
    interrupted(Signal::TERM);
}

#[test]
fn after_a_timeout() {
    let marker = marker();
    let world = stubborn(&marker, ", timeout: 300ms");
    let failed = world.events(["run", "probe"]).exits(1);
    let failure = failed.the("failure");
    assert!(failure["message"].as_str().unwrap().contains("300"), "{failure}");
    assert_eq!(failure["log"], "started\n");
    nothing_is_left(&world, &marker, Instant::now());
    // Never cached.
    assert_eq!(world.events(["run", "probe"]).exits(1).steps("failed"), ["probe"]);
}

#[test]
fn after_a_kill() {
    let marker = marker();
    let world = stubborn(&marker, "");
    let mut running = world.start(["run", "probe"]);
    running.wait_for_log("started");
    let since = Instant::now();
    running.signal(Signal::KILL);
    assert_eq!(running.wait().code, None);
    nothing_is_left(&world, &marker, since);
}

#[test]
fn what_a_step_leaves_behind_ends_with_it() {
    let marker = marker();
    let world = World::tools(&format!(
        "pub fn probe() -> String {{\n  tools.run(sh\"setsid sleep {marker} </dev/null >/dev/null 2>&1 & echo done\").stdout\n}}\n"
    ));
    assert_eq!(world.prints(["run", "probe"]), "done\n");
    nothing_is_left(&world, &marker, Instant::now());
}

#[test]
fn what_finished_before_an_interrupt_stays_cached() {
    let marker = marker();
    let world = World::tools(&format!(
        "fn quick() -> File {{ tools.run(sh\"echo quick > /f\").file(\"/f\") }}\n\
         pub fn probe() -> Check {{ tools.mount(\"/f\", quick()).check(sh\"echo started; sleep {marker}\") }}\n\
         pub fn text() -> String {{ quick().contents }}\n"
    ));
    let mut running = world.start(["run", "probe"]);
    running.wait_for_log("started");
    running.signal(Signal::INT);
    running.wait().exits(130);
    let again = world.events(["run", "text"]).success();
    assert_eq!((again.stdout.as_str(), again.steps("ran").len()), ("quick\n", 0));
}

/// A step with a service, a network, a cache volume, a folder in memory and limits, that ends with this code or waits to be ended.
fn everything(marker: &str) -> World {
    World::tools(&format!(
        r#"
fn served() -> Service {{ tools.expose(7000).service(command: ["sh", "-c", "python3 -m http.server 7000; : {marker}"]) }}

pub fn probe(end: String) -> Check {{
  tools.bind("served", served()).cache("/c", "v").tmpfs("/t").env("END", end).check(sh"""
    setsid sh -c 'trap "" TERM; sleep {marker}' &
    touch /c/f /t/f
    echo started
    if test "$END" = wait; then sleep {marker}; fi
    exit "$END"
    """, memory: 1GiB, pids: 200)
}}
"#
    ))
}

fn interfaces() -> Vec<std::ffi::OsString> {
    let found = std::fs::read_dir("/sys/class/net").unwrap();
    let mut found: Vec<_> = found.map(|interface| interface.unwrap().file_name()).collect();
    found.sort();
    found
}

/// Control groups that a command of this process id made.
fn groups(id: u32) -> Vec<std::path::PathBuf> {
    let (mut found, mut pending) = (Vec::new(), vec![std::path::PathBuf::from("/sys/fs/cgroup")]);
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if entry.file_name().to_string_lossy().starts_with(&format!("pipe-step-{id}-")) {
                    found.push(entry.path());
                }
                pending.push(entry.path());
            }
        }
    }
    found
}

#[test]
fn nothing_of_any_kind_is_left_after_any_end() {
    let ends = [
        ("0", None),
        ("3", None),
        ("wait", Some(Signal::INT)),
        ("wait", Some(Signal::TERM)),
        ("wait", Some(Signal::KILL)),
    ];
    for (end, signal) in ends {
        let marker = marker();
        let world = everything(&marker);
        let before = interfaces();
        let mut running = world.start(["run", "probe", "--end", end]);
        let id = running.id();
        if let Some(signal) = signal {
            running.wait_for_log("started");
            running.signal(signal);
        }
        let since = Instant::now();
        let outcome = running.wait();
        // The promise counts from the signal, or the end.
        let since = if signal.is_some() { since } else { Instant::now() };
        let code = match (end, signal) {
            ("wait", Some(Signal::KILL)) => None,
            ("wait", _) => Some(130),
            ("0", _) => Some(0),
            _ => Some(1),
        };
        assert_eq!(outcome.code, code, "{end} {signal:?}: {outcome:?}");
        nothing_is_left(&world, &marker, since);
        assert_eq!(interfaces(), before, "{end} {signal:?}");
        if signal == Some(Signal::KILL) {
            // Nobody is left who may: the next one does it.
            world.run(["run", "probe", "--end", "0"]).success();
        }
        assert_eq!(groups(id), Vec::<std::path::PathBuf>::new(), "{end} {signal:?}");
        world.run(["cache", "volume", "rm", "v"]).success();
    }
}
