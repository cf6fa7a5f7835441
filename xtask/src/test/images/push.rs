//! A registry to push into, by the distribution protocol.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::layers::{Packed, digest};
use crate::run;

/// An image for one processor.
pub(super) struct Variant {
    /// The processor, as images name it.
    pub(super) architecture: &'static str,
    /// Lowest first.
    pub(super) layers: Vec<Packed>,
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A running `docker-registry` on a port of this machine; it ends when this is dropped, or the process.
pub(crate) struct Registry {
    child: Child,
    address: String,
    work: PathBuf,
}

impl Registry {
    /// Starts one over a storage folder.
    pub(crate) fn start(work: &Path, storage: &Path) -> Result<Registry, String> {
        let file = work.join("registry.yml");
        let settings = json!({
            "version": "0.1",
            "log": {"level": "info", "accesslog": {"disabled": true}},
            "storage": {"filesystem": {"rootdirectory": storage}},
            "http": {"addr": "127.0.0.1:0"},
        });
        // JSON is YAML, too.
        fs::write(&file, settings.to_string()).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "docker-registry", "serve"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("docker-registry: {error}"))?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("docker-registry has no output")?).lines();
        let mut registry = Registry { child, address: String::new(), work: work.to_path_buf() };
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some(found) = line.split("listening on ").nth(1) {
                registry.address = found.split('"').next().unwrap_or_default().to_owned();
                // Nobody else reads what it says; a full pipe would stop it.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(registry);
            }
        }
        Err("docker-registry does not start".to_owned())
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Pushes an image under `repository:tag`: with several variants, an index.
    pub(super) fn push(&self, name: &str, variants: &[Variant], config: &Value) -> Result<(), String> {
        let (repository, tag) = name.split_once(':').ok_or("an image's name has a tag")?;
        if let [only] = variants {
            return self.variant(repository, only, config, Some(tag)).map(drop);
        }
        let mut described = Vec::new();
        for variant in variants {
            let mut descriptor = self.variant(repository, variant, config, None)?;
            descriptor["platform"] = json!({"architecture": variant.architecture, "os": "linux"});
            described.push(descriptor);
        }
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": described});
        self.document(repository, &index, INDEX, Some(tag)).map(drop)
    }

    /// Pushes an image for one processor; gives its descriptor.
    fn variant(
        &self,
        repository: &str,
        variant: &Variant,
        config: &Value,
        tag: Option<&str>,
    ) -> Result<Value, String> {
        let layers = variant.layers.iter().map(|layer| self.blob(repository, &layer.file, LAYER));
        let layers = layers.collect::<Result<Vec<_>, String>>()?;
        let diff_ids: Vec<&String> = variant.layers.iter().map(|layer| &layer.diff_id).collect();
        let config = json!({
            "architecture": variant.architecture, "os": "linux", "config": config,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let config = self.blob(repository, &self.file(&config)?, CONFIG)?;
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        self.document(repository, &manifest, MANIFEST, tag)
    }

    /// Pushes a manifest or an index by its tag, or without one by its digest; gives its descriptor.
    fn document(
        &self,
        repository: &str,
        value: &Value,
        media: &str,
        tag: Option<&str>,
    ) -> Result<Value, String> {
        let file = self.file(value)?;
        let descriptor = descriptor(&file, media)?;
        let reference = tag.or(descriptor["digest"].as_str()).unwrap_or_default();
        put(&format!("http://{}/v2/{repository}/manifests/{reference}", self.address), &file, media)?;
        Ok(descriptor)
    }

    /// Pushes a blob; gives its descriptor.
    fn blob(&self, repository: &str, file: &Path, media: &str) -> Result<Value, String> {
        let descriptor = descriptor(file, media)?;
        let mut begin = curl();
        begin.args(["--request", "POST", "--write-out", "%header{location}", "--data", ""]);
        let url = format!("http://{}/v2/{repository}/blobs/uploads/", self.address);
        let place = String::from_utf8_lossy(&run::output(begin.arg(url))?.stdout).into_owned();
        let separator = if place.contains('?') { '&' } else { '?' };
        let digest = descriptor["digest"].as_str().unwrap_or_default();
        put(&format!("{place}{separator}digest={digest}"), file, "application/octet-stream")?;
        Ok(descriptor)
    }

    /// A document as a file.
    fn file(&self, value: &Value) -> Result<PathBuf, String> {
        let file = self.work.join("document.json");
        fs::write(&file, value.to_string()).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(file)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What manifests say of a file.
fn descriptor(file: &Path, media: &str) -> Result<Value, String> {
    let size = fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()))?.len();
    Ok(json!({"mediaType": media, "digest": digest(file)?, "size": size}))
}

fn curl() -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--output", "/dev/null"]);
    curl
}

fn put(url: &str, file: &Path, media: &str) -> Result<(), String> {
    let mut command = curl();
    command.arg("--header").arg(format!("Content-Type: {media}")).arg("--upload-file").arg(file);
    run::output(command.arg(url)).map(drop)
}

/// The architecture of this machine, as images name it.
pub(super) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
