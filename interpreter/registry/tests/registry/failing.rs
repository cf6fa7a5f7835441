use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pipe_registry::ErrorKind;
use serde_json::json;

use crate::server::{Answer, Asked, Server, digest};
use crate::{Lab, layer};

/// A text that does not pack well.
fn noise(bytes: usize) -> String {
    let mut state = 1u64;
    let next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        char::from(b'!' + (state >> 33) as u8 % 90)
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

fn app(lab: &Lab) {
    lab.server.image("app", "1", json!({}), &[layer(&[("a", "small")]), layer(&[("b", &noise(200_000))])]);
}

/// Every failure says what was tried and what helps, leaves nothing wrong, and is over when the registry is well again.
#[test]
fn whatever_a_registry_answers_it_can_be_gone_on_from() {
    type Case = (&'static str, fn(&str, Answer) -> Option<Answer>, &'static str);
    let cases: [Case; 9] = [
        ("401", |_, _| Some(Answer::status(401)), "401"),
        ("403", |path, _| path.contains("/blobs/").then(|| Answer::status(403)), "403"),
        ("429", |_, _| Some(Answer::status(429).header("Retry-After", "0")), "429"),
        ("a long wait", |_, _| Some(Answer::status(429).header("Retry-After", "3600")), "3600s"),
        ("500", |_, _| Some(Answer::status(500)), "500"),
        ("closed", |_, _| Some(Answer::status(0)), "4 attempts"),
        (
            "cut",
            |path, usual| {
                path.contains("/blobs/").then_some(Answer { cut: Some(usual.body.len() / 2), ..usual })
            },
            "attempts",
        ),
        (
            "altered",
            |path, mut usual| {
                path.contains("/blobs/").then(|| {
                    let middle = usual.body.len() / 2;
                    usual.body[middle] ^= 1;
                    usual
                })
            },
            "not what it should be",
        ),
        (
            "not json",
            |path, _| path.contains("/manifests/").then(|| Answer::ok("<html>")),
            "not an image's manifest",
        ),
    ];
    for (name, change, says) in cases {
        let lab = Lab::new();
        app(&lab);
        lab.server.script(move |asked, usual| change(&asked.path, usual?));
        let error = lab.fetch("app:1").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable, "{name}: {error}");
        assert!(error.message.contains(says), "{name}: {error}");
        assert!(error.message.contains(&lab.server.url()), "{name}: {error}");
        let help = error.help.unwrap();
        assert!(help.contains("pipe login") || help.contains("mirrors"), "{name}: {help}");
        lab.assert_clean();

        lab.server.behave();
        let fetched = lab.fetch("app:1").unwrap();
        assert_eq!(lab.paths(&fetched), ["a", "b"], "{name}");
        assert_eq!(lab.downloads(), 0);
        lab.assert_clean();
    }
}

#[test]
fn a_registry_that_is_down_is_named_with_what_helps() {
    let lab = Lab::new();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let reference = pipe_registry::Reference::parse(&format!("{nobody}/app:1")).unwrap();
    let error = lab.images().fetch(&reference, None, "linux/amd64", &Default::default()).unwrap_err();
    assert!(error.message.contains("refuses connections (4 attempts)"), "{error}");
    assert!(error.help.unwrap().contains(&format!("[registry.\"{nobody}\"]")));
}

/// One that takes connections and says nothing is left after the time that it may be silent.
#[test]
fn a_registry_that_hangs_is_left() {
    let lab = Lab::new();
    app(&lab);
    let images = || {
        let mut settings = lab.settings();
        settings.silence = std::time::Duration::from_millis(100);
        pipe_registry::Images::new(lab.store.clone(), settings)
    };
    lab.server.script(|_, _| Some(Answer::silence()));
    let error = lab.fetch_with(&images(), "app:1").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(error.message.contains("it does not answer (4 attempts)"), "{error}");
    lab.assert_clean();
    // In the middle of a layer, too: every attempt hangs where the one before did.
    lab.server.script(|asked, usual| {
        let usual = usual?;
        if asked.headers.contains_key("range") {
            return Some(Answer::silence());
        }
        let large = asked.path.contains("/blobs/") && usual.body.len() > 50_000;
        large.then_some(Answer { hangs: true, cut: Some(50_000), ..usual })
    });
    let error = lab.fetch_with(&images(), "app:1").unwrap_err();
    assert!(error.message.contains("it does not answer"), "{error}");
    assert_eq!(lab.downloads(), 1, "what came is kept");
    lab.server.behave();
    lab.fetch_with(&images(), "app:1").unwrap();
    lab.assert_clean();
}

/// A manifest is read into memory, so it has a size that no honest one has.
#[test]
fn a_document_without_an_end_is_refused() {
    let lab = Lab::new();
    app(&lab);
    lab.server
        .script(|asked, _| asked.path.contains("/manifests/").then(|| Answer::ok(vec![b' '; (4 << 20) + 1])));
    let error = lab.fetch("app:1").unwrap_err();
    assert!(error.message.contains("more than 4 MiB"), "{error}");
    assert_eq!(lab.server.asked().len(), 1, "it is not asked again");
    lab.assert_clean();
}

/// Layers come at the same time: each of these is only sent when the others have been asked for.
#[test]
fn layers_are_downloaded_together() {
    let lab = Lab::new();
    let layers: Vec<_> = (0..4).map(|n| layer(&[(format!("f{n}").as_str(), "x")])).collect();
    lab.server.image("app", "1", json!({}), &layers);
    let digests: Vec<String> = layers.iter().map(|layer| digest(&layer.packed)).collect();
    lab.server.wait_for_all(digests.iter().map(|digest| format!("/v2/app/blobs/{digest}")).collect());
    let fetched = lab.fetch("app:1").unwrap();
    assert_eq!(lab.paths(&fetched), ["f0", "f1", "f2", "f3"]);
}

/// A stranger's registry does not send requests into the user's own network: reached by a proxy, it is one.
#[test]
fn strangers_do_not_lead_into_the_own_network() {
    let lab = Lab::new();
    let inside = Server::start();
    inside.script(|_, _| Some(Answer::ok("{}")));
    lab.server.image("app", "1", json!({}), &[layer(&[("a", "")])]);
    let mut settings = lab.settings();
    settings.proxies.http = Some(lab.server.url());
    settings.registries.entry("registry.example".into()).or_default().plain_http = Some(true);
    let fetch = |settings: &pipe_registry::Settings| {
        let images = pipe_registry::Images::new(lab.store.clone(), settings.clone());
        let reference = pipe_registry::Reference::parse("registry.example/app:1").unwrap();
        let platform = format!("linux/{}", crate::server::machine());
        images.fetch(&reference, None, &platform, &Default::default())
    };
    // What is asked of it as a proxy, not as a registry.
    let connects = |asked: &Asked| !asked.path.starts_with('/');
    let lead = |to: String| {
        move |asked: &Asked, _: Option<Answer>| {
            if connects(asked) {
                return Some(Answer::status(200));
            }
            let location = format!("{to}{}", asked.path);
            asked.path.contains("/blobs/").then(|| Answer::status(307).header("Location", &location))
        }
    };
    lab.server.script(lead(inside.url()));
    let error = fetch(&settings).unwrap_err();
    assert!(error.message.contains("no public address"), "{error}");
    assert!(error.message.contains("redirect_hosts = [\"127.0.0.1\"]"), "{error}");
    assert!(inside.asked().is_empty());

    // The same with the place that gives tokens.
    let realm = format!("Bearer realm=\"{}/token\"", inside.url());
    lab.server.script(move |asked, _| {
        let answer = if connects(asked) { Answer::status(200) } else { Answer::status(401) };
        Some(answer.header("WWW-Authenticate", &realm))
    });
    let error = fetch(&settings).unwrap_err();
    assert!(error.message.contains("no public address"), "{error}");
    assert!(inside.asked().is_empty());

    // Unless the user says so.
    lab.server.script(lead(inside.url()));
    settings.registries.get_mut("registry.example").unwrap().redirect_hosts.push("127.0.0.1".into());
    let error = fetch(&settings).unwrap_err();
    assert!(error.message.contains("not what it should be"), "{error}");
    assert!(!inside.asked().is_empty());
}

#[test]
fn a_missing_image_is_not_a_broken_registry() {
    let lab = Lab::new();
    assert_eq!(lab.fetch("app:1").unwrap_err().kind, ErrorKind::Absent);
}

#[test]
fn a_short_failure_is_not_noticed() {
    let lab = Lab::new();
    app(&lab);
    // By path: layers are fetched side by side, and any order of the whole would be a matter of luck.
    let mut failures = BTreeMap::new();
    lab.server.script(move |asked, _| {
        let failed: &mut u32 = failures.entry(asked.path.clone()).or_default();
        *failed += 1;
        (*failed <= 2).then(|| Answer::status(503))
    });
    lab.fetch("app:1").unwrap();
}

/// A download that broke goes on where it was: in the same process, and in the next.
#[test]
fn downloads_go_on_after_what_came() {
    let lab = Lab::new();
    app(&lab);
    let large = |asked: &Asked, usual: &Answer| {
        asked.path.contains("/blobs/") && (usual.body.len() > 50_000 || asked.headers.contains_key("range"))
    };
    // Each answer brings a little more.
    lab.server.script(move |asked, usual| {
        let usual = usual?;
        large(asked, &usual).then(|| Answer { cut: Some(usual.body.len().min(40_000)), ..usual })
    });
    lab.fetch("app:1").unwrap();
    let ranges = |server: &Server| {
        let asked = server.asked();
        asked.iter().filter_map(|asked| asked.headers.get("range").cloned()).collect::<Vec<_>>()
    };
    assert!(ranges(&lab.server).len() >= 3, "{:?}", ranges(&lab.server));

    let lab = Lab::new();
    app(&lab);
    lab.server.script(move |asked, usual| {
        let usual = usual?;
        if asked.headers.contains_key("range") {
            return Some(Answer::status(500));
        }
        large(asked, &usual).then_some(Answer { cut: Some(60_000), ..usual })
    });
    lab.fetch("app:1").unwrap_err();
    assert_eq!(lab.downloads(), 1);
    lab.server.behave();
    let before = lab.server.asked().len();
    lab.fetch("app:1").unwrap();
    let rest: Vec<_> = lab.server.asked().split_off(before);
    assert_eq!(
        rest.iter().filter(|asked| asked.path.contains("/blobs/")).count(),
        2,
        "the small layer is kept"
    );
    assert!(rest.iter().any(|asked| asked.headers.get("range").is_some_and(|range| range == "bytes=60000-")));
}

/// A registry that knows no ranges sends all of it again.
#[test]
fn without_ranges_what_came_is_passed_over() {
    let lab = Lab::new();
    let text = noise(200_000);
    let packed = layer(&[("b", &text)]);
    lab.server.image("app", "1", json!({}), std::slice::from_ref(&packed));
    let count = Arc::new(AtomicUsize::new(0));
    let blob = digest(&packed.packed);
    lab.server.script(move |asked, _| {
        if !asked.path.ends_with(&blob) {
            return None;
        }
        let cut = (count.fetch_add(1, Ordering::Relaxed) == 0).then_some(60_000);
        Some(Answer { cut, ..Answer::ok(packed.packed.clone()) })
    });
    lab.fetch("app:1").unwrap();
}

#[test]
fn nobody_waits_for_what_is_cancelled() {
    let lab = Lab::new();
    app(&lab);
    lab.server.script(|_, _| Some(Answer::status(429).header("Retry-After", "2")));
    let cancel = pipe_registry::Cancel::default();
    let reference = pipe_registry::Reference::parse(&format!("{}/app:1", lab.server.address)).unwrap();
    let images = lab.images();
    let fetching = std::thread::spawn({
        let cancel = cancel.clone();
        move || images.fetch(&reference, None, "linux/amd64", &cancel)
    });
    cancel.cancel();
    assert_eq!(fetching.join().unwrap().unwrap_err().kind, ErrorKind::Cancelled);
}
