//! A registry to push into, by the distribution protocol.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::layers::{Packed, digest};
use crate::run;

/// A running `docker-registry` on a port of this machine; it ends when this is dropped, or the process.
pub(super) struct Registry {
    child: Child,
    address: String,
    work: PathBuf,
}

impl Registry {
    /// Starts one over a storage folder.
    pub(super) fn start(work: &Path, storage: &Path) -> Result<Registry, String> {
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

    /// Pushes an image under `repository:tag`.
    pub(super) fn push(&self, name: &str, layers: &[Packed], config: &Value) -> Result<(), String> {
        let (repository, tag) = name.split_once(':').ok_or("an image's name has a tag")?;
        let mut described = Vec::new();
        for layer in layers {
            described.push(self.blob(
                repository,
                &layer.file,
                "application/vnd.oci.image.layer.v1.tar+gzip",
            )?);
        }
        let diff_ids: Vec<&String> = layers.iter().map(|layer| &layer.diff_id).collect();
        let config = json!({
            "architecture": architecture(), "os": "linux", "config": config,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let config = self.blob(
            repository,
            &self.document("config.json", &config)?,
            "application/vnd.oci.image.config.v1+json",
        )?;
        let media = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({"schemaVersion": 2, "mediaType": media, "config": config, "layers": described});
        let manifest = self.document("manifest.json", &manifest)?;
        let url = format!("http://{}/v2/{repository}/manifests/{tag}", self.address);
        put(&url, &manifest, media)
    }

    /// Pushes a blob; gives its descriptor.
    fn blob(&self, repository: &str, file: &Path, media: &str) -> Result<Value, String> {
        let digest = digest(file)?;
        let size = fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()))?.len();
        let mut begin = curl();
        begin.args(["--request", "POST", "--write-out", "%header{location}", "--data", ""]);
        let url = format!("http://{}/v2/{repository}/blobs/uploads/", self.address);
        let place = String::from_utf8_lossy(&run::output(begin.arg(url))?.stdout).into_owned();
        let separator = if place.contains('?') { '&' } else { '?' };
        put(&format!("{place}{separator}digest={digest}"), file, "application/octet-stream")?;
        Ok(json!({"mediaType": media, "digest": digest, "size": size}))
    }

    fn document(&self, name: &str, value: &Value) -> Result<PathBuf, String> {
        let file = self.work.join(name);
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
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
