//! Debian's `docker-registry` over the images that `cargo xtask test` made: a registry as people run it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

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
        let mut settings = json!({
            "version": "0.1",
            "log": {"level": "info", "accesslog": {"disabled": true}},
            "storage": {
                "filesystem": {"rootdirectory": storage.to_str().unwrap()},
                "maintenance": {"readonly": {"enabled": true}, "uploadpurging": {"enabled": false}},
            },
        });
        if asks {
            let users = folder.path().join("htpasswd");
            std::fs::write(&users, HTPASSWD).unwrap();
            settings["auth"] = json!({"htpasswd": {"realm": "test", "path": users}});
        }
        // JSON is YAML, too.
        std::fs::write(folder.path().join("settings.yml"), settings.to_string()).unwrap();
        let mut registry = Registry { folder, address: "127.0.0.1:0".to_owned(), running: None };
        registry.run();
        Some(registry)
    }

    /// Runs it; again, where it was before.
    pub(crate) fn run(&mut self) {
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(self.folder.path().join("settings.yml"))
            .env("REGISTRY_HTTP_ADDR", &self.address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("listening on "));
        let line = line.expect("docker-registry starts");
        self.address = line.split("listening on ").nth(1).unwrap().split('"').next().unwrap().to_owned();
        // A full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
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
