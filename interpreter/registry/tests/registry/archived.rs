use std::collections::BTreeMap;

use pipe_registry::{Cancel, ErrorKind, Image, RegistryError};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::server::{Layer, digest, gzip, machine};
use crate::{Lab, layer, tar};

/// The files of an archive, by path.
#[derive(Clone, Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    fn put(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.to_owned(), bytes.into());
    }

    /// Puts a blob of a layout; gives its descriptor.
    fn blob(&mut self, bytes: impl Into<Vec<u8>>) -> Value {
        let bytes = bytes.into();
        let (digest, size) = (digest(&bytes), bytes.len());
        self.put(&format!("blobs/{}", digest.replace(':', "/")), bytes);
        json!({"digest": digest, "size": size})
    }

    /// Puts an image of a layout; gives the descriptor of its manifest.
    fn image(&mut self, architecture: &str, layers: &[Layer]) -> Value {
        let config = self.blob(config(architecture, layers).to_string());
        let layers: Vec<Value> = layers.iter().map(|layer| self.blob(layer.packed.clone())).collect();
        self.blob(json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string())
    }

    fn layout(&mut self, manifests: &[Value]) {
        self.put("oci-layout", r#"{"imageLayoutVersion": "1.0.0"}"#);
        self.put("index.json", json!({"schemaVersion": 2, "manifests": manifests}).to_string());
    }

    fn packed(&self, folder: &str) -> Vec<u8> {
        let mut builder = ::tar::Builder::new(Vec::new());
        for (path, bytes) in &self.0 {
            let mut header = ::tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, format!("{folder}{path}"), bytes.as_slice()).unwrap();
        }
        builder.into_inner().unwrap()
    }
}

fn config(architecture: &str, layers: &[Layer]) -> Value {
    let ids: Vec<String> = layers.iter().map(|layer| digest(&layer.plain)).collect();
    json!({
        "os": "linux", "architecture": architecture, "config": {"Env": [format!("ARCH={architecture}")]},
        "rootfs": {"type": "layers", "diff_ids": ids},
    })
}

fn open(lab: &Lab, bytes: &[u8], platform: &str) -> Result<Image, RegistryError> {
    let file = lab.store.make_file(0o644, |to| {
        to.write_all(bytes).unwrap();
        Ok::<(), pipe_store::StoreError>(())
    });
    lab.images().archived(&file.unwrap(), platform, &Cancel::default())
}

fn refused(bytes: &[u8]) -> RegistryError {
    let lab = Lab::new();
    let error = open(&lab, bytes, "linux/amd64").unwrap_err();
    lab.assert_clean();
    error
}

fn names(lab: &Lab, image: &Image) -> Vec<String> {
    let list = lab.store.list(&image.root).unwrap();
    list.iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect()
}

/// A layout of two platforms, as BuildKit writes them: an index in the index, and what it says of how they were made.
fn layout() -> Files {
    let mut files = Files::default();
    let shared = layer(&[("shared", "1")]);
    let amd64 = files.image("amd64", &[shared.clone(), layer(&[("amd64", "1")])]);
    let arm64 = files.image("arm64", &[shared, layer(&[("arm64", "1")])]);
    let unknown = json!({"os": "unknown", "architecture": "unknown"});
    let attestation = json!({"digest": digest(b"not there"), "size": 9, "platform": unknown});
    let index = json!({"schemaVersion": 2, "manifests": [amd64, arm64, attestation]}).to_string();
    let index = files.blob(index);
    files.layout(&[index]);
    files
}

/// What `docker save` writes, with a layer that is a link to another.
fn saved() -> Vec<u8> {
    let layers = [layer(&[("a", "1")]), layer(&[("b", "1")])];
    let twice = [layers[0].clone(), layers[1].clone(), layers[0].clone()];
    let config = config("amd64", &twice).to_string();
    let name = format!("{}.json", digest(config.as_bytes()).replace("sha256:", ""));
    let mut files = Files::default();
    files.put("0/layer.tar", layers[0].plain.clone());
    files.put("1/layer.tar", layers[1].plain.clone());
    files.put(&name, config);
    let paths = ["0/layer.tar", "1/layer.tar", "2/layer.tar"];
    let manifest = json!([{"Config": name, "RepoTags": ["app:1"], "Layers": paths}]).to_string();
    files.put("manifest.json", manifest);
    let mut builder = ::tar::Builder::new(files.packed(""));
    builder.get_mut().truncate(files.packed("").len() - 1024);
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "2/layer.tar", "../0/layer.tar").unwrap();
    builder.into_inner().unwrap()
}

#[test]
fn a_layout_gives_the_image_of_the_platform() {
    let files = layout();
    for bytes in [files.packed(""), files.packed("./"), files.packed("image/"), gzip(files.packed("")).packed]
    {
        let lab = Lab::new();
        let amd64 = open(&lab, &bytes, "linux/amd64").unwrap();
        assert_eq!(names(&lab, &amd64), ["amd64", "shared"]);
        assert_eq!(amd64.config.env.get("ARCH").map(String::as_str), Some("amd64"));
        let arm64 = open(&lab, &bytes, "linux/arm64").unwrap();
        assert_eq!(names(&lab, &arm64), ["arm64", "shared"]);
        assert_eq!(open(&lab, &bytes, "linux/arm64").unwrap(), arm64);
        let error = open(&lab, &bytes, "linux/s390x").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Absent);
        assert!(error.message.contains("only for linux/amd64, linux/arm64"), "{error}");
        lab.assert_clean();
    }
}

#[test]
fn a_saved_image_is_read() {
    let lab = Lab::new();
    let image = open(&lab, &saved(), "linux/amd64").unwrap();
    assert_eq!(names(&lab, &image), ["a", "b"]);
    assert_eq!(open(&lab, &gzip(saved()).packed, "linux/amd64").unwrap(), image);
    let error = open(&lab, &saved(), "linux/arm64").unwrap_err();
    assert!(error.message.contains("linux/amd64"), "{error}");
    lab.assert_clean();
}

/// What an archive and a registry both hold is unpacked once.
#[test]
fn layers_are_shared_with_those_of_registries() {
    let lab = Lab::new();
    let shared = layer(&[("shared", "1")]);
    lab.server.image("app", "1", json!({}), std::slice::from_ref(&shared));
    let fetched = lab.fetch("app:1").unwrap();
    let mut files = Files::default();
    let image = files.image(machine(), &[shared]);
    files.layout(&[image]);
    let image = open(&lab, &files.packed(""), &format!("linux/{}", machine())).unwrap();
    assert_eq!(image.root, fetched.image.root);
}

#[test]
fn what_was_altered_is_refused() {
    let honest = layout();
    let blobs: Vec<String> = honest.0.keys().filter(|path| path.starts_with("blobs")).cloned().collect();
    let mut refusals = 0;
    for path in blobs {
        let mut altered = honest.clone();
        let bytes = altered.0.get_mut(&path).unwrap();
        // Behind the end of a document or a stream, where nothing but the digest tells.
        bytes.push(b' ');
        let mut missing = honest.clone();
        missing.0.remove(&path);
        for (files, says) in [(altered, "damaged"), (missing, "lacks")] {
            let lab = Lab::new();
            if let Err(error) = open(&lab, &files.packed(""), "linux/amd64") {
                assert_eq!(error.kind, ErrorKind::Malformed);
                assert!(error.message.contains(says), "{path}: {error}");
                refusals += 1;
            }
            lab.assert_clean();
        }
    }
    // All but the layer that only the other platform has.
    assert_eq!(refusals, 2 * 7);
}

#[test]
fn what_is_not_clear_is_refused() {
    let named = |files: &mut Files, content: &str, name: &str| {
        let mut image = files.image("amd64", &[layer(&[("a", content)])]);
        image["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        image
    };
    let mut two = Files::default();
    let images = [named(&mut two, "1", "one"), named(&mut two, "2", "two")];
    two.layout(&images);
    let error = refused(&two.packed(""));
    assert!(error.message.contains("2 images for linux/amd64: one, two"), "{error}");

    let mut empty = Files::default();
    empty.layout(&[]);
    assert!(refused(&empty.packed("")).message.contains("no image"));
    assert!(refused(&tar(&[("a", "1")])).message.contains("neither `oci-layout` nor `manifest.json`"));
    assert!(refused(b"").message.contains("no image"));
    assert!(refused(&b"text ".repeat(200)).message.contains("not a tar archive"));

    let mut deep = Files::default();
    let mut index = deep.image("amd64", &[layer(&[("a", "1")])]);
    for _ in 0..9 {
        index = deep.blob(json!({"schemaVersion": 2, "manifests": [index]}).to_string());
    }
    deep.layout(&[index]);
    assert!(refused(&deep.packed("")).message.contains("too deep"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Archives with bytes changed, or cut off, give an image or an error, and leave the store whole.
    #[test]
    fn damaged_archives_never_panic(
        docker in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let lab = Lab::new();
        let mut bytes = if docker { saved() } else { layout().packed("") };
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        if let Err(error) = open(&lab, &bytes, "linux/amd64") {
            prop_assert!(matches!(error.kind, ErrorKind::Malformed | ErrorKind::Absent), "{error}");
        }
        prop_assert_eq!(lab.store.verify(false).unwrap().damage, []);
    }
}
