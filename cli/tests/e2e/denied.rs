//! What a step cannot reach, each with somebody really listening there, in a network that the test makes.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use crate::harness::World;
use crate::namespaces;

/// A public address, on an interface that leads nowhere.
const PUBLIC: &str = "203.0.113.7";

/// Addresses of this machine's that no step reaches without a grant, each with who has such.
const DENIED: &[(&str, &str)] = &[
    ("169.254.169.254", "the metadata of a cloud"),
    ("192.0.0.1", "the gateway of steps"),
    ("10.0.0.1", "the gateway of this machine"),
    ("10.9.8.7", "a private network"),
    ("172.16.5.4", "a private network, or Docker's bridge"),
    ("192.168.77.1", "a private network, or a router at home"),
    ("100.64.3.2", "a carrier's network"),
    ("198.18.0.1", "where another step would have a service"),
];

/// Tries every place that it is told of, and says for each what came.
const CLIENT: &str = r#"
let client = """
  import socket, sys, time
  for place in sys.argv[1:]:
      kind, _, target = place.partition(" ")
      try:
          if kind == "abstract":
              s = socket.socket(socket.AF_UNIX)
              s.settimeout(5)
              s.connect("\\0" + target)
          else:
              host, _, port = target.rpartition(":")
              v6 = ":" in host
              s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
              s.settimeout(5)
              s.connect((host, int(port)))
          s.send(b"hello")
          print(place, "->", s.recv(100).decode())
      except OSError as error:
          print(place, "-> no:", error)
  """

pub fn probe(places: List[String]) -> String { tools.run(["python3", "-c", client, ..places]).stdout }
"#;

/// Runs this test in a network of its own. Whether this is the process that is in there.
fn inside(test: &str) -> bool {
    let address = |(address, _): &(&str, &str)| format!("ip address add {address}/32 dev outside && ");
    let denied: String = DENIED.iter().map(address).collect();
    // Not every kernel has dummies.
    let script = format!(
        "ip link set lo up && {{ ip link add outside type dummy 2>/dev/null || ip link add outside type veth peer name far; }} && \
         ip link set outside up && ip address add {PUBLIC}/24 dev outside && {denied} ip -6 address add fd00::7/128 dev lo"
    );
    namespaces::inside(&format!("denied::{test}"), "n", &script)
}

/// Answers whoever connects.
fn serve(mut accept: impl FnMut() -> Box<dyn ReadWrite> + Send + 'static) {
    std::thread::spawn(move || {
        loop {
            let mut stream = accept();
            let _ = stream.read(&mut [0; 100]);
            let _ = stream.write_all(b"reached");
        }
    });
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

fn serve_tcp(address: &str, port: u16) {
    let listener = TcpListener::bind((address, port)).unwrap_or_else(|error| panic!("{address}: {error}"));
    serve(move || Box::new(listener.accept().unwrap().0));
}

fn serve_udp(address: &str, port: u16) {
    let socket = UdpSocket::bind((address, port)).unwrap();
    std::thread::spawn(move || {
        while let Ok((_, from)) = socket.recv_from(&mut [0; 100]) {
            let _ = socket.send_to(b"reached", from);
        }
    });
}

/// What a step says of each place.
fn probe(world: &World, flags: &[&str], places: &[String]) -> Vec<String> {
    let mut args: Vec<&str> = ["run", "--no-cache"].iter().chain(flags).copied().collect();
    args.push("probe");
    for place in places {
        args.extend(["--places", place.as_str()]);
    }
    let printed = world.run(args).success().stdout;
    printed.lines().map(str::to_owned).collect()
}

#[track_caller]
fn all_denied(lines: &[String], places: &[String]) {
    assert_eq!(lines.len(), places.len(), "{lines:#?}");
    assert!(lines.iter().all(|line| line.contains("-> no:")), "{lines:#?}");
}

#[test]
fn a_step_reaches_nothing_that_is_not_public() {
    if !inside("a_step_reaches_nothing_that_is_not_public") {
        return;
    }
    for (address, _) in DENIED.iter().chain(&[(PUBLIC, "")]) {
        serve_tcp(address, 8080);
        serve_udp(address, 8081);
    }
    for address in ["127.0.0.1", "::1", "fd00::7"] {
        serve_tcp(address, 8080);
    }
    let address = SocketAddr::from_abstract_name("pipe-test-abstract").unwrap();
    let listener = UnixListener::bind_addr(&address).unwrap();
    serve(move || Box::new(listener.accept().unwrap().0));

    let world = World::tools(CLIENT);
    let public = [format!("tcp {PUBLIC}:8080"), format!("udp {PUBLIC}:8081")];
    let reached = probe(&world, &[], &public);
    assert!(reached.len() == 2 && reached.iter().all(|line| line.ends_with("-> reached")), "{reached:#?}");

    let denied = || DENIED.iter().map(|(address, _)| *address);
    let tcp = denied().chain(["127.0.0.1", "0.0.0.0", "::1", "fd00::7"]);
    let mut places: Vec<String> = tcp.map(|address| format!("tcp {address}:8080")).collect();
    places.extend(denied().map(|address| format!("udp {address}:8081")));
    // The same in other words.
    places.extend(
        ["::ffff:169.254.169.254", "::ffff:10.9.8.7", "64:ff9b::a09:807"].map(|v6| format!("tcp {v6}:8080")),
    );
    places.push("abstract pipe-test-abstract".to_owned());
    all_denied(&probe(&world, &[], &places), &places);
    // Without a network not even what is public.
    all_denied(&probe(&world, &["--network", "off"], &public), &public);
    // What is granted, and no more.
    let private = ["tcp 10.9.8.7:8080", "tcp 172.16.5.4:8080", "udp 10.9.8.7:8081"].map(str::to_owned);
    let lines = probe(&world, &["--allow", "net:10.0.0.0/8:8080"], &private);
    assert!(lines[0].ends_with("-> reached"), "{lines:#?}");
    assert!(lines[1].contains("no:") && lines[2].contains("no:"), "{lines:#?}");
}

/// Two steps of one run, of which one listens wherever it can until the other has tried all of that.
#[test]
fn a_step_does_not_reach_another_one() {
    let steps = r#"
let listener = """
  import os, socket, threading, time
  def serve(s):
      while True:
          c, _ = s.accept()
          c.send(b"reached")
  a = socket.socket(socket.AF_UNIX)
  a.bind("\\0pipe-step")
  a.listen()
  for s in [a, socket.create_server(("", 8123))]:
      threading.Thread(target=serve, args=[s], daemon=True).start()
  open("/sync/listens", "w")
  while not os.path.exists("/sync/tried"):
      time.sleep(0.01)
  """

fn web() -> Service { tools.expose(8124).service(command: ["python3", "-m", "http.server", "8124"]) }

pub fn listens() -> Check {
  tools.bind("web", web(), localhost: true).cache("/sync", "sync").check(["python3", "-c", listener])
}

pub fn tries() -> String {
  tools.envs(["CLIENT": client]).cache("/sync", "sync").run(sh"""
    while ! test -e /sync/listens; do sleep 0.01; done
    python3 -c "$CLIENT" "tcp 127.0.0.1:8123" "tcp 192.0.0.2:8123" "tcp 192.0.0.1:8123" "abstract pipe-step" \
      "tcp 198.18.0.1:8124" "tcp 127.0.0.1:8124"
    touch /sync/tried
  """).stdout
}
"#;
    let world = World::tools(&format!("{CLIENT}{steps}"));
    let outcome = world.run(["run", "listens", "tries"]).success();
    let lines: Vec<String> =
        outcome.stdout.lines().filter(|line| line.contains("->")).map(str::to_owned).collect();
    assert_eq!(lines.len(), 6, "{}", outcome.stdout);
    assert!(lines.iter().all(|line| line.contains("-> no:")), "{lines:#?}");
}
