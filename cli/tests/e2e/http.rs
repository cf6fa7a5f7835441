//! `http(…)`, through the binary, from a server on this machine.

use crate::harness::World;
use crate::server::{Answer, Server, digest};

const CONTENT: &[u8] = b"what there is to fetch\n";

/// A package that fetches a file, whose server gives it at `/file`.
fn world(sha256: Option<&str>) -> (World, Server, String) {
    let server = Server::start();
    server.script(|asked, _| match asked.path.as_str() {
        "/file" | "/other" => Some(Answer::ok(CONTENT)),
        "/moved" => Some(Answer::status(302).header("Location", "/file")),
        "/away" => Some(Answer::status(302).header("Location", "http://10.255.255.1:1/file")),
        "/cut" if asked.number < 2 => Some(Answer { cut: Some(5), ..Answer::ok(CONTENT) }),
        "/cut" => Some(Answer::ok(CONTENT)),
        "/secret" => Some(Answer::status(401).header("WWW-Authenticate", "Basic realm=\"x\"")),
        _ => Some(Answer::status(404)),
    });
    let sha256 = sha256.map(|digest| format!(", sha256: \"{digest}\"")).unwrap_or_default();
    let address = server.address.clone();
    let module = format!(
        "param path: String = \"file\"\n\npub fn text() -> String {{ http(\"http://{address}/${{path}}\"{sha256}).contents }}\n"
    );
    (World::module(&module), server, format!("--allow=net:{address}"))
}

fn sha256(bytes: &[u8]) -> String {
    digest(bytes).trim_start_matches("sha256:").to_owned()
}

#[test]
fn a_file_is_fetched_once_for_its_content() {
    let (world, server, allow) = world(Some(&sha256(CONTENT)));
    // Neither a plan nor a look at the inputs asks anybody.
    world.run(["plan", "text", &allow]).success();
    world.run(["inputs", "text", &allow]).success();
    world.run(["run", "--offline", &allow, "text"]).exits(3).says("--offline");
    assert_eq!(server.asked().len(), 0);
    let content = String::from_utf8_lossy(CONTENT);
    assert_eq!(world.prints(["run", &allow, "text"]), content);
    assert_eq!(server.asked().len(), 1);
    // The content is there, wherever it came from.
    assert_eq!(world.prints(["run", &allow, "text", "--path", "other"]), content);
    assert_eq!(world.prints(["run", "--offline", "--locked", &allow, "text"]), content);
    assert_eq!(server.asked().len(), 1);
    assert!(!world.package().join("pipe.lock").exists());
}

#[test]
fn what_is_not_what_it_should_be_is_refused() {
    let (world, server, allow) = world(Some(&"a".repeat(64)));
    let outcome = world.run(["run", &allow, "text"]).exits(1);
    assert!(outcome.stderr.contains(&sha256(CONTENT)), "{}", outcome.stderr);
    outcome.says("main.pipe:3").says("is not what it should be");
    assert_eq!(server.asked().len(), 1);
    world.run(["run", &allow, "text", "--path", "nothing"]).exits(1).says("there is no file at");
    world.run(["run", &allow, "text", "--path", "secret"]).exits(3).says("401");
    let malformed = World::module("pub fn f() -> File { http(\"https://example.com/x\", sha256: \"12\") }\n");
    malformed.run(["run", "f"]).exits(1).says("is not a SHA-256 digest");
}

#[test]
fn downloads_that_break_off_or_lead_elsewhere_are_followed() {
    let (world, server, allow) = world(Some(&sha256(CONTENT)));
    let content = String::from_utf8_lossy(CONTENT);
    assert_eq!(world.prints(["run", &allow, "text", "--path", "cut"]), content);
    assert_eq!(server.asked().len(), 3);
    let (world, server, allow) = self::world(Some(&sha256(CONTENT)));
    assert_eq!(world.prints(["run", &allow, "text", "--path", "moved"]), content);
    assert_eq!(server.asked().len(), 2);
    let (world, _server, allow) = self::world(Some(&sha256(CONTENT)));
    world.run(["run", &allow, "text", "--path", "away"]).exits(3).says("--allow net:10.255.255.1:1");
}

#[test]
fn places_that_are_not_public_need_a_grant() {
    let (world, server, _) = world(Some(&sha256(CONTENT)));
    world.run(["run", "text"]).exits(2).says("--allow net:127.0.0.1:");
    world.run(["plan", "text"]).success();
    // By whatever name it is called.
    let address = server.address.replace("127.0.0.1", "localhost");
    let named = World::module(&format!("pub fn f() -> File {{ http(\"http://{address}/file\") }}\n"));
    named.run(["run", "f"]).exits(2).says("--allow net:localhost:");
    let number = server.address.replace("127.0.0.1", "2130706433");
    let counted = World::module(&format!(
        "pub fn f() -> File {{ http(\"http://{number}/file\", sha256: \"{}\") }}\n",
        "a".repeat(64)
    ));
    counted.run(["run", "f"]).exits(2).says("--allow net:2130706433:");
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn without_a_digest_the_lock_pins_it() {
    let (world, server, allow) = world(None);
    let content = String::from_utf8_lossy(CONTENT);
    world.run(["run", "--locked", &allow, "text"]).exits(2).says("not pinned in pipe.lock");
    let plan = world.prints(["plan", "-v", "text", &allow]);
    assert!(plan.contains("pipe.lock does not pin"), "{plan}");
    assert_eq!(server.asked().len(), 0);
    let told = crate::harness::finish(world.pipe().env("CI", "true").args(["run", &allow, "text"])).success();
    told.says("not pinned in pipe.lock");
    assert!(!world.package().join("pipe.lock").exists());
    assert_eq!(world.prints(["run", &allow, "text"]), content);
    let pin = format!("http http://{}/file {}\n", server.address, digest(CONTENT));
    assert_eq!(world.read("pipe.lock"), pin);
    let asked = server.asked().len();
    assert_eq!(world.prints(["run", "--locked", &allow, "text"]), content);
    assert_eq!(server.asked().len(), asked);
    // Another store, and another file by now.
    server.script(|_, _| Some(Answer::ok(&b"something else\n"[..])));
    std::fs::rename(world.store(), world.path("old store")).unwrap();
    world.run(["run", &allow, "text"]).exits(1).says("is not what it should be").says("pipe.lock pins it");
    assert_eq!(world.read("pipe.lock"), pin);
}

#[test]
fn update_moves_pins_to_what_files_are_now() {
    let (world, server, allow) = world(None);
    assert_eq!(world.prints(["run", &allow, "text"]), String::from_utf8_lossy(CONTENT));
    let old = world.read("pipe.lock");
    let url = format!("http://{}/file", server.address);
    server.script(|_, _| Some(Answer::ok(&b"something else\n"[..])));
    let asked = server.asked().len();
    world.run(["update"]).exits(2).says("--allow net:127.0.0.1:");
    world.run(["update", "--locked", &allow]).success();
    world.run(["update", "--locked", &allow, &url]).exits(2).says("--locked forbids");
    assert_eq!((world.read("pipe.lock"), server.asked().len()), (old.clone(), asked));
    let (was, is) = (digest(CONTENT), digest(b"something else\n"));
    let difference = format!("{url}: {} -> {}\n", &was[..19], &is[..19]);
    world.run(["update", &allow, &url]).success().says(&difference);
    assert_eq!(world.read("pipe.lock"), format!("http {url} {is}\n"));
    assert_eq!(world.prints(["run", "--locked", &allow, "text"]), "something else\n");
    world.run(["update", &allow]).success().says("all as they were");
    // What is not there any more changes nothing; grants may stand in the configuration, too.
    let now = world.read("pipe.lock");
    server.script(|_, _| Some(Answer::status(404)));
    let mut update = world.pipe();
    update.env("PIPE_ALLOW", allow.trim_start_matches("--allow=")).arg("update");
    crate::harness::finish(&mut update).exits(2).says("there is no file at").says("remove its line");
    server.script(|_, _| Some(Answer::status(401)));
    world.run(["update", &allow]).exits(3).says("401");
    assert_eq!(world.read("pipe.lock"), now);
}

/// Without names each pin is looked up by itself: one that only a run can ask for, as it has the secret, holds no other up.
#[test]
fn update_moves_what_it_can_and_names_what_it_cannot() {
    let (world, server, allow) = world(None);
    for path in ["file", "other", "list.html"] {
        server.script(|_, _| Some(Answer::ok(CONTENT)));
        world.run(["run", &allow, "text", "--path", path]).success();
    }
    let url = |path: &str| format!("http://{}/{path}", server.address);
    let (was, is) = (digest(CONTENT), digest(b"something else\n"));
    let page = b"\xef\xbb\xbf\n<!DOCTYPE html><title>Sign in</title>";
    server.script(|asked, _| match asked.path.as_str() {
        "/file" => Some(Answer::status(401)),
        _ => Some(Answer::ok(&b"something else\n"[..])),
    });
    let update = world.run(["update", &allow]).exits(3).says("401").says("has no secrets");
    update.says(&format!("{}: {}", url("other"), &was[..19]));
    let lock = |file: &str, list: &str, other: &str| {
        format!(
            "http {} {file}\nhttp {} {list}\nhttp {} {other}\n",
            url("file"),
            url("list.html"),
            url("other")
        )
    };
    assert_eq!(world.read("pipe.lock"), lock(&was, &is, &is));
    // A page is no file, unless its name says so, or somebody wants it.
    server.script(move |_, _| Some(Answer::ok(&page[..])));
    world.run(["update", &allow]).exits(2).says(&format!("{} is a page", url("file"))).says(&url("other"));
    let told = world.run(["update", "--progress", "json", &allow]).exits(2).objects();
    assert_eq!(told.iter().filter(|object| object["event"] == "error").count(), 2, "{told:?}");
    assert_eq!(world.read("pipe.lock"), lock(&was, &digest(page), &is));
    world.run(["update", "--accept", &allow, &url("other")]).success();
    assert_eq!(world.read("pipe.lock"), lock(&was, &digest(page), &digest(page)));
    // Of what is named, all or nothing.
    server.script(|asked, _| match asked.path.as_str() {
        "/file" => Some(Answer::status(404)),
        _ => Some(Answer::ok(CONTENT)),
    });
    world.run(["update", &allow, &url("other"), &url("file")]).exits(2).says("there is no file at");
    assert_eq!(world.read("pipe.lock"), lock(&was, &digest(page), &digest(page)));
}

/// A package that cannot be fetched holds no pin up: what became of it is told, and the pins are written.
#[test]
fn update_moves_pins_though_a_package_cannot_be_had() {
    let (world, server, allow) = world(None);
    world.run(["run", &allow, "text"]).success();
    let away = world.path("nothing here");
    world.configure(&format!("[git.mirrors]\n\"https://example.com/\" = \"file://{}/\"\n", away.display()));
    world.write("pipe.toml", &crate::packages::manifest("tag = \"v1\""));
    server.script(|_, _| Some(Answer::ok(&b"something else\n"[..])));
    let url = format!("http://{}/file", server.address);
    let is = digest(b"something else\n");
    let named =
        world.run(["update", "web", &allow, &url]).exits(3).says("git cannot fetch https://example.com/web");
    assert!(!named.stderr.contains(&is[..19]) && !world.read("pipe.lock").contains(&is));
    let update = world.run(["update", &allow]).exits(3).says("git cannot fetch https://example.com/web");
    update.says(&format!("{url}: {} -> {}\n", &digest(CONTENT)[..19], &is[..19]));
    assert_eq!(world.read("pipe.lock"), format!("http {url} {is}\n"));
}
