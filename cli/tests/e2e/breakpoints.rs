//! `terminal()` and `--debug`: shells in containers, as a person has them.

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{World, pipe_binary};
use crate::terminal::Terminal;

const WINDOW: (u16, u16) = (40, 120);

/// A chain with a breakpoint, and the same without.
const CHAIN: &str = r#"fn begun() -> Container {
  let token = secret.random()
  tools.run(sh"echo one > /made").env("MARK", "here").secret_env("TOKEN", token).tmpfs("/work").workdir("/work")
}
fn ended(begun: Container) -> String { begun.run(sh"test ! -e /gone; echo two >> /made; cat /made").stdout }

pub fn built() -> String { ended(begun().terminal()) }
pub fn plain() -> String { ended(begun()) }
"#;

/// A shell that is there: it answered.
fn shell(terminal: &mut Terminal, greeting: &str) {
    terminal.wait_for(|screen| screen.contains(greeting));
    answers(terminal, "echo ready-$((20+3))", "ready-23");
}

fn answers(terminal: &mut Terminal, command: &str, answer: &str) {
    terminal.types(&format!("{command}\n"));
    terminal.wait_for(|screen| screen.contains(answer));
}

#[test]
fn a_breakpoint_opens_a_shell_and_changes_nothing() {
    let world = World::tools(CHAIN);
    let mut terminal = Terminal::run(&world, WINDOW, &["run", "built"], &[]);
    shell(&mut terminal, "breakpoint in built (main.pipe:9)");
    // The files of the chain, its variables, secrets, folder and user.
    answers(&mut terminal, "echo $(cat /made) $MARK $(pwd) $(id -u) ${#TOKEN}", "one here /work 0 ");
    answers(&mut terminal, "echo term-$TERM", "term-xterm-256color");
    // A terminal of its own, and no other.
    answers(&mut terminal, "echo $(tty) $(ls -m /dev/pts)", "/dev/pts/0 0, ptmx");
    answers(&mut terminal, "echo size-$(stty size | tr ' ' x)", "size-40x120");
    terminal.resize(30, 100);
    answers(
        &mut terminal,
        "while test \"$(stty size)\" != '30 100'; do :; done; echo resized-$((1+1))",
        "resized-2",
    );
    // Ctrl-C is for what runs in it; jobs can be put aside and taken up.
    // Told by the job itself, so that the terminal is with it: before, Ctrl-C would be for the shell alone.
    terminal.types("sh -c 'echo begun-$((3+4)); exec sleep 1000'\n");
    terminal.wait_for(|screen| screen.contains("begun-7"));
    terminal.types("\u{3}");
    // What is typed before the shell has heard of it goes with what was interrupted.
    terminal.wait_for(|screen| screen.contains("^C\n"));
    answers(&mut terminal, "echo interrupted-$?", "interrupted-130");
    terminal.types("sh -c 'echo job-$((5+4)); exec sleep 1000'\n");
    terminal.wait_for(|screen| screen.contains("job-9"));
    answers(&mut terminal, "\u{1a}jobs; echo stopped-$((1+1))", "stopped-2");
    // What it writes is gone with it, and so is what it left running, whatever its exit code.
    terminal.types("echo more >> /made; touch /gone; exec sh -c 'exit 3'\n");
    let ended = terminal.wait();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    assert!(ended.screen.contains("one\ntwo"), "{}", ended.screen);
    // Every result is the one of the chain without it.
    assert_eq!(world.prints(["run", "--expect-cached", "plain"]), "one\ntwo\n");
    // It is never cached, and holds up nobody where nobody is.
    let outcome = world.run(["run", "built"]).success();
    assert_eq!(outcome.stdout, "one\ntwo\n");
    let outcome = outcome.says("the breakpoint at main.pipe:9 is passed over: there is no terminal");
    assert_eq!(outcome.stderr.matches("warning").count(), 1, "{}", outcome.stderr);
    let events = world.events(["run", "--expect-cached", "built"]).success();
    assert_eq!(events.steps("cached").len(), 2);
    let plan = world.prints(["plan", "built"]);
    assert!(plan.contains("built  breakpoint: opens a shell  main.pipe:9"), "{plan}");
    assert!(plan.contains("2 steps: "), "{plan}");
    world.run(["why", "built"]).success();
}

#[test]
fn nobody_is_waited_for_in_ci_and_in_the_background() {
    let world = World::tools(
        "pub fn stop() -> Check { tools.terminal().check([\"true\"]) }\n\
         pub fn bad() -> Check { tools.check(sh\"exit 3\") }\n",
    );
    let passed = "the breakpoint at main.pipe:3 is passed over: there is no terminal";
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);
    let cases: [Case; 3] = [
        (&["run", "stop"], &[("CI", "true")]),
        (&["run", "stop"], &[("GITHUB_ACTIONS", "true")]),
        (&["run", "--progress", "gitlab", "stop"], &[]),
    ];
    for (arguments, variables) in cases {
        let ended = Terminal::run(&world, WINDOW, arguments, variables).wait();
        assert_eq!(ended.code, Some(0), "{}", ended.screen);
        assert!(ended.screen.contains(passed), "{}", ended.screen);
    }
    let ended = Terminal::run(&world, WINDOW, &["run", "--debug", "bad"], &[("CI", "true")]).wait();
    assert_eq!(ended.code, Some(1), "{}", ended.screen);
    assert!(ended.screen.contains("there is no terminal to open one on"), "{}", ended.screen);
    // With job control it has a process group of its own, which is not the terminal's.
    let pipe = pipe_binary();
    let script = "set -m; exec 3<&0; \"$0\" run stop <&3 & wait $!; echo \"ended with $?\"";
    let arguments = ["-c", script, pipe.to_str().unwrap()];
    let ended = Terminal::program(&world, WINDOW, "sh", &arguments).wait();
    assert!(ended.screen.contains("ended with 0"), "{}", ended.screen);
    assert!(ended.screen.contains(passed), "{}", ended.screen);
}

#[test]
fn ctrl_c_stops_a_command_that_closed_its_terminal() {
    let world = World::tools(
        "pub fn stop() -> Check { tools.terminal(command: sh\"sleep 0.3; exec sleep 1000 <&- >&- 2>&-\").check([\"true\"]) }\n",
    );
    // Who types waits until keys make signals again.
    let script = "trap '' INT; exec 3<&0; \"$0\" run stop <&3 & \
                  raw() { case $(stty -a) in *-isig*) ;; *) return 1 ;; esac; }; \
                  until raw; do sleep 0.01; done; while raw; do sleep 0.01; done; echo given-$((1+1)) back; \
                  wait $!; echo \"ended with $?\"";
    let pipe = pipe_binary();
    let arguments = ["-c", script, pipe.to_str().unwrap()];
    let mut terminal = Terminal::program(&world, WINDOW, "sh", &arguments);
    terminal.wait_for(|screen| screen.contains("given-2 back"));
    terminal.types("\u{3}");
    let ended = terminal.wait();
    assert!(ended.screen.contains("ended with 130"), "{}", ended.screen);
    assert!(world.work_folders().is_empty());
}

#[test]
fn the_terminal_is_as_it_was_however_a_shell_ends() {
    let world = World::tools("pub fn stop() -> Check { tools.terminal().check([\"true\"]) }\n");
    let script = "exec 3<&0; \"$0\" run stop <&3 & echo $! > pid; wait $!; echo \"ended with $?\"; \
                  stty -a | tr ' ;' '\\n\\n' | grep -x -e echo -e icanon -e isig | tr '\\n' ' '";
    for (way, code) in [("kill", 0), ("exit", 0), ("TERM", 130)] {
        let pipe = pipe_binary();
        let arguments = ["-c", script, pipe.to_str().unwrap()];
        let mut terminal = Terminal::program(&world, WINDOW, "sh", &arguments);
        shell(&mut terminal, "breakpoint in stop");
        match way {
            "kill" => terminal.types("kill -9 $$\n"),
            "exit" => terminal.types("exit\n"),
            _ => {
                let pid: i32 = world.read("pid").trim().parse().unwrap();
                kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
            }
        }
        let ended = terminal.wait();
        assert!(ended.screen.contains(&format!("ended with {code}")), "{way}: {}", ended.screen);
        assert!(ended.screen.contains("isig icanon echo"), "{way}: {}", ended.screen);
        assert!(world.work_folders().is_empty(), "{way}");
    }
}

#[test]
fn one_breakpoint_opens_after_the_other_while_the_rest_goes_on_unseen() {
    let world = World::tools(
        r#"
fn stop(name: String) -> Check { tools.env("NAME", name).cache("/c", "c").terminal().check(sh"echo checked $NAME") }
fn noisy() -> Check {
  tools.cache("/c", "c").check(sh"until test -e /c/go; do sleep 0.02; done; echo noise; touch /c/done")
}
pub fn all_of_them() -> Check { all([stop("a"), stop("b"), noisy()]) }
"#,
    );
    // In one slot: a shell takes none.
    let arguments = ["run", "-j", "1", "--progress", "plain", "all_of_them"];
    let mut terminal = Terminal::run(&world, WINDOW, &arguments, &[]);
    shell(&mut terminal, "breakpoint in stop");
    terminal.types("touch /c/go; until test -e /c/done; do :; done; echo name-$NAME-$((1+1))\n");
    let first =
        terminal.wait_for(|screen| ["a", "b"].iter().any(|name| screen.contains(&format!("name-{name}-2"))));
    assert_eq!(first.matches("breakpoint in").count(), 1, "{first}");
    assert!(!first.contains("noisy | noise"), "{first}");
    terminal.types("exit\n");
    terminal.wait_for(|screen| screen.matches("breakpoint in").count() == 2);
    answers(&mut terminal, "echo other-$NAME", "other-");
    terminal.types("exit\n");
    let ended = terminal.wait();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    for part in ["noisy | noise", "checked a", "checked b"] {
        assert_eq!(ended.raw.matches(part).count(), 1, "{part}: {}", ended.raw);
    }
    let names: Vec<bool> = ["a", "b"].map(|name| first.contains(&format!("name-{name}-2"))).to_vec();
    assert_ne!(names[0], names[1], "{first}");
}

#[test]
fn a_breakpoint_may_run_something_else_or_fail_to() {
    let world = World::tools(
        r#"
pub fn asked() -> String { tools.run(sh"echo before").terminal(command: ["/bin/cat"]).stdout }
pub fn scripted() -> Check { tools.terminal(command: sh"echo ${{ 3 * 5 }} is fifteen").check(["true"]) }
pub fn empty() -> Dir { scratch().write("/f", "x").terminal().rootfs }
pub fn wrong() -> Dir { tools.run(sh"mkdir /d").terminal(command: ["no-such-program"]).dir("/d") }
"#,
    );
    let mut terminal = Terminal::run(&world, WINDOW, &["run", "asked"], &[]);
    terminal.wait_for(|screen| screen.contains("breakpoint in asked"));
    terminal.types("said\n\u{4}");
    let ended = terminal.wait();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    // Once as it is typed, and once by the program; then the result of the command before it.
    assert_eq!(ended.screen.matches("said").count(), 2, "{}", ended.screen);
    assert!(ended.screen.contains("before"), "{}", ended.screen);
    let ended = Terminal::run(&world, WINDOW, &["run", "scripted"], &[]).wait();
    assert!(ended.code == Some(0) && ended.screen.contains("15 is fifteen"), "{}", ended.screen);
    for (target, message) in [
        ("empty", "empty failed: no shell can be opened: this container has none of bash, sh,"),
        ("wrong", "wrong failed: the program `no-such-program` is not in this root"),
    ] {
        let ended = Terminal::run(&world, WINDOW, &["run", target], &[]).wait();
        assert_eq!(ended.code, Some(1), "{}", ended.screen);
        assert!(ended.screen.contains(message), "{}", ended.screen);
        // Where nobody is, nobody misses it.
        world.run(["run", target]).success();
    }
}

#[test]
fn a_step_that_fails_can_be_looked_into() {
    let world = World::tools(
        r#"
pub fn bad() -> Check { tools.env("MARK", "here").check(sh"echo half > /half; echo the reason; exit 3") }
pub fn slow() -> Check { tools.check(sh"echo half > /half; sleep 1000", timeout: 1s) }
pub fn missing() -> Check { tools.check(["no-such-program"]) }
pub action acts() { do tools.perform(sh"echo half > /half; exit 4") }
pub fn good() -> Check { tools.check(["true"]) }
"#,
    );
    for (target, reason) in [("bad", "exit code 3"), ("slow", "timed out after 1s"), ("acts", "exit code 4")]
    {
        let mut terminal = Terminal::run(&world, WINDOW, &["run", "--debug", target, "good"], &[]);
        shell(&mut terminal, &format!("{reason} (main.pipe:"));
        answers(&mut terminal, "echo it-is-$(cat /half)", "it-is-half");
        terminal.types("echo whole > /half; exit 7\n");
        let ended = terminal.wait();
        assert_eq!(ended.code, Some(1), "{}", ended.screen);
        assert!(ended.screen.contains("[step-failed]"), "{}", ended.screen);
        assert_eq!(ended.raw.matches("This is a shell in what it left").count(), 1, "{}", ended.raw);
    }
    let mut terminal = Terminal::run(&world, WINDOW, &["run", "--debug", "missing"], &[]);
    shell(&mut terminal, "the program `no-such-program` is not in this root");
    terminal.types("exit\n");
    assert_eq!(terminal.wait().code, Some(1));
    // What the shell wrote is no part of what the step left.
    world.write(
        "main.pipe",
        &format!(
            "{}\npub fn half() -> String {{ bad().file(\"/half\").contents }}\n",
            world.read("main.pipe")
        ),
    );
    assert_eq!(world.prints(["run", "half"]), "half\n");
    // Without a terminal it is told once, and everything is as ever.
    let outcome = world.run(["run", "--debug", "bad", "good"]).exits(1);
    assert_eq!(
        outcome.stderr.matches("there is no terminal to open one on").count(),
        1,
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_shell_reaches_the_services_and_the_log_of_the_step() {
    let world = World::tools(
        r#"
let server = """
  import socket
  listener = socket.create_server(("", 7000))
  for number in range(1000):
      connection, _ = listener.accept()
      connection.sendall(f"client {number}\\n".encode())
      connection.close()
  """
let client = """
  import socket
  print(socket.create_connection(("db", 7000), 5).makefile().read(), end="")
  """
fn db() -> Service { tools.expose(7000).service(command: ["python3", "-c", server], ready: ["true"]) }
fn bound() -> Container { tools.bind("db", db()).env("CLIENT", client) }

pub fn stop() -> Check { bound().terminal().check(["true"], network: Off) }
pub fn bad() -> Check { bound().check(sh"until python3 -c \"$CLIENT\"; do :; done; exit 1", network: Off) }
"#,
    );
    let mut terminal = Terminal::run(&world, WINDOW, &["run", "stop"], &[]);
    shell(&mut terminal, "breakpoint in stop");
    answers(&mut terminal, "until python3 -c \"$CLIENT\"; do :; done", "client 0");
    terminal.types("exit\n");
    let ended = terminal.wait();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    // The service is the one that the step had, with what the step did to it.
    let mut terminal = Terminal::run(&world, WINDOW, &["run", "--debug", "bad"], &[]);
    shell(&mut terminal, "  client 0");
    answers(&mut terminal, "python3 -c \"$CLIENT\"", "client 1");
    terminal.types("exit\n");
    assert_eq!(terminal.wait().code, Some(1));
}
