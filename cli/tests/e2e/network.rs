//! The network of steps, in a network of the test's own, where public and private addresses are this machine's.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::harness::World;
use crate::namespaces;

const PUBLIC: &str = "203.0.113.7";
const PRIVATE: &str = "10.9.8.7";

/// Runs this test in a network of its own. Whether this is the process that is in there.
fn inside(test: &str) -> bool {
    let script = format!(
        "ip link set lo up && ip address add {PUBLIC}/32 dev lo && ip address add {PRIVATE}/32 dev lo"
    );
    namespaces::inside(&format!("network::{test}"), "n", &script)
}

/// Answers every connection with the same word.
fn serve(address: &str, port: u16, word: &'static str) {
    let listener = TcpListener::bind((address, port)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 1024];
            let _ = stream.read(&mut asked);
            let _ = write!(stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{word}", word.len());
        }
    });
}

/// A package whose target fetches an address with whatever network `argument` asks for.
fn fetcher(argument: &str) -> World {
    World::tools(&format!(
        "pub fn fetch(url: String) -> String {{\n  tools.run([\"python3\", \"-c\", \"\"\"\n    \
         import sys, urllib.request\n    \
         print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())\n    \"\"\", url]{argument}).stdout\n}}\n"
    ))
}

#[test]
fn a_step_reaches_public_addresses_and_a_private_one_when_it_is_granted() {
    if !inside("a_step_reaches_public_addresses_and_a_private_one_when_it_is_granted") {
        return;
    }
    serve(PUBLIC, 80, "public");
    serve(PRIVATE, 80, "private");
    serve("127.0.0.1", 8080, "loopback");
    let world = fetcher("");
    let fetch =
        |flags: &[&str], url: &str| world.run(["run"].iter().chain(flags).chain(&["fetch", "--url", url]));
    assert_eq!(fetch(&[], "http://203.0.113.7").success().stdout, "public\n");
    fetch(&[], "http://10.9.8.7").exits(1).says("--allow net:10.9.8.7:80");
    assert_eq!(fetch(&["--allow", "net:10.0.0.0/8"], "http://10.9.8.7").success().stdout, "private\n");
    fetch(&[], "http://127.0.0.1:8080").exits(1).says("refused");
    let granted = fetch(&["--allow", "net:localhost:8080"], "http://127.0.0.1:8080");
    assert_eq!(granted.success().stdout, "loopback\n");
    fetch(&["--network", "off"], "http://203.0.113.7").exits(1);
}

#[test]
fn the_hosts_own_network_needs_a_grant() {
    if !inside("the_hosts_own_network_needs_a_grant") {
        return;
    }
    serve("127.0.0.1", 8080, "loopback");
    let world = fetcher(", network: Host");
    let args = ["fetch", "--url", "http://127.0.0.1:8080"];
    world.run(["run"].iter().chain(&args)).exits(2).says("--allow net:host");
    let granted = world.run(["run", "--allow", "net:host"].iter().chain(&args)).success();
    assert_eq!(granted.stdout, "loopback\n");
}

#[test]
fn proxies_of_the_user_are_reached_without_a_grant() {
    if !inside("proxies_of_the_user_are_reached_without_a_grant") {
        return;
    }
    serve("127.0.0.1", 3128, "by the proxy");
    let world = fetcher("");
    let mut command = world.pipe();
    command.env("http_proxy", "http://user:secret@127.0.0.1:3128").args([
        "run",
        "fetch",
        "--url",
        "http://a.example/",
    ]);
    let printed = crate::harness::finish(&mut command).success().stdout;
    assert_eq!(printed, "by the proxy\n");
}

/// A proxy of the configuration is taken, unless the environment says another; neither is part of what a step is.
#[test]
fn the_configuration_names_proxies_and_authorities() {
    let steps = "pub fn told() -> String {\n  tools.run(sh\"\"\"\n    echo ${HTTPS_PROXY-none} $SSL_CERT_FILE\n    \
                 grep -c BEGIN ${SSL_CERT_FILE-/dev/null}\n    grep our-own $NODE_EXTRA_CA_CERTS\n    ls /run /etc/hosts\n  \"\"\").stdout\n}\n\
                 pub fn left() -> String { tools.run([\"true\"], network: Default).run(sh\"test ! -e /run/pipe && echo gone\", network: Off).stdout }\n\
                 pub fn sealed() -> String { tools.run(sh\"echo ${HTTPS_PROXY-none} ${SSL_CERT_FILE-none}\", network: Off).stdout }\n";
    let world = World::tools(steps);
    let file = world.path("ca.pem");
    std::fs::write(&file, "our-own\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    world.configure(&format!(
        "[network]\nhttps_proxy = \"http://127.0.0.1:9\"\nca = \"{}\"\n",
        file.display()
    ));
    let told = world.prints(["run", "told"]);
    assert!(told.starts_with("http://127.0.0.1:9 /run/pipe/ca-certificates.crt\n"), "{told}");
    assert!(told.contains("\nour-own\n"), "{told}");
    // The system's own stand there, too.
    let count: usize = told.lines().nth(1).unwrap().parse().unwrap();
    assert!(count > 1, "{told}");
    assert_eq!(world.prints(["run", "sealed"]), "none none\n");
    assert_eq!(world.prints(["run", "left"]), "gone\n");
    world.configure("");
    assert_eq!(world.events(["run", "told"]).success().steps("cached"), ["told"]);
    world.configure("[network]\nca = \"/no/such.pem\"\n");
    world.run(["run", "told"]).exits(2).says("network.ca").says("/no/such.pem");
}

#[test]
fn a_package_can_leave_the_network_to_those_that_ask() {
    let steps = "pub fn quiet() -> String { tools.run(sh\"ls /sys/class/net\").stdout }\n\
                 pub fn asking() -> String { tools.run(sh\"ls /sys/class/net\", network: Default).stdout }\n";
    let world = World::tools(steps);
    world.write("pipe.toml", "[package]\nname = \"test\"\n\n[permissions]\nnetwork = \"off\"\n");
    assert_eq!(world.prints(["run", "quiet"]), "lo\n");
    assert_eq!(world.prints(["run", "asking"]), "eth0\nlo\n");
}

#[test]
fn a_grant_that_leads_nowhere_is_a_mistake() {
    let world = World::tools("pub fn probe() -> Container { tools.run([\"true\"]) }\n");
    for wrong in ["net:10.0.0", "net:127.0.0.1", "net:a:b"] {
        world.run(["run", "--allow", wrong, "probe"]).exits(2).says("is not a grant");
    }
    world
        .run(["run", "--allow", "net:no-such-name.invalid:1", "probe"])
        .exits(2)
        .says("no-such-name.invalid");
}
