//! Services: processes that steps talk to, and that are gone when nobody does any more.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::{Outcome, World, command_lines};

/// A server that tells each client how many it has had, and the clients. It ends with code 3 when it is asked to.
const COUNTER: &str = r#"
let server = """
  import socket, sys
  listener = socket.create_server(("", int(sys.argv[1])))
  served = 0
  while True:
      connection, _ = listener.accept()
      asked = connection.makefile().readline().strip()
      if not asked:
          continue
      print("asked:", asked, flush=True)
      if asked == "die":
          print("fatal: the disk is on fire", flush=True)
          sys.exit(3)
      served += 1
      connection.sendall(f"{served}\\n".encode())
  """

let client = """
  import socket, sys
  connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
  connection.sendall((sys.argv[3] + "\\n").encode())
  print(connection.makefile().readline().strip())
  """

fn counter() -> Service { tools.expose(7000).service(command: ["python3", "-c", server, "7000"]) }

fn asks(container: Container, host: String, word: String = "count") -> String {
  container.run(["python3", "-c", client, host, "7000", word], network: Off).stdout
}
"#;

fn counter(text: &str) -> World {
    World::tools(&format!("{COUNTER}\n{text}"))
}

/// States that services came into.
pub(crate) fn states(outcome: &Outcome) -> Vec<String> {
    let services = outcome.objects().into_iter().filter(|object| object["event"] == "service");
    services.map(|object| object["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_step_reaches_its_service_by_its_name_and_a_cached_one_starts_none() {
    let world =
        counter("pub fn first() -> String { asks(tools.bind(\"counter\", counter()), \"counter\") }\n");
    let outcome = world.events(["run", "first"]).success();
    assert_eq!(outcome.stdout, "1\n");
    assert_eq!(states(&outcome), ["starting", "ready", "stopped"]);
    let again = world.events(["run", "first"]).success();
    assert_eq!(again.stdout, "1\n");
    assert_eq!(states(&again), [""; 0]);
    // What the service is, is part of the step.
    world.write("main.pipe", &world.read("main.pipe").replace("print(\"asked:\"", "print(\"was asked:\""));
    assert_eq!(states(&world.events(["run", "first"]).success()).len(), 3);
    world.run(["why", "first"]).success();
}

#[test]
fn each_step_has_an_instance_of_its_own_unless_it_is_shared() {
    let text = "fn both(service: Service) -> List[String] {\n  let one = asks(tools.bind(\"c\", service), \"c\", word: \"one\")\n  \
                let two = asks(tools.bind(\"c\", service).env(\"AFTER\", one), \"c\", word: \"two\")\n  [one, two]\n}\n\
                pub fn own() -> List[String] { both(counter()) }\n\
                pub fn together() -> List[String] { both(counter().shared()) }\n";
    let world = counter(text);
    let own = world.events(["run", "own", "--json"]).success();
    assert_eq!(own.stdout.trim(), r#"["1\n","1\n"]"#);
    assert_eq!(states(&own).iter().filter(|state| *state == "ready").count(), 2);
    let shared = world.events(["run", "together", "--json"]).success();
    assert_eq!(shared.stdout.trim(), r#"["1\n","2\n"]"#);
    assert_eq!(states(&shared), ["starting", "ready", "stopped"]);
}

#[test]
fn a_service_may_need_a_service() {
    let text = r#"
let relay = """
  import socket
  listener = socket.create_server(("", 7000))
  while True:
      connection, _ = listener.accept()
      asked = connection.makefile().readline()
      if asked:
          behind = socket.create_connection(("counter", 7000), 5)
          behind.sendall(asked.encode())
          connection.sendall(("relayed " + behind.makefile().readline()).encode())
  """

fn front() -> Service {
  tools.bind("counter", counter()).expose(7000).service(command: ["python3", "-c", relay])
}

pub fn through() -> String { asks(tools.bind("front", front()), "front") }
pub fn past() -> String { asks(tools.bind("front", front()), "counter") }
"#;
    let world = counter(text);
    assert_eq!(world.prints(["run", "through"]), "relayed 1\n");
    // Only who is bound to it knows it.
    world.run(["run", "past"]).exits(1).says("Temporary failure in name resolution");
}

#[test]
fn a_command_tells_when_a_service_is_ready_and_sees_what_it_sees() {
    let text = r#"
fn slow(word: String) -> Service {
  tools.envs(["WORD": word, "SERVER": server]).expose(7000).service(
    command: sh"""
      sleep 0.3
      echo $WORD > /tmp/ready
      exec python3 -c "$SERVER" 7000
    """,
    ready: sh"grep -qx ${{ word }} /tmp/ready && test $(id -u) = 0 && test -d /proc/2",
  )
}

pub fn waits() -> String { asks(tools.bind("slow", slow("it is ready")), "slow") }
"#;
    let world = counter(text);
    // The port opens later than that: whoever comes too early is refused, or was made to wait by the client itself.
    let text = world.read("main.pipe").replace(
        "connection = socket.create_connection",
        "import time; time.sleep(1); connection = socket.create_connection",
    );
    world.write("main.pipe", &text);
    assert_eq!(world.prints(["run", "waits"]), "1\n");
}

#[test]
fn a_service_is_on_the_steps_own_loopback_when_it_is_asked_for() {
    let text = "pub fn near() -> String { asks(tools.bind(\"c\", counter(), localhost: true), \"127.0.0.1\") }\n\
                pub fn far() -> String { asks(tools.bind(\"c\", counter()), \"127.0.0.1\") }\n";
    let world = counter(text);
    assert_eq!(world.prints(["run", "near"]), "1\n");
    world.run(["run", "far"]).exits(1).says("refused");
}

#[test]
fn one_that_dies_fails_the_step_with_its_log_and_its_exit_code() {
    let text = "pub fn fatal() -> Check {\n  \
                tools.env(\"CLIENT\", client).bind(\"db\", counter()).check(sh\"\"\"python3 -c \"$CLIENT\" db 7000 die || true; sleep 60\"\"\", network: Off)\n}\n\
                pub fn stillborn() -> Check {\n  \
                tools.bind(\"db\", tools.expose(1).service(command: sh\"echo no data folder >&2; exit 7\")).check([\"true\"])\n}\n\
                pub fn nothing() -> Check { tools.bind(\"db\", tools.service(command: [\"missing-server\"])).check([\"sleep\", \"9\"]) }\n";
    let world = counter(text);
    let began = Instant::now();
    let failed = world.events(["run", "fatal"]).exits(1);
    assert!(began.elapsed() < Duration::from_secs(60), "the step was not stopped");
    let failure = failed.the("failure");
    assert_eq!(failure["message"], "fatal failed: its service `db` ended with exit code 3");
    let log = failure["log"].as_str().unwrap();
    assert!(log.contains("asked: die\nfatal: the disk is on fire\n"), "{log}");
    assert_eq!(states(&failed), ["starting", "ready", "failed"]);

    let failure = world.events(["run", "stillborn"]).exits(1).the("failure");
    let message = failure["message"].as_str().unwrap();
    assert!(message.contains("its service `db` ended with exit code 7 before it was ready"), "{message}");
    assert!(failure["log"].as_str().unwrap().contains("no data folder"), "{failure}");
    world.run(["run", "nothing"]).exits(1).says("the program `missing-server` is not in its root");
}

#[test]
fn two_runs_at_once_do_not_meet() {
    let text = "pub fn slow(name: String) -> String {\n  \
                tools.bind(\"c\", counter()).envs([\"NAME\": name, \"CLIENT\": client]).run(sh\"\"\"echo started; sleep 1; python3 -c \"$CLIENT\" c 7000 count\"\"\", network: Off).stdout\n}\n";
    let world = counter(text);
    let mut one = world.start(["run", "slow", "--name", "one"]);
    one.wait_for_log("started");
    let two = world.run(["run", "slow", "--name", "two"]).success();
    assert_eq!(two.stdout, "started\n1\n");
    assert_eq!(one.wait().success().stdout, "started\n1\n");
}

/// What the first one writes is gone when it is cached.
#[test]
fn two_steps_of_one_chain_on_one_service_are_warned_of() {
    let text = "pub fn chain() -> Container {\n  tools.bind(\"c\", counter()).run([\"true\"], name: \"first\").write(\"/x\", \"\").run([\"true\"], name: \"second\")\n}\n";
    let world = counter(text);
    let warnings = world.events(["run", "chain"]).success().warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("`second` stands on `first`, and both use the service `c`"), "{warnings:?}");
}

/// A service whose command line holds a number that nothing else has.
fn marked(text: &str) -> (World, String) {
    let marker = format!("8{:09}", std::process::id());
    let service = format!(
        "fn idle() -> Service {{ tools.service(command: sh\"sleep {marker} & echo up; exec sleep {marker}\", ready: [\"true\"]) }}\n"
    );
    (World::tools(&format!("{service}{text}")), marker)
}

fn is_running(marker: &str) -> bool {
    command_lines().iter().any(|line| line.contains(marker) && !line.contains("pipe-e2e"))
}

fn nothing_is_left(marker: &str) {
    let since = Instant::now();
    while is_running(marker) {
        assert!(since.elapsed() < Duration::from_secs(10), "the service still runs");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn however_a_run_ends_no_service_stays() {
    let text = "pub fn waits() -> Check { tools.bind(\"idle\", idle()).check(sh\"echo started; sleep 100\") }\n\
                pub fn fails() -> Check { tools.bind(\"idle\", idle()).check([\"false\"]) }\n";
    let (world, marker) = marked(text);
    for signal in [Signal::KILL, Signal::INT] {
        let mut running = world.start(["run", "waits"]);
        running.wait_for_log("started");
        assert!(is_running(&marker));
        running.signal(signal);
        running.wait();
        nothing_is_left(&marker);
    }
    world.run(["run", "fails"]).exits(1);
    assert!(!is_running(&marker));
}

/// Services that are slow, or unwilling, to end when they are asked to.
const FAREWELL: &str = r#"
fn told(word: String) -> Service {
  tools.env("WORD", word).service(
    command: sh"""
      trap 'echo farewell; test "$WORD" = stays || exit 0' TERM
      touch /tmp/up
      while :; do sleep 0.05; done
    """,
    ready: ["test", "-e", "/tmp/up"],
  )
}

pub fn passes() -> Check { tools.bind("told", told("goes")).check(["true"]) }
pub fn fails() -> Check { tools.bind("told", told("goes")).check(["false"]) }
pub fn shared() -> Check { tools.bind("told", told("goes").shared()).check(["true"]) }
pub fn waits(word: String = "goes") -> Check { tools.bind("told", told(word)).check(sh"echo started; sleep 100") }
pub action tunnel(port: Port) { do told("goes").up(ports: [port: 1]) }
"#;

/// A port of this machine that was free a moment ago.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What a service printed in a run.
fn said(outcome: &Outcome, text: &str) -> bool {
    outcome
        .objects()
        .iter()
        .any(|object| object["event"] == "log" && object["text"].as_str().unwrap().contains(text))
}

#[test]
fn a_service_is_asked_to_end_before_it_is_killed() {
    let world = World::tools(FAREWELL);
    for (target, code) in [("passes", 0), ("fails", 1), ("shared", 0)] {
        let outcome = world.events(["run", target]).exits(code);
        assert!(said(&outcome, "farewell"), "{target}: {}", outcome.stderr);
        assert_eq!(states(&outcome), ["starting", "ready", "stopped"]);
    }
    // Interrupted, too; one that does not go is killed.
    for word in ["goes", "stays"] {
        let mut running = world.start(["run", "waits", "--word", word]);
        running.wait_for_log("started");
        running.signal(Signal::INT);
        let outcome = running.wait().exits(130);
        assert!(said(&outcome, "farewell"), "{word}: {}", outcome.stderr);
        assert_eq!(states(&outcome), ["starting", "ready", "stopped"]);
    }
    let mut running = world.start(["run", "tunnel", "--port", &free_port().to_string()]);
    running.wait_for(|object| object["event"] == "notice");
    running.signal(Signal::TERM);
    assert!(said(&running.wait().exits(130), "farewell"));
}

#[test]
fn one_that_does_not_get_ready_is_told_of_with_how_long_was_waited() {
    let text = r#"
fn waits(service: Service) -> Check { tools.bind("db", service).check(["true"]) }
pub fn command(patience: Duration = 2s) -> Check {
  waits(tools.service(command: ["sleep", "600"], ready: sh"echo no table yet; exit 1", ready_timeout: patience))
}
pub fn port() -> Check { waits(tools.expose(7).service(command: ["sleep", "600"], ready_timeout: 1s50ms)) }
pub fn cached(patience: Duration = 1min) -> Check { waits(tools.service(command: ["sleep", "600"], ready: ["true"], ready_timeout: patience)) }
"#;
    let world = World::tools(text);
    let failure = world.events(["run", "command"]).exits(1).the("failure");
    let message = failure["message"].as_str().unwrap();
    assert!(
        message.contains("`db` was not ready after 2s: its `ready:` command did not succeed"),
        "{message}"
    );
    assert!(failure["log"].as_str().unwrap().contains("no table yet"), "{failure}");
    assert!(failure["help"].as_str().unwrap().contains("`ready_timeout:`"), "{failure}");
    world.run(["run", "port"]).exits(1).says("was not ready after 1s50ms: nobody listens at port 7");
    world.run(["run", "command", "--patience", "0s"]).exits(1).says("a timeout is longer than nothing");
    // How long was waited is no part of what the service is.
    world.run(["run", "cached"]).success();
    assert_eq!(states(&world.events(["run", "cached", "--patience", "2min"]).success()), [""; 0]);
}

#[test]
fn up_leads_from_this_machine_to_a_service_until_it_is_stopped() {
    let text = "pub action serve(port: Port) { do counter().up(ports: [port: 7000]) }\n\
                pub action nowhere() { do tools.service(command: [\"true\"]).up() }\n";
    let world = counter(text);
    let port = free_port();
    let mut running = world.start(["run", "serve", "--port", &port.to_string()]);
    running.wait_for(|object| object["event"] == "notice");
    for count in ["1\n", "2\n"] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(b"count\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        assert_eq!(line, count);
    }
    // The port is taken now.
    world.run(["run", "serve", "--port", &port.to_string()]).exits(2).says("cannot listen at 127.0.0.1");
    running.signal(Signal::INT);
    running.wait().exits(130);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    world.run(["run", "nowhere"]).exits(1).says("it has no port");
}

#[test]
fn what_cannot_be_bound_is_an_error_where_it_is_written() {
    let cases = [
        ("bind(\"local host\", counter())", "cannot be the name of a service"),
        ("bind(\"localhost\", counter())", "`localhost` is the step itself"),
        ("bind(\"c\", tools.service(command: [\"x\"]), localhost: true)", "it has no port"),
        ("bind(\"c\", tools.service())", "this service starts no program"),
        (
            "bind(\"c\", counter()).run([\"true\"], network: Host)",
            "cannot be reached from the host's own network",
        ),
    ];
    for (written, said) in cases {
        let world = counter(&format!("pub fn wrong() -> Check {{ tools.{written}.check([\"true\"]) }}\n"));
        world.run(["plan", "wrong"]).exits(1).says(said).says("main.pipe");
    }
}
