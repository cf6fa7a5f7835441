//! Sending images: what is sent, what is not, and what is said when it goes wrong.

use std::collections::BTreeMap;

use pipe_ops::{Digest, ImageDigests};
use pipe_registry::{
    Cancel, ConfigChanges, ErrorKind, ImageSpec, Pushed, Reference, RegistryError, show_digest,
};
use serde_json::{Value, json};

use crate::server::{Answer, Asked, digest, machine};
use crate::{Lab, layer};

impl Lab {
    fn reference(&self, name: &str) -> Reference {
        Reference::parse(&format!("{}/{name}", self.server.address)).unwrap()
    }

    fn push(&self, image: ImageDigests, name: &str) -> Result<Pushed, RegistryError> {
        self.images().push(image.whole, &self.reference(name), None, &Cancel::default())
    }

    /// An image of one file over nothing, or over another image.
    fn made(&self, base: Option<&str>, text: &str) -> ImageDigests {
        let (base, root) = match base {
            None => (None, self.store.empty_tree()),
            Some(name) => {
                let fetched = self.fetch(name).unwrap();
                let digests = ImageDigests { whole: fetched.digest, manifest: fetched.image.manifest };
                (Some((fetched.image.root.clone(), digests)), fetched.image.root)
            }
        };
        let root = self.store.with_file(&root, "/app", text.as_bytes(), 0o755).unwrap();
        let spec = ImageSpec {
            root,
            base,
            platform: format!("linux/{}", machine()),
            whole: false,
            changes: ConfigChanges { entrypoint: Some(vec!["/app".to_owned()]), ..ConfigChanges::default() },
            annotations: BTreeMap::from([("title".to_owned(), "app".to_owned())]),
            time: 1_000_000_000,
        };
        self.images().assemble(&spec, Digest::of(text.as_bytes())).unwrap()
    }

    fn manifest(&self, repository: &str, name: &str) -> Value {
        let bytes = self.server.held(&format!("/v2/{repository}/manifests/{name}")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    fn asked_since(&self, before: usize, method: &str) -> Vec<Asked> {
        self.server.asked().into_iter().skip(before).filter(|asked| asked.method == method).collect()
    }
}

#[test]
fn an_image_is_sent_over_its_base_whose_layers_stay_as_they_are() {
    let lab = Lab::new();
    let base = layer(&[("etc/a", "one")]);
    let sent_as = digest(&base.packed);
    let config =
        json!({"config": {"Cmd": ["sh"], "StopSignal": "SIGQUIT"}, "history": [{"created_by": "x"}]});
    lab.server.image("base", "1", config, &[base]);
    let image = lab.made(Some("base:1"), "two");
    let pushed = lab.push(image, "team/app:1").unwrap();
    let manifest = lab.manifest("team/app", "1");
    assert_eq!(manifest["layers"][0]["digest"], json!(sent_as));
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 2);
    assert_eq!(manifest["annotations"], json!({"title": "app"}));
    // The base's layer was taken from its own repository, not sent.
    let of_both =
        manifest["layers"][1]["size"].as_u64().unwrap() + manifest["config"]["size"].as_u64().unwrap();
    assert_eq!(pushed.sent, of_both);
    assert!(
        lab.server
            .asked()
            .iter()
            .any(|asked| asked.path.contains("mount=") && asked.path.contains("from=base"))
    );
    let config = manifest["config"]["digest"].as_str().unwrap();
    let config = lab.server.held(&format!("/v2/team/app/blobs/{config}")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["config"]["Entrypoint"], json!(["/app"]));
    assert_eq!(config["config"]["StopSignal"], "SIGQUIT");
    assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 2);
    assert_eq!(config["history"].as_array().unwrap().len(), 2);
    assert_eq!(config["created"], "2001-09-09T01:46:40Z");

    // Again: one question, nothing sent.
    let before = lab.server.asked().len();
    assert_eq!(lab.push(image, "team/app:1").unwrap().sent, 0);
    assert_eq!(lab.server.asked().len(), before + 1);
    // Under another tag: only the manifest.
    let before = lab.server.asked().len();
    assert_eq!(lab.push(image, "team/app:2").unwrap().sent, 0);
    let put: Vec<String> = lab.asked_since(before, "PUT").into_iter().map(|asked| asked.path).collect();
    assert_eq!(put, ["/v2/team/app/manifests/2"]);
    assert_eq!(lab.manifest("team/app", "2"), manifest);

    // What was pushed can be fetched, and is what was made.
    let other = Lab { server: lab.server.clone(), ..Lab::new() };
    let fetched = other.fetch("team/app:1").unwrap();
    assert_eq!(fetched.digest, image.whole);
    assert_eq!(other.paths(&fetched), ["app", "etc", "etc/a"]);
    lab.assert_clean();
}

#[test]
fn an_index_goes_with_its_images_and_is_copied_byte_for_byte() {
    let lab = Lab::new();
    let images: Vec<ImageDigests> = ["linux/amd64", "linux/arm64"]
        .iter()
        .map(|platform| {
            let root =
                lab.store.with_file(&lab.store.empty_tree(), "/app", platform.as_bytes(), 0o755).unwrap();
            let spec = ImageSpec {
                root,
                base: None,
                platform: (*platform).to_owned(),
                whole: false,
                changes: ConfigChanges::default(),
                annotations: BTreeMap::new(),
                time: 0,
            };
            lab.images().assemble(&spec, Digest::of(platform.as_bytes())).unwrap()
        })
        .collect();
    let index = lab.images().index(&images, Digest::of(b"index")).unwrap();
    assert!(lab.push(index, "a/multi:1").unwrap().sent > 0);
    let document = lab.manifest("a/multi", "1");
    let platforms: Vec<&Value> = document["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["platform"]["architecture"])
        .collect();
    assert_eq!(platforms, ["amd64", "arm64"]);
    let twice = lab.images().index(&[images[0], images[0]], Digest::of(b"twice")).unwrap_err();
    assert_eq!((twice.kind, twice.message.contains("linux/amd64")), (ErrorKind::Unfit, true));

    // Somebody else, who has one platform's image, sends all of it to another repository: nothing of a layer is sent.
    let other = Lab { server: lab.server.clone(), ..Lab::new() };
    let fetched = other.fetch("a/multi:1").unwrap();
    assert_ne!(fetched.digest, fetched.image.manifest);
    let whole = ImageDigests { whole: fetched.digest, manifest: fetched.image.manifest };
    let before = other.server.asked().len();
    assert_eq!(other.push(whole, "b/other:2").unwrap().sent, 0);
    assert_eq!(other.asked_since(before, "PATCH").len(), 0);
    assert_eq!(other.server.held("/v2/b/other/manifests/2"), other.server.held("/v2/a/multi/manifests/1"));
}

/// The connection breaks in the middle of a layer: what arrived is not sent again.
#[test]
fn an_upload_goes_on_where_it_broke_off() {
    let lab = Lab::new();
    let noise: String = (0u32..4000).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
    let image = lab.made(None, &noise);
    let mut broken = false;
    lab.server.script(move |asked, _| {
        if asked.method != "PATCH" || broken || asked.body.len() < 2000 {
            return None;
        }
        broken = true;
        Some(Answer::breaks_after(1000))
    });
    lab.push(image, "app:1").unwrap();
    let patches = lab.asked_since(0, "PATCH");
    let resumed = patches.iter().filter_map(|asked| asked.headers.get("content-range")).count();
    assert_eq!(resumed, 1, "{:?}", patches.iter().map(|asked| &asked.headers).collect::<Vec<_>>());
    assert!(
        patches
            .iter()
            .any(|asked| asked.headers.get("content-range").is_some_and(|range| range.starts_with("1000-")))
    );
}

#[test]
fn what_a_registry_refuses_is_said() {
    let lab = Lab::new();
    let image = lab.made(None, "x");
    for (status, kind, says) in [
        (401, ErrorKind::Refused, "pipe login"),
        (403, ErrorKind::Refused, "allowed to write to `app`"),
        (500, ErrorKind::Unreachable, "4 attempts"),
        (400, ErrorKind::Unreachable, "400"),
    ] {
        lab.server.script(move |asked, _| (asked.method == "POST").then(|| Answer::status(status)));
        let error = lab.push(image, "app:1").unwrap_err();
        assert_eq!(error.kind, kind, "{status}: {error}");
        let all = format!("{} {}", error.message, error.help.unwrap_or_default());
        assert!(all.contains(says) && all.contains("cannot push"), "{status}: {all}");
    }
    // Who is asked to wait waits, and goes on.
    let mut asked_to_wait = false;
    lab.server.script(move |asked, _| {
        let wait = asked.method == "POST" && !std::mem::replace(&mut asked_to_wait, true);
        wait.then(|| Answer::status(429).header("Retry-After", "1"))
    });
    lab.push(image, "app:1").unwrap();
}

impl Lab {
    fn attach(&self, name: &str, text: &str) -> Result<String, RegistryError> {
        let tree = self.store.with_file(&self.store.empty_tree(), "/f", text.as_bytes(), 0o644).unwrap();
        let file = self.store.subfile(&tree, "/f").unwrap();
        self.images().attach(&self.reference(name), "text/plain", &file, &Cancel::default())
    }

    /// What belongs to an image, by the tag that says so.
    fn listed(&self, repository: &str, image: ImageDigests) -> Vec<String> {
        let tag = show_digest(image.whole).replace(':', "-");
        let Some(bytes) = self.server.held(&format!("/v2/{repository}/manifests/{tag}")) else {
            return Vec::new();
        };
        let index: Value = serde_json::from_slice(&bytes).unwrap();
        let digests = index["manifests"].as_array().unwrap().iter();
        digests.map(|one| one["digest"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_registry_that_lists_what_is_attached_needs_no_tag_for_it() {
    let lab = Lab::new();
    let image = lab.made(None, "one");
    lab.push(image, "app:1").unwrap();
    lab.server.script(|asked, _| {
        let is_artifact =
            asked.method == "PUT" && String::from_utf8_lossy(&asked.body).contains("\"subject\"");
        is_artifact.then(|| Answer::status(201).header("OCI-Subject", "sha256:0"))
    });
    lab.attach("app:1", "note").unwrap();
    assert_eq!(lab.listed("app", image), [""; 0]);
    lab.server.behave();
    let told = lab.attach("app:1", "note").unwrap();
    assert_eq!(lab.listed("app", image), [told.split_once('@').unwrap().1]);
}

/// Between reading the list and writing it somebody else wrote it.
#[test]
fn two_that_attach_at_once_are_both_listed() {
    let lab = Lab::new();
    let image = lab.made(None, "one");
    lab.push(image, "app:1").unwrap();
    let tag = show_digest(image.whole).replace(':', "-");
    let path = format!("/v2/app/manifests/{tag}");
    let mut written = 0;
    lab.server.script(move |asked, _| {
        let is_list = asked.method == "PUT" && asked.path == path;
        written += usize::from(is_list);
        // The first one is written over before it is read again.
        (is_list && written == 1).then(|| Answer::status(201))
    });
    let told = lab.attach("app:1", "note").unwrap();
    assert_eq!(lab.listed("app", image), [told.split_once('@').unwrap().1]);
}
