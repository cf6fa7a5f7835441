//! A registry for tests, which can be told to misbehave. Also used by the end-to-end tests of the command.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    /// What was sent; less than was announced when the connection broke.
    pub(crate) body: Vec<u8>,
    /// How many requests came before it.
    pub(crate) number: usize,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Says that the body is as long as it is, and stops after so many bytes.
    pub(crate) cut: Option<usize>,
    /// Keeps the connection open then, and says nothing more.
    pub(crate) hangs: bool,
    /// So many bytes of what was sent to an upload arrived.
    pub(crate) arrived: usize,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Vec::new(), cut: None, hangs: false, arrived: 0 }
    }

    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Answer {
        Answer { body: body.into(), ..Answer::status(200) }
    }

    /// Not a byte.
    pub(crate) fn silence() -> Answer {
        Answer { hangs: true, ..Answer::status(0) }
    }

    /// The connection breaks when so many bytes have arrived.
    pub(crate) fn breaks_after(arrived: usize) -> Answer {
        Answer { arrived, ..Answer::status(0) }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

type Script = Box<dyn FnMut(&Asked, Option<Answer>) -> Option<Answer> + Send>;

#[derive(Default)]
struct State {
    content: BTreeMap<String, (String, Vec<u8>)>,
    /// Uploads that are under way.
    uploads: BTreeMap<String, Vec<u8>>,
    script: Option<Script>,
    asked: Vec<Asked>,
    /// Paths that are only answered when all of them were asked for.
    together: Vec<String>,
}

/// The registry; it ends with the process.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Server { address, state: Arc::default() };
        let state = server.state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let state = state.clone();
                std::thread::spawn(move || drop(serve(&stream.unwrap(), &state)));
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Is asked about every answer before it is sent; `None` leaves it as it is.
    pub(crate) fn script(
        &self,
        script: impl FnMut(&Asked, Option<Answer>) -> Option<Answer> + Send + 'static,
    ) {
        self.state.lock().unwrap().script = Some(Box::new(script));
    }

    /// Answers these paths only when all of them were asked for.
    pub(crate) fn wait_for_all(&self, paths: Vec<String>) {
        self.state.lock().unwrap().together = paths;
    }

    pub(crate) fn behave(&self) {
        self.state.lock().unwrap().script = None;
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    /// Serves a blob; gives its digest.
    pub(crate) fn blob(&self, repository: &str, bytes: &[u8]) -> String {
        let digest = digest(bytes);
        self.put(format!("/v2/{repository}/blobs/{digest}"), "application/octet-stream", bytes);
        digest
    }

    /// Serves a manifest under its digest and a tag; gives the digest.
    pub(crate) fn manifest(&self, repository: &str, tag: &str, manifest: &Value) -> String {
        let bytes = serde_json::to_vec(manifest).unwrap();
        let media = manifest["mediaType"].as_str().unwrap().to_owned();
        let digest = digest(&bytes);
        for name in [tag, &digest] {
            self.put(format!("/v2/{repository}/manifests/{name}"), &media, &bytes);
        }
        digest
    }

    /// Serves an image of layers, each compressed and not; gives its manifest.
    pub(crate) fn image(&self, repository: &str, tag: &str, config: Value, layers: &[Layer]) -> String {
        let mut config = config;
        config["rootfs"] = json!({
            "type": "layers",
            "diff_ids": layers.iter().map(|layer| digest(&layer.plain)).collect::<Vec<_>>(),
        });
        for (field, value) in [("os", "linux"), ("architecture", machine())] {
            if config.get(field).is_none() {
                config[field] = json!(value);
            }
        }
        let config = serde_json::to_vec(&config).unwrap();
        let described: Vec<Value> = layers
            .iter()
            .map(|layer| {
                let digest = self.blob(repository, &layer.packed);
                json!({
                    "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                    "digest": digest, "size": layer.packed.len(),
                })
            })
            .collect();
        let config_digest = self.blob(repository, &config);
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": config_digest, "size": config.len(),
            },
            "layers": described,
        });
        self.manifest(repository, tag, &manifest)
    }

    /// What is served at a path.
    pub(crate) fn held(&self, path: &str) -> Option<Vec<u8>> {
        self.state.lock().unwrap().content.get(path).map(|(_, bytes)| bytes.clone())
    }

    fn put(&self, path: String, media: &str, bytes: &[u8]) {
        self.state.lock().unwrap().content.insert(path, (media.to_owned(), bytes.to_vec()));
    }
}

/// A layer, as a tar archive and as it is sent.
#[derive(Clone)]
pub(crate) struct Layer {
    pub(crate) plain: Vec<u8>,
    pub(crate) packed: Vec<u8>,
}

pub(crate) fn gzip(plain: Vec<u8>) -> Layer {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&plain).unwrap();
    Layer { packed: encoder.finish().unwrap(), plain }
}

/// The architecture of this machine, as images name it.
pub(crate) fn machine() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn serve(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let method = line.split(' ').next().unwrap_or_default().to_owned();
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let mut body = Vec::new();
        if let Some(length) = headers.get("content-length").and_then(|length| length.parse().ok()) {
            (&mut reader).take(length).read_to_end(&mut body)?;
            headers.insert("(body)".to_owned(), String::from_utf8_lossy(&body).into_owned());
        }
        let mut held = state.lock().unwrap();
        let asked = Asked { method, path, headers, body, number: held.asked.len() };
        held.asked.push(asked.clone());
        let given = usual(&held, &asked);
        // What the script answers by itself does not happen.
        let scripted = match &mut held.script {
            Some(script) => script(&asked, Some(given.clone())),
            None => None,
        };
        if let Some(Answer { arrived, .. }) = &scripted
            && *arrived > 0
        {
            held.uploads.entry(asked.path.clone()).or_default().extend(&asked.body[..*arrived]);
        }
        let usual = if scripted.is_none() { written(&mut held, &asked).unwrap_or(given) } else { given };
        drop(held);
        let answer = scripted.unwrap_or(usual);
        wait_for_others(state, &asked.path);
        if answer.status != 0 {
            send(stream, &answer, asked.method == "HEAD")?;
        }
        if answer.hangs {
            // Until the other side has had enough.
            return std::io::copy(&mut reader, &mut std::io::sink()).map(drop);
        }
        if answer.status == 0 || answer.cut.is_some() {
            return Ok(());
        }
    }
}

fn wait_for_others(state: &Mutex<State>, path: &str) {
    loop {
        let state = state.lock().unwrap();
        let came = |path: &String| state.asked.iter().any(|asked| &asked.path == path);
        if !state.together.iter().any(|one| one == path) || state.together.iter().all(came) {
            return;
        }
        drop(state);
        std::thread::yield_now();
    }
}

fn usual(state: &State, asked: &Asked) -> Answer {
    let path = asked.path.split('?').next().unwrap();
    if path == "/v2/" {
        return Answer::ok("{}");
    }
    let Some((media, bytes)) = state.content.get(path) else { return Answer::status(404) };
    let from = asked
        .headers
        .get("range")
        .and_then(|range| range.strip_prefix("bytes=")?.trim_end_matches('-').parse::<usize>().ok());
    let answer = match from {
        Some(from) if from < bytes.len() => Answer { status: 206, ..Answer::ok(&bytes[from..]) }
            .header("Content-Range", &format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())),
        Some(_) => Answer::status(416),
        None => Answer::ok(bytes.clone()),
    };
    answer.header("Content-Type", media).header("Docker-Content-Digest", &digest(bytes))
}

/// What becomes of something that is sent, as registries do it (OCI distribution specification, "Push").
fn written(state: &mut State, asked: &Asked) -> Option<Answer> {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let of = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let (repository, rest) = path.strip_prefix("/v2/")?.split_once(if path.contains("/blobs/") {
        "/blobs/"
    } else {
        "/manifests/"
    })?;
    match asked.method.as_str() {
        "POST" => {
            if let (Some(digest), Some(from)) = (of("mount"), of("from"))
                && let Some(blob) = state.content.get(&format!("/v2/{from}/blobs/{digest}")).cloned()
            {
                state.content.insert(format!("/v2/{repository}/blobs/{digest}"), blob);
                return Some(Answer::status(201));
            }
            let upload = format!("/v2/{repository}/blobs/uploads/{}", asked.number);
            state.uploads.insert(upload.clone(), Vec::new());
            Some(Answer::status(202).header("Location", &upload))
        }
        "PATCH" => {
            let Some(upload) = state.uploads.get_mut(path) else { return Some(Answer::status(404)) };
            let start =
                asked.headers.get("content-range").and_then(|range| range.split('-').next()?.parse().ok());
            if start.unwrap_or(upload.len()) != upload.len() {
                return Some(Answer::status(416));
            }
            upload.extend(&asked.body);
            Some(Answer::status(202).header("Location", path))
        }
        "GET" if rest.starts_with("uploads/") => {
            let Some(upload) = state.uploads.get(path) else { return Some(Answer::status(404)) };
            let range = format!("0-{}", upload.len().saturating_sub(1));
            Some(Answer::status(204).header("Location", path).header("Range", &range))
        }
        "PUT" if rest.starts_with("uploads/") => {
            let Some(mut bytes) = state.uploads.remove(path) else { return Some(Answer::status(404)) };
            bytes.extend(&asked.body);
            let found = digest(&bytes);
            if of("digest") != Some(&found) {
                return Some(Answer::status(400));
            }
            let place = format!("/v2/{repository}/blobs/{found}");
            state.content.insert(place, ("application/octet-stream".to_owned(), bytes));
            Some(Answer::status(201))
        }
        "PUT" => {
            let media = asked.headers.get("content-type").cloned().unwrap_or_default();
            for name in [rest, &digest(&asked.body)] {
                let place = format!("/v2/{repository}/manifests/{name}");
                state.content.insert(place, (media.clone(), asked.body.clone()));
            }
            Some(Answer::status(201))
        }
        _ => None,
    }
}

fn send(mut stream: &TcpStream, answer: &Answer, head_only: bool) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\n", answer.status, answer.body.len());
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    if head_only {
        return Ok(());
    }
    stream.write_all(&answer.body[..answer.cut.unwrap_or(answer.body.len())])
}
