//! Putting an image into the container engine of this machine: Docker's, or Podman's, which speaks as Docker does (Docker Engine API,
//! `POST /images/load`).

mod unix;

use std::fs::File;
use std::io::Seek;
use std::path::Path;

use pipe_ops::BlobDigest;
use serde::Deserialize;
use ureq::http::Request;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, SendBody};

use crate::{Cancel, ErrorKind, Images, Reference, RegistryError};
use unix::UnixConnector;

/// Bytes of an answer that are read.
const ANSWER_LIMIT: u64 = 4 << 20;

/// How an engine is reached, and where.
struct Place {
    agent: Agent,
    url: String,
}

/// A line of the answer.
#[derive(Deserialize)]
struct Line {
    error: Option<String>,
    message: Option<String>,
}

impl Images {
    /// Has the container engine of this machine take an image under a name. `time` is that of everything in the archive that it is
    /// given.
    ///
    /// # Errors
    /// When no engine can be reached, or it does not take the image, or a part of the image cannot be had.
    pub fn load(
        &self,
        image: BlobDigest,
        name: &Reference,
        time: i64,
        cancel: &Cancel,
    ) -> Result<(), RegistryError> {
        let engine = self.engine()?;
        let saved = self.saved(image, Some(name), cancel)?;
        let mut archive = self.store.unnamed_file()?;
        self.write_saved(&saved, time, &mut archive)?;
        let kept = |error| RegistryError::from(self.store.not_written(error));
        let size = archive.stream_position().map_err(kept)?;
        archive.rewind().map_err(kept)?;
        match take(&engine, archive, size) {
            Ok(()) => Ok(()),
            Err(said) => {
                let message = format!("cannot load {name}: {said}");
                Err(RegistryError::new(ErrorKind::Unreachable, message))
            }
        }
    }

    /// The first engine of the settings that is there.
    fn engine(&self) -> Result<Place, RegistryError> {
        let engines = &self.client.settings.container_engines;
        let named = engines.len() == 1;
        let help = "start Docker, or Podman's service (`systemctl --user start podman.socket`), or say where it is: \
                    `DOCKER_HOST=unix:///path/to/socket`";
        for engine in engines {
            match engine.split_once("://") {
                Some(("unix", path)) if named || Path::new(path).exists() => {
                    let config = Agent::config_builder().http_status_as_error(false).build();
                    let connector = UnixConnector::new(path);
                    let agent = Agent::with_parts(config, connector, DefaultResolver::default());
                    return Ok(Place { agent, url: "http://127.0.0.1".to_owned() });
                }
                Some(("tcp" | "http", address)) => {
                    let config = Agent::config_builder().http_status_as_error(false).build();
                    let agent =
                        Agent::with_parts(config, DefaultConnector::new(), DefaultResolver::default());
                    return Ok(Place { agent, url: format!("http://{}", address.trim_end_matches('/')) });
                }
                Some(("unix", _)) => {}
                _ => {
                    let message =
                        format!("`{engine}` is no place of a container engine that images can be put into");
                    return Err(RegistryError::new(ErrorKind::Unreachable, message)
                        .help("name it as `unix:///path/to/socket` or `tcp://host:port` in DOCKER_HOST"));
                }
            }
        }
        let message = format!("there is no container engine: none of {} is there", engines.join(", "));
        Err(RegistryError::new(ErrorKind::Unreachable, message).help(help))
    }
}

/// Sends the archive; what the engine says when it does not take it.
fn take(engine: &Place, mut archive: File, size: u64) -> Result<(), String> {
    let request = Request::post(format!("{}/images/load?quiet=1", engine.url))
        .header("Content-Type", "application/x-tar")
        .header("Content-Length", size)
        .body(SendBody::from_reader(&mut archive))
        .map_err(|error| error.to_string())?;
    let mut response = engine.agent.run(request).map_err(|error| match error {
        ureq::Error::Io(error) => format!("the container engine: {error}"),
        other => format!("the container engine: {other}"),
    })?;
    let body = response.body_mut().with_config().limit(ANSWER_LIMIT).read_to_string();
    let body = body.map_err(|error| format!("its answer broke off: {error}"))?;
    let lines = || body.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    // A failure stands in the answer also where its status says that all is well.
    if let Some(error) = lines().find_map(|line| line.error) {
        return Err(format!("the container engine says: {error}"));
    }
    if response.status().is_success() {
        return Ok(());
    }
    let said = lines().find_map(|line| line.message);
    Err(format!(
        "the container engine answered {}{}",
        response.status(),
        said.map(|said| format!(": {said}")).unwrap_or_default()
    ))
}
