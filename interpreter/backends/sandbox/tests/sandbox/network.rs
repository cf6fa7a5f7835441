//! The way out of a step, and what it does not lead to. Every test lives in a network of its own, made by starting the test again
//! in new namespaces: there public addresses, and private ones, are this machine's.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::process::Command;
use std::sync::Arc;

use pipe_engine::{Egress, Reach, StepNetwork};

use crate::lab::{Lab, Ran};

/// Whose network this test process is in.
const INSIDE: &str = "PIPE_TEST_INSIDE";

/// A public address, a private one, that of cloud machines' metadata, all this machine's.
const PUBLIC: &str = "203.0.113.7";
const PRIVATE: &str = "10.9.8.7";
const METADATA: &str = "169.254.169.254";
const PUBLIC_V6: &str = "2001:db8::7";

/// Runs this test in a network of its own. Whether this is the process that is in there.
fn inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let addresses: String =
        [PUBLIC, PRIVATE, METADATA].map(|address| format!("ip address add {address}/32 dev lo && ")).concat();
    let script = format!(
        "ip link set lo up && {addresses} ip -6 address add {PUBLIC_V6}/128 dev lo && \
         printf 'nameserver 127.0.0.1\\noptions timeout:1\\n' > /tmp/resolv.$$ && \
         mount --bind /tmp/resolv.$$ /etc/resolv.conf && rm /tmp/resolv.$$ && exec \"$0\" --exact network::{test} --nocapture"
    );
    let unshare: &[&str] = if rustix::process::geteuid().is_root() { &["-n", "-m"] } else { &["-rnm"] };
    let program = std::env::current_exe().unwrap();
    let output = Command::new("unshare")
        .args(unshare)
        .args(["sh", "-c", &script])
        .arg(program)
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    print!("{text}");
    assert!(output.status.success(), "{text}");
    false
}

/// Answers every connection at an address with one line.
fn serve(address: &str, port: u16, line: &'static str) {
    let address: IpAddr = address.parse().unwrap();
    let listener = TcpListener::bind((address, port)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut asked = [0; 1024];
                let _ = stream.read(&mut asked);
                let _ =
                    write!(stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{line}\n", line.len() + 1);
            });
        }
    });
}

/// A resolver that knows two names, at the host's own loopback.
fn resolve() {
    let socket = UdpSocket::bind(("127.0.0.1", 53)).unwrap();
    std::thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((len, from)) = socket.recv_from(&mut question) {
            let question = &question[..len];
            let is = |name: &[u8]| question[12..].windows(name.len()).any(|part| part == name);
            let address = if is(b"\x06public") { PUBLIC } else { PRIVATE };
            let octets = address.parse::<std::net::Ipv4Addr>().unwrap().octets();
            // Type A is 1: the last but three of the question's bytes.
            let end = 12 + question[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
            let wants_v4 = question[end - 3] == 1;
            let mut answer = question[..end].to_vec();
            answer[2..4].copy_from_slice(&[0x81, 0x80]);
            answer[6..12].copy_from_slice(&[0, u8::from(wants_v4), 0, 0, 0, 0]);
            if wants_v4 {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4]);
                answer.extend(octets);
            }
            socket.send_to(&answer, from).unwrap();
        }
    });
}

fn outbound(allowed: &[(&str, u8, Option<u16>)]) -> StepNetwork {
    let allowed = allowed.iter().map(|(network, prefix, port)| Reach {
        network: network.parse().unwrap(),
        prefix: *prefix,
        port: *port,
    });
    StepNetwork::Outbound(Arc::new(Egress { allowed: allowed.collect(), names: Vec::new() }))
}

/// Fetches addresses in one step: what came, or why nothing did, a line each.
async fn fetch(lab: &Lab, network: StepNetwork, addresses: &[&str]) -> (Vec<String>, Ran) {
    let script = r#"
import sys, urllib.request
for url in sys.argv[1:]:
    try:
        print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open("http://" + url, timeout=5).read().decode().strip())
    except Exception as error:
        print("no:", error)
"#;
    let mut argv = vec!["/usr/bin/python3", "-c", script];
    argv.extend(addresses);
    let mut spec = lab.command(&argv);
    spec.network = network;
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.outcome.offline, None);
    assert_eq!(ran.code(), 0, "{}{}", ran.stdout, ran.stderr);
    (ran.stdout.lines().map(str::to_owned).collect(), ran)
}

#[tokio::test]
async fn public_addresses_are_reached_and_others_are_not() {
    if !inside("public_addresses_are_reached_and_others_are_not") {
        return;
    }
    for address in [PUBLIC, PRIVATE, METADATA, PUBLIC_V6] {
        serve(address, 80, "public or not");
    }
    serve("127.0.0.1", 8080, "loopback");
    resolve();
    let lab = Lab::new();
    let urls = [
        PUBLIC,
        "[2001:db8::7]",
        "public.example",
        PRIVATE,
        METADATA,
        "private.example",
        "192.0.0.1",
        "[::ffff:10.9.8.7]",
        "127.0.0.1:8080",
        "0.0.0.0:8080",
        "203.0.113.7:81",
    ];
    let (lines, ran) = fetch(&lab, outbound(&[]), &urls).await;
    assert_eq!(lines[..3], ["public or not"; 3], "{lines:#?}");
    assert!(lines[3..].iter().all(|line| line.starts_with("no:")), "{lines:#?}");
    assert!(lines[10].contains("refused"), "{lines:#?}");
    let refused: Vec<String> = ran.outcome.refused.iter().map(ToString::to_string).collect();
    assert_eq!(refused, ["10.9.8.7:80", "169.254.169.254:80", "192.0.0.1:80"]);
}

#[tokio::test]
async fn what_is_granted_is_reached() {
    if !inside("what_is_granted_is_reached") {
        return;
    }
    serve(PRIVATE, 80, "private");
    serve(METADATA, 80, "metadata");
    serve("127.0.0.1", 8080, "loopback");
    resolve();
    let lab = Lab::new();
    let urls = [PRIVATE, METADATA, "private.example", "127.0.0.1:8080"];
    let granted = outbound(&[("10.0.0.0", 8, None), ("127.0.0.1", 32, Some(8080))]);
    let (lines, _) = fetch(&lab, granted, &urls).await;
    assert_eq!([&lines[0], &lines[2], &lines[3]], ["private", "private", "loopback"], "{lines:#?}");
    assert!(lines[1].starts_with("no:"), "{lines:#?}");
    let (lines, _) = fetch(&lab, outbound(&[(METADATA, 32, Some(80))]), &urls).await;
    assert_eq!(lines[1], "metadata");
    assert!([0, 2, 3].iter().all(|at| lines[*at].starts_with("no:")), "{lines:#?}");
}

#[tokio::test]
async fn a_network_that_a_step_did_not_use_goes_to_the_next_and_no_other() {
    let lab = Lab::new();
    let run = async |script: &str, network: StepNetwork| {
        let mut spec = lab.script(script);
        spec.network = network;
        let ran = lab.run(spec).await.unwrap();
        assert_eq!(ran.code(), 0, "{}", ran.stderr);
        ran.stdout.trim().to_owned()
    };
    for (read, network) in
        [("cat /sys/class/net/eth0/iflink", outbound(&[])), ("readlink /proc/self/ns/net", StepNetwork::Off)]
    {
        let used = "cat /sys/class/net/lo/statistics/rx_packets; \
            python3 -c 'import socket; s = socket.socket(); s.connect_ex((\"127.0.0.1\", 1))'";
        let mut fresh = std::collections::BTreeSet::new();
        for _ in 0..12 {
            fresh.insert(run(read, network.clone()).await);
        }
        for _ in 0..4 {
            assert_eq!(run(used, network.clone()).await, "0");
        }
        assert!(fresh.len() < 8, "{fresh:?}");
    }
}

#[tokio::test]
async fn steps_do_not_reach_each_other() {
    let lab = Lab::new();
    let mut server = lab.script("exec python3 -m http.server 8123 --bind 0.0.0.0");
    server.network = outbound(&[("192.0.0.0", 24, None)]);
    let stop = tokio_util::sync::CancellationToken::new();
    let script = "for i in 1 2 3 4 5; do for a in 127.0.0.1 192.0.0.2; do \
        if python3 -c 'import socket,sys; socket.create_connection((sys.argv[1], 8123), 1)' $a 2>/dev/null; then echo $a; fi; done; done";
    let mut client = lab.script(script);
    client.network = outbound(&[("192.0.0.0", 24, None)]);
    let ran = async {
        let ran = lab.run(client).await.unwrap();
        stop.cancel();
        ran
    };
    let (ran, _) = tokio::join!(ran, lab.run_until(server, &stop));
    assert_eq!(ran.stdout, "");
}
