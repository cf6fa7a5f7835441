use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pipe_registry::ErrorKind;
use serde_json::json;

use crate::server::{Answer, Server, digest};
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

#[test]
fn a_missing_image_is_not_a_broken_registry() {
    let lab = Lab::new();
    assert_eq!(lab.fetch("app:1").unwrap_err().kind, ErrorKind::Absent);
}

#[test]
fn a_short_failure_is_not_noticed() {
    let lab = Lab::new();
    app(&lab);
    lab.server.script(|asked, _| (asked.number % 3 != 2).then(|| Answer::status(503)));
    lab.fetch("app:1").unwrap();
}

/// A download that broke goes on where it was: in the same process, and in the next.
#[test]
fn downloads_go_on_after_what_came() {
    let lab = Lab::new();
    app(&lab);
    let large = |asked: &crate::server::Asked, usual: &Answer| {
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
