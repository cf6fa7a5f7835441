//! `pipe test --watch`.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};

use crate::harness::World;

/// A `pipe test --watch`, with what it prints as results.
struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn start(world: &World, args: &[&str]) -> Watching {
        let mut child = world
            .pipe()
            .args(["test", "--watch"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(world.path("errors")).unwrap())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Watching { child, lines }
    }

    /// Lines up to the next one that begins so, which is the last of them.
    #[track_caller]
    fn until(&mut self, last: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let Some(line) = self.lines.next() else { panic!("it ended: {seen:?}") };
            seen.push(line.unwrap());
            if seen.last().is_some_and(|line| line.starts_with(last)) {
                return seen;
            }
        }
    }

    fn interrupt(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        self.child.wait().unwrap().code()
    }
}

const PROGRAM: &str = r#"
param src: Dir = workspace.dir("src", exclude: ["dist"])
fn one() -> Int { 1 }
fn two() -> Int { one() + 1 }
fn other() -> String { "x" }
fn input() -> String { tools.mount("/src", src).run(sh"cat /src/input").stdout.trim() }

test "one" { expect one() == 1 }
test "two" { expect two() == 2 }
test "other" { expect other() == "x" }
test "input" { expect input() == "a" }
test "fixture" { expect fixture("testdata").file("f").contents == "f" }
"#;

#[test]
fn only_what_a_change_can_have_affected_runs_again() {
    let world = World::tools(PROGRAM);
    world.write("src/input", "a\n");
    world.write("testdata/f", "f");
    let text = world.read("main.pipe");
    let mut watching = Watching::start(&world, &["--junit", "report.xml"]);
    let first = watching.until("5 passed, 0 failed");
    assert_eq!(first.len(), 6, "{first:?}");

    // A function, and all that calls it.
    world.write("main.pipe", &text.replace("Int { 1 }", "Int { 3 }"));
    assert_eq!(
        watching.until("3 passed"),
        ["changed: main.pipe", "FAILED  one", "FAILED  two", "3 passed, 2 failed; 3 of them as before"]
    );
    assert!(world.read("report.xml").contains("failures=\"2\""));
    world.write("main.pipe", &text);
    assert_eq!(
        watching.until("5 passed"),
        ["changed: main.pipe", "ok      one", "ok      two", "5 passed, 0 failed; 3 of them as before"]
    );

    // What no test reads, and what is excluded: the next that is told is the change that counts.
    world.write("README.md", "");
    world.write("src/dist/x", "");
    world.write("main.pipe", &format!("# A comment at the top.\n{text}"));
    world.write("testdata/f", "g");
    let seen = watching.until("4 passed");
    assert_eq!(seen.last().unwrap(), "4 passed, 1 failed; 4 of them as before", "{seen:?}");
    assert!(seen.contains(&"FAILED  fixture".to_owned()) && !seen.iter().any(|line| line.starts_with("ok")));
    world.write("src/input", "b\n");
    let seen = watching.until("3 passed");
    assert_eq!(&seen[1..], ["FAILED  input", "3 passed, 2 failed; 4 of them as before"], "{seen:?}");

    // A mistake is told, and what was known before it is known after it.
    world.write("main.pipe", "fn broken( -> Int { 1 }");
    watching.until("changed: main.pipe");
    world.write("main.pipe", &text);
    let seen = watching.until("3 passed");
    assert_eq!(seen.last().unwrap(), "3 passed, 2 failed; 5 of them as before", "{seen:?}");
    assert!(std::fs::read_to_string(world.path("errors")).unwrap().contains("main.pipe:1:"));
    assert_eq!(watching.interrupt(), Some(130));
}

#[test]
fn a_step_that_runs_is_stopped_with_it() {
    let world = World::tools("test \"long\" { expect tools.run([\"sleep\", \"1000\"]).stdout == \"\" }\n");
    let watching = Watching::start(&world, &["--progress", "json"]);
    let begun = || std::fs::read_to_string(world.path("errors")).unwrap().contains("\"state\":\"running\"");
    while !begun() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(watching.interrupt(), Some(130));
}
