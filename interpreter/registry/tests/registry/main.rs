//! Fetching images from registries that behave, fail and lie.
#![allow(clippy::unwrap_used)]

mod archived;
mod failing;
mod hostile;
mod login;
mod pull;
mod push;
mod server;

use std::time::Duration;

use pipe_registry::{Cancel, Fetched, Images, Reference, RegistryError, RegistrySettings, Settings};
use pipe_store::{Store, StoreOptions};
use server::{Layer, Server, gzip, machine};

/// A store, and a registry that is the mirror of Docker Hub.
struct Lab {
    store: Store,
    server: Server,
    folder: tempfile::TempDir,
}

impl Lab {
    fn new() -> Lab {
        let folder = tempfile::tempdir().unwrap();
        let options = StoreOptions { owner: None, boot_id: "one".to_owned() };
        let store = Store::open(&folder.path().join("store"), options).unwrap();
        Lab { store, server: Server::start(), folder }
    }

    /// Settings under which the registry stands for `registry.test`, and nothing waits long.
    fn settings(&self) -> Settings {
        let own = RegistrySettings { plain_http: Some(true), ..RegistrySettings::default() };
        let mut settings = Settings { pause: Duration::from_millis(1), ..Settings::default() };
        settings.longest_pause = Duration::from_secs(2);
        settings.docker_config = Some(self.folder.path().join("docker"));
        settings.registries.insert(self.server.address.clone(), own);
        settings
    }

    fn images(&self) -> Images {
        Images::new(self.store.clone(), self.settings())
    }

    /// Fetches a repository of the registry.
    fn fetch(&self, name: &str) -> Result<Fetched, RegistryError> {
        self.fetch_with(&self.images(), name)
    }

    fn fetch_with(&self, images: &Images, name: &str) -> Result<Fetched, RegistryError> {
        let reference = Reference::parse(&format!("{}/{name}", self.server.address)).unwrap();
        images.fetch(&reference, None, &format!("linux/{}", machine()), &Cancel::default())
    }

    /// What is wrong with what the store holds.
    fn assert_clean(&self) {
        assert_eq!(self.store.verify(false).unwrap().damage, []);
    }

    fn downloads(&self) -> usize {
        std::fs::read_dir(self.store.dir().join("downloads")).map_or(0, |entries| entries.count())
    }

    fn paths(&self, fetched: &Fetched) -> Vec<String> {
        let entries = self.store.list(&fetched.image.root).unwrap();
        entries.iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect()
    }
}

/// A layer with these files.
fn layer(files: &[(&str, &str)]) -> Layer {
    gzip(tar(files))
}

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_000_000_000);
        builder.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}
