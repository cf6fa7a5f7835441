//! Debian's `docker-registry` over the images that `cargo xtask test` made: a registry as people run it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{World, skip};

/// Who may pull from a registry that asks: `me`, with this password.
pub(crate) const PASSWORD: &str = "correct horse";
const HTPASSWD: &str = "me:$2b$04$K7Hq12bYRKZ1ojyU.BK8/OQItm3zs/0HAFDOK.seBWrznaslLqwrS\n";

/// A registry on this machine; it ends when this is dropped, or the process.
pub(crate) struct Registry {
    folder: TempDir,
    /// Host and port.
    pub(crate) address: String,
    running: Option<Child>,
    /// What was asked for, and how it was answered: a line each.
    log: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    /// One that gives its images to everybody; `None`, which is said, where there are no images.
    pub(crate) fn start(test: &str) -> Option<Registry> {
        Registry::with(test, false)
    }

    /// One that asks for a password.
    pub(crate) fn asking(test: &str) -> Option<Registry> {
        Registry::with(test, true)
    }

    fn with(test: &str, asks: bool) -> Option<Registry> {
        let Some(storage) = std::env::var_os("PIPE_TEST_IMAGES").filter(|storage| !storage.is_empty()) else {
            skip(test, "there are no images (`cargo xtask images` makes them)");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("pipe-registry-").tempdir().unwrap();
        Some(Registry::over(folder, storage.as_ref(), true, asks, None))
    }

    /// An empty one that takes what is pushed to it.
    pub(crate) fn empty() -> Registry {
        let folder = tempfile::Builder::new().prefix("pipe-registry-").tempdir().unwrap();
        let storage = folder.path().join("storage");
        Registry::over(folder, &storage, false, false, None)
    }

    /// An empty one that speaks TLS, with a certificate and its key. [`Registry::asked`] does not.
    pub(crate) fn with_certificate(files: &[PathBuf; 2]) -> Registry {
        let folder = tempfile::Builder::new().prefix("pipe-registry-").tempdir().unwrap();
        let storage = folder.path().join("storage");
        Registry::over(folder, &storage, false, false, Some(files))
    }

    /// An empty one that asks for a password.
    pub(crate) fn empty_asking() -> Registry {
        let folder = tempfile::Builder::new().prefix("pipe-registry-").tempdir().unwrap();
        let storage = folder.path().join("storage");
        Registry::over(folder, &storage, false, true, None)
    }

    fn over(
        folder: TempDir,
        storage: &Path,
        readonly: bool,
        asks: bool,
        certificate: Option<&[PathBuf; 2]>,
    ) -> Registry {
        let mut settings = json!({
            "version": "0.1",
            "log": {"level": "info", "accesslog": {"disabled": false}},
            "storage": {
                "filesystem": {"rootdirectory": storage},
                "maintenance": {"readonly": {"enabled": readonly}, "uploadpurging": {"enabled": false}},
            },
        });
        if asks {
            let users = folder.path().join("htpasswd");
            std::fs::write(&users, HTPASSWD).unwrap();
            settings["auth"] = json!({"htpasswd": {"realm": "test", "path": users}});
        }
        if let Some([certificate, key]) = certificate {
            settings["http"] = json!({"tls": {"certificate": certificate, "key": key}});
        }
        // JSON is YAML, too.
        std::fs::write(folder.path().join("settings.yml"), settings.to_string()).unwrap();
        let address = "127.0.0.1:0".to_owned();
        let mut registry = Registry { folder, address, running: None, log: Arc::default() };
        registry.run();
        registry
    }

    /// Requests of these methods that were answered since the last call, as `METHOD path status`.
    pub(crate) fn asked(&self, methods: &[&str]) -> Vec<String> {
        // What was asked before is in the log when this is.
        let asked = self.folder.path().join("asked");
        let count = std::fs::read(&asked).map_or(0, |bytes| bytes.len()) + 1;
        std::fs::write(&asked, vec![b'.'; count]).unwrap();
        let mark = format!("/v2/?asked={count} ");
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        stream.write_all(format!("GET {mark}HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        while !self.log.lock().unwrap().iter().any(|line| line.contains(&mark)) {
            std::thread::yield_now();
        }
        let lines = std::mem::take(&mut *self.log.lock().unwrap());
        // `address - - [time] "METHOD path HTTP/1.1" status bytes "" "agent"`
        let request = |line: &String| {
            let (_, rest) = line.split_once("] \"")?;
            let (request, rest) = rest.split_once("\" ")?;
            let (method, path) = request.split_once(' ')?;
            let path = path.split(' ').next()?.split("_state=").next()?;
            let status = rest.split(' ').next()?;
            methods.contains(&method).then(|| format!("{method} {path} {status}"))
        };
        lines.iter().filter_map(request).collect()
    }

    /// Runs it; again, where it was before.
    pub(crate) fn run(&mut self) {
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(self.folder.path().join("settings.yml"))
            .env("REGISTRY_HTTP_ADDR", &self.address)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("listening on "));
        let line = line.expect("docker-registry starts");
        self.address =
            line.split("listening on ").nth(1).unwrap().split(['"', ',']).next().unwrap().to_owned();
        // A full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        // The log of requests.
        let (requests, log) = (BufReader::new(child.stdout.take().unwrap()), self.log.clone());
        std::thread::spawn(move || {
            requests.lines().map_while(Result::ok).for_each(|line| log.lock().unwrap().push(line));
        });
        self.running = Some(child);
    }

    /// Takes it down.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A copy of an example, whose images this registry has.
    pub(crate) fn example(&self, name: &str) -> World {
        let world = World::example(name);
        world.mirror(&self.url());
        world
    }

    /// A package of one module, whose images this registry has.
    pub(crate) fn module(&self, text: &str) -> World {
        let world = World::module(text);
        world.mirror(&self.url());
        world
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}
