//! Servers that are trusted because the user's configuration names the authority that stands for them: files, repositories, registries.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustix::event::{PollFd, PollFlags, poll};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use crate::checkout;
use crate::harness::{World, finish};
use crate::registry::Registry;
use crate::server::{Answer, Server, digest};
use crate::{git_server, packages};

/// Names that stand behind a proxy.
const NAMES: [&str; 4] = ["127.0.0.1", "localhost", "files.example", "git.example"];

/// An authority of the test's own, and what servers show that it stands for.
struct Authority {
    file: PathBuf,
    /// A certificate and its key.
    server: [PathBuf; 2],
    config: Arc<ServerConfig>,
}

impl Authority {
    fn new(world: &World) -> Authority {
        let at = |name: &str| world.path(name).display().to_string();
        let (file, key) = (at("authority.pem"), at("authority.key"));
        let names = NAMES.map(|name| match name.parse::<IpAddr>() {
            Ok(address) => format!("IP:{address}"),
            Err(_) => format!("DNS:{name}"),
        });
        certify(
            world,
            &["-subj", "/CN=authority", "-keyout", &key, "-out", &file],
            "basicConstraints=critical,CA:TRUE",
        );
        let (server, own) = (at("server.pem"), at("server.key"));
        let by = ["-subj", "/CN=server", "-CA", &file, "-CAkey", &key, "-keyout", &own, "-out", &server];
        certify(world, &by, &format!("subjectAltName={}", names.join(",")));
        let chain = vec![CertificateDer::from_pem_file(&server).unwrap()];
        let key = PrivateKeyDer::from_pem_file(&own).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        Authority { file: file.into(), server: [server.into(), own.into()], config: Arc::new(config) }
    }

    /// The line of the configuration that names it.
    fn setting(&self) -> String {
        format!("ca = \"{}\"\n", self.file.display())
    }

    /// A server with a certificate of this authority, before one that speaks plainly; its port. It ends with the process.
    fn before(&self, plain: &str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (plain, config) = (plain.to_owned(), self.config.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (plain, config) = (plain.clone(), config.clone());
                // A client that goes away, or trusts nobody, is no failure of the server's.
                std::thread::spawn(move || drop(pass_on(client.unwrap(), &plain, config)));
            }
        });
        port
    }
}

/// Makes a key and a certificate for it.
fn certify(world: &World, args: &[&str], extension: &str) {
    let config = world.path("openssl.cnf");
    // Without what a system's own configuration adds.
    std::fs::write(&config, "[req]\ndistinguished_name = name\n[name]\n").unwrap();
    let mut openssl = world.command("openssl");
    openssl.args(["req", "-config"]).arg(&config).args([
        "-x509",
        "-nodes",
        "-days",
        "2",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]);
    finish(openssl.args(args).args(["-addext", extension])).success();
}

/// Passes on what comes in both directions, from the end of the handshake until the server behind is done.
fn pass_on(mut client: TcpStream, plain: &str, config: Arc<ServerConfig>) -> std::io::Result<()> {
    let mut tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut client)?;
    }
    let mut server = TcpStream::connect(plain)?;
    let (mut buffer, mut is_open) = (vec![0; 16 << 10], true);
    loop {
        let state = tls.process_new_packets().map_err(std::io::Error::other)?;
        let mut asked = vec![0; state.plaintext_bytes_to_read()];
        tls.reader().read_exact(&mut asked)?;
        server.write_all(&asked)?;
        while tls.wants_write() {
            tls.write_tls(&mut client)?;
        }
        let mut ready = vec![PollFd::new(&server, PollFlags::IN)];
        ready.extend(is_open.then(|| PollFd::new(&client, PollFlags::IN)));
        poll(&mut ready, None)?;
        let is_ready = |fd: Option<&PollFd<'_>>| fd.is_some_and(|fd| !fd.revents().is_empty());
        let (from_server, from_client) = (is_ready(ready.first()), is_ready(ready.get(1)));
        if from_client && tls.read_tls(&mut client)? == 0 {
            is_open = false;
            server.shutdown(Shutdown::Write)?;
        }
        if from_server {
            let count = server.read(&mut buffer)?;
            tls.writer().write_all(&buffer[..count])?;
            if count == 0 {
                tls.send_close_notify();
                return tls.complete_io(&mut client).map(drop);
            }
        }
    }
}

/// Leads whoever asks for a name to a port of this machine; what was asked for.
fn proxy(places: Vec<(&'static str, u16)>) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = asked.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, places, log) = (client.unwrap(), places.clone(), log.clone());
            std::thread::spawn(move || drop(connect(client, &places, &log)));
        }
    });
    (port, asked)
}

fn connect(mut client: TcpStream, places: &[(&str, u16)], log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut input = BufReader::new(client.try_clone()?);
    let (mut first, mut line) = (String::new(), String::new());
    input.read_line(&mut first)?;
    while input.read_line(&mut line)? > 2 {
        line.clear();
    }
    log.lock().unwrap().push(first.trim().to_owned());
    let place = first.split(' ').nth(1).unwrap_or_default();
    let Some((_, port)) = places.iter().find(|(name, _)| *name == place) else {
        return write!(client, "HTTP/1.1 502 Nowhere\r\nContent-Length: 0\r\n\r\n");
    };
    let mut server = TcpStream::connect(("127.0.0.1", *port))?;
    write!(client, "HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut to_client);
        to_client.shutdown(Shutdown::Write)
    });
    std::io::copy(&mut input, &mut server)?;
    server.shutdown(Shutdown::Write)
}

const CONTENT: &[u8] = b"over https\n";

fn files() -> Server {
    let server = Server::start();
    server.script(|asked, _| {
        Some(if asked.path == "/file" { Answer::ok(CONTENT) } else { Answer::status(404) })
    });
    server
}

#[test]
fn files_and_repositories_come_over_https() {
    let (world, _) = checkout::world("https://git.example/app");
    let authority = Authority::new(&world);
    let files = authority.before(&files().address);
    let repositories =
        authority.before(&format!("127.0.0.1:{}", git_server::serve(packages::repositories(&world))));
    let module = world.read("main.pipe").replace("git.example", &format!("127.0.0.1:{repositories}"));
    let file = format!("\npub fn file() -> String {{ http(\"https://127.0.0.1:{files}/file\").contents }}\n");
    world.write("main.pipe", &(module + &file));
    let allow = format!("--allow=net:127.0.0.1:{files},net:127.0.0.1:{repositories}");
    // Nobody knows who they are.
    world.run(["run", &allow, "file"]).exits(3).says("invalid peer certificate");
    world.run(["run", &allow, "text"]).exits(3).says("certificate");
    world.configure(&format!("[network]\n{}", authority.setting()));
    assert_eq!(world.prints(["run", &allow, "file"]).as_bytes(), CONTENT);
    // Its submodule is beside it.
    assert_eq!(world.prints(["run", &allow, "names", "--json"]).trim(), checkout::NAMES);
    let lock = world.read("pipe.lock");
    assert!(lock.contains(&format!("http https://127.0.0.1:{files}/file {}", digest(CONTENT))), "{lock}");
    assert!(lock.contains(&format!("git https://127.0.0.1:{repositories}/app#main ")), "{lock}");
}

/// What stands behind a proxy of the configuration needs no grant: the user named the proxy.
#[test]
fn the_proxy_of_the_configuration_is_asked_for_both() {
    let (world, _) = checkout::world("https://git.example/app");
    let authority = Authority::new(&world);
    let files = authority.before(&files().address);
    let repositories =
        authority.before(&format!("127.0.0.1:{}", git_server::serve(packages::repositories(&world))));
    let (proxy, asked) = proxy(vec![("files.example:443", files), ("git.example:443", repositories)]);
    let file = "\npub fn file() -> String { http(\"https://files.example/file\").contents }\n";
    world.write("main.pipe", &(world.read("main.pipe") + file));
    let network = format!("[network]\nhttps_proxy = \"http://127.0.0.1:{proxy}\"\n{}", authority.setting());
    world.configure(&network);
    assert_eq!(world.prints(["run", "file"]).as_bytes(), CONTENT);
    assert_eq!(world.prints(["run", "names", "--json"]).trim(), checkout::NAMES);
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    for name in ["files.example", "git.example"] {
        let line = format!("CONNECT {name}:443 HTTP/1.1");
        assert!(asked.contains(&line), "{asked:?}");
    }
}

#[test]
fn a_registry_is_pushed_to_and_pulled_from() {
    let world = World::module(
        "pub action publish(ref: ImageRef) -> ImageRef { do scratch().write(\"/said\", \"over https\").push(ref) }\n\
         pub fn back(ref: ImageRef) -> String { image(ref).file(\"/said\").contents }\n",
    );
    let authority = Authority::new(&world);
    let registry = Registry::with_certificate(&authority.server);
    let address = &registry.address;
    // What is on this machine speaks plainly, unless the user says otherwise.
    let tls = format!("[registry.\"{address}\"]\nplain_http = false\n");
    let reference = format!("{address}/team/app:1");
    world.configure(&tls);
    world.run(["run", "publish", "--ref", &reference]).exits(3).says("invalid peer certificate");
    world.configure(&format!("{tls}[network]\n{}", authority.setting()));
    world.run(["run", "publish", "--ref", &reference]).success();
    let other = World::module(&world.read("main.pipe"));
    other.configure(&format!("{tls}[network]\n{}", authority.setting()));
    assert_eq!(other.prints(["run", "back", "--ref", &reference]), "over https");
}
