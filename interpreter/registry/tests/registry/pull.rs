use serde_json::json;

use crate::server::{Layer, machine};
use crate::{Lab, layer, tar};

#[test]
fn an_image_becomes_a_tree_and_a_configuration() {
    let lab = Lab::new();
    let config = json!({"config": {"User": "app", "Env": ["A=b"], "WorkingDir": "/srv", "Cmd": ["sh"]}});
    let zstd = |files| {
        let plain = tar(files);
        Layer { packed: zstd::encode_all(&plain[..], 1).unwrap(), plain }
    };
    let plain = |files| {
        let plain = tar(files);
        Layer { packed: plain.clone(), plain }
    };
    let digest = lab.server.image(
        "app",
        "1",
        config,
        &[
            layer(&[("etc/a", "one"), ("gone", "")]),
            zstd(&[("etc/b", "two"), (".wh.gone", "")]),
            plain(&[("c", "3")]),
        ],
    );
    let fetched = lab.fetch("app:1").unwrap();
    assert_eq!(lab.paths(&fetched), ["c", "etc", "etc/a", "etc/b"]);
    assert_eq!(fetched.image.config.user, "app");
    assert_eq!(fetched.image.config.workdir, "/srv");
    assert_eq!(format!("sha256:{}", fetched.digest), digest);
    assert_eq!(lab.downloads(), 0);
    lab.assert_clean();

    // All of it is there now, and nobody is asked.
    let before = lab.server.asked().len();
    let platform = format!("linux/{}", machine());
    assert_eq!(lab.images().stored(fetched.digest, &platform).unwrap(), Some(fetched.image.clone()));
    let file = lab.store.subfile(&fetched.image.root, "/etc/a").unwrap();
    assert_eq!(
        lab.store
            .open_file(&file)
            .unwrap()
            .metadata()
            .unwrap()
            .modified()
            .unwrap()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs(),
        1_000_000_000
    );
    let again = lab.fetch(&format!("app@{digest}")).unwrap();
    assert_eq!(again.image, fetched.image);
    assert_eq!(lab.server.asked().len(), before);
}

#[test]
fn images_share_layers() {
    let lab = Lab::new();
    let base = layer(&[("base", "base")]);
    lab.server.image("one", "1", json!({}), &[base.clone(), layer(&[("one", "")])]);
    lab.server.image("two", "1", json!({}), &[base, layer(&[("two", "")])]);
    let one = lab.fetch("one:1").unwrap();
    let two = lab.fetch("two:1").unwrap();
    assert_eq!(one.image.root.layers[0], two.image.root.layers[0]);
    let blobs = lab.server.asked().iter().filter(|asked| asked.path.contains("/two/blobs/")).count();
    assert_eq!(blobs, 2, "the configuration and the layer of its own");
}

#[test]
fn the_platform_of_an_index_is_taken() {
    let lab = Lab::new();
    let own = lab.server.image("app", "own", json!({}), &[layer(&[("own", "")])]);
    let other =
        lab.server.image("app", "other", json!({"architecture": "s390x"}), &[layer(&[("other", "")])]);
    let entry = |digest: &str, architecture: &str| {
        json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": 1,
               "platform": {"os": "linux", "architecture": architecture}})
    };
    let index = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry(&other, "s390x"), entry(&own, machine())],
    });
    let digest = lab.server.manifest("app", "1", &index);
    let fetched = lab.fetch("app:1").unwrap();
    assert_eq!(lab.paths(&fetched), ["own"]);
    assert_eq!(format!("sha256:{}", fetched.digest), digest, "the index is what is pinned");

    let only = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                      "manifests": [entry(&other, "s390x")]});
    lab.server.manifest("app", "2", &only);
    let error = lab.fetch("app:2").unwrap_err();
    assert!(error.message.contains("only for linux/s390x"), "{error}");
    let error = lab.fetch("app:other").unwrap_err();
    assert!(error.message.contains("only for linux/s390x"), "{error}");
}

#[test]
fn mirrors_are_asked_first_and_the_registry_itself_last() {
    let lab = Lab::new();
    lab.server.image("library/app", "1", json!({}), &[layer(&[("x", "")])]);
    let mut settings = lab.settings();
    let hub = settings.registries.entry("docker.io".into()).or_default();
    hub.mirrors = vec!["http://127.0.0.1:1".into(), lab.server.url()];
    let images = pipe_registry::Images::new(lab.store.clone(), settings);
    let reference = pipe_registry::Reference::parse("app:1").unwrap();
    let platform = format!("linux/{}", machine());
    let fetched = images.fetch(&reference, None, &platform, &Default::default()).unwrap();
    assert_eq!(lab.paths(&fetched), ["x"]);
    let resolved = images.last_resolved("docker.io/library/app:1").unwrap().unwrap();
    assert_eq!(resolved.0, fetched.digest);
}
