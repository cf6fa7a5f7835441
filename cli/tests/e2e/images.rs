//! Images, out of a registry on this machine that stands for the public ones.

use std::path::Path;

use serde_json::json;

use crate::harness::{World, has_ids, skip};
use crate::server::{Answer, Asked, Layer, Server, gzip};

/// The programs of a small image: all of them are `busybox`.
const APPLETS: [&str; 13] =
    ["sh", "echo", "cat", "grep", "id", "pwd", "env", "ls", "stat", "readlink", "sleep", "true", "mkdir"];

/// What `first-module` of every tour holds.
const FIRST_MODULE: &str = r#"
## Says what it is told.
pub fn container_echo(text: String) -> String {
  image("alpine:3.20").run(["echo", text], network: Off).stdout
}

## Lines of the files in `dir` that match.
pub fn grep_dir(dir: Dir, pattern: String) -> String {
  image("alpine:3.20")
    .mount("/src", dir)
    .workdir("/src")
    .run(["grep", "-r", pattern, "."], expect: [0, 1], network: Off)
    .stdout
}
"#;

/// A world whose registries are all on this machine; `None` without `busybox`.
pub(crate) fn world(name: &str, module: &str) -> Option<(World, Server)> {
    let Some(busybox) =
        ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).exists())
    else {
        skip(name, "there is no busybox (Debian: busybox-static)");
        return None;
    };
    let server = Server::start();
    let alpine = alpine(&std::fs::read(busybox).unwrap());
    let config = json!({"config": {"Env": ["PATH=/usr/local/bin:/bin", "A=image"], "Cmd": ["/bin/sh"]}});
    for (repository, tag) in [("library/alpine", "3.20"), ("library/busybox", "1.36"), ("me/tool", "1")] {
        server.image(repository, tag, config.clone(), std::slice::from_ref(&alpine));
    }
    let odd = json!({"config": {
        "Env": ["PATH=/opt/tools:/bin", "A=image", "B=image"], "User": "app", "WorkingDir": "/srv/app",
        "Entrypoint": ["/bin/false"], "Cmd": ["never"], "Labels": {"of": "the image"},
        "ExposedPorts": {"8080/tcp": {}, "5432/tcp": {}}, "Shell": ["/bin/sh", "-c"], "StopSignal": "SIGQUIT",
    }});
    let accounts = archive(|builder| {
        file(
            builder,
            "etc/passwd",
            0o644,
            (0, 0),
            b"root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
        );
        file(builder, "etc/group", 0o644, (0, 0), b"root:x:0:\napp:x:1000:\n");
        file(builder, "srv/app/own", 0o600, (1000, 1000), b"mine\n");
        file(builder, "opt/tools/tool", 0o755, (0, 0), b"#!/bin/sh\necho found on PATH\n");
    });
    let owned = archive(|builder| {
        folder(builder, "home/app/", 0o750, (1000, 1000));
        file(builder, "home/app/notes", 0o640, (1000, 1000), b"one\n");
        folder(builder, "home/app/sub/", 0o770, (1000, 8));
        link(builder, "home/app/sub/link", (1000, 1000), "../notes");
        file(builder, "home/app/sub/gone", 0o600, (33, 33), b"");
        folder(builder, "home/app/shared/", 0o2775, (0, 50));
    });
    server.image("library/owned", "1", config, &[alpine.clone(), owned]);
    server.image("library/odd", "1", odd, &[alpine, accounts]);
    let world = World::module(module);
    world.mirror(&server.url());
    Some((world, server))
}

pub(crate) type Builder = tar::Builder<Vec<u8>>;

pub(crate) fn archive(fill: impl FnOnce(&mut Builder)) -> Layer {
    let mut builder = tar::Builder::new(Vec::new());
    fill(&mut builder);
    gzip(builder.into_inner().unwrap())
}

fn header(mode: u32, (uid, gid): (u64, u64)) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    header.set_uid(uid);
    header.set_gid(gid);
    header.set_mtime(1_000_000_000);
    header.set_size(0);
    header
}

pub(crate) fn file(builder: &mut Builder, path: &str, mode: u32, owner: (u64, u64), bytes: &[u8]) {
    let mut header = header(mode, owner);
    header.set_size(bytes.len() as u64);
    builder.append_data(&mut header, path, bytes).unwrap();
}

pub(crate) fn folder(builder: &mut Builder, path: &str, mode: u32, owner: (u64, u64)) {
    let mut header = header(mode, owner);
    header.set_entry_type(tar::EntryType::Directory);
    builder.append_data(&mut header, path, &b""[..]).unwrap();
}

pub(crate) fn link(builder: &mut Builder, path: &str, owner: (u64, u64), target: &str) {
    let mut header = header(0o777, owner);
    header.set_entry_type(tar::EntryType::Symlink);
    builder.append_link(&mut header, path, target).unwrap();
}

/// `busybox` with its links, as small images have it.
fn alpine(busybox: &[u8]) -> Layer {
    archive(|builder| {
        file(builder, "bin/busybox", 0o755, (0, 0), busybox);
        for applet in APPLETS {
            link(builder, &format!("bin/{applet}"), (0, 0), "busybox");
        }
        folder(builder, "tmp/", 0o1777, (0, 0));
    })
}

#[test]
fn the_first_module_of_every_tour() {
    let Some((world, server)) = world("the_first_module_of_every_tour", FIRST_MODULE) else { return };
    assert_eq!(world.prints(["run", "container_echo", "--text", "Hello, pipe!"]), "Hello, pipe!\n");
    let asked = server.asked().len();
    assert_eq!(world.prints(["run", "container-echo", "--text", "Hello, pipe!"]), "Hello, pipe!\n");
    std::fs::write(world.package().join("a.go"), "func main() {}\nvar x\n").unwrap();
    let found = world.prints(["run", "grep-dir", "--dir", ".", "--pattern", "func"]);
    assert!(found.contains("./a.go:func main() {}"), "{found}");
    assert_eq!(server.asked().len(), asked, "everything was there");
    assert!(world.read("pipe.lock").starts_with("image docker.io/library/alpine:3.20 sha256:"));
    world.run(["cache", "verify"]).success();
}

#[test]
fn update_moves_pins_to_what_tags_are_now() {
    let module =
        r#"pub fn which() -> String { image("alpine:3.20").run(sh"echo $WHICH", network: Off).stdout }"#;
    let Some((world, server)) = world("update_moves_pins_to_what_tags_are_now", module) else { return };
    let which = |value: &str| {
        let busybox =
            ["/bin/busybox", "/usr/bin/busybox"].into_iter().find_map(|path| std::fs::read(path).ok());
        let config = json!({"config": {"Env": ["PATH=/bin", format!("WHICH={value}")]}});
        server.image("library/alpine", "3.20", config, &[alpine(&busybox.unwrap())]);
    };
    which("old");
    assert_eq!(world.prints(["run", "which"]), "old\n");
    let old = world.read("pipe.lock");
    which("new");
    assert_eq!(world.prints(["run", "which"]), "old\n", "the pin holds");
    world.run(["update", "--locked"]).success();
    world.run(["update", "--offline"]).success();
    world.run(["update", "other:1"]).exits(2).says("pipe.lock pins no such image");
    world.run(["update", "--locked", "alpine:3.20"]).exits(2).says("--locked forbids");
    world.run(["update", "--offline", "alpine:3.20"]).exits(2).says("--offline forbids");
    assert_eq!(world.read("pipe.lock"), old);
    world.run(["update", "alpine:3.20"]).success().says("docker.io/library/alpine:3.20: sha256:");
    assert_ne!(world.read("pipe.lock"), old);
    assert_eq!(world.prints(["run", "which"]), "new\n");
    world.run(["update"]).success().says("all as they were");
    let now = world.read("pipe.lock");
    server.script(|_, _| Some(Answer::status(400)));
    world.run(["update"]).exits(3).says("cannot get docker.io/library/alpine:3.20");
    assert_eq!(world.read("pipe.lock"), now);
}

/// What the image says holds where the pipeline says nothing.
#[test]
fn an_odd_image_is_run_as_it_says() {
    let module = r#"
pub fn user() -> String { image("odd:1").run(["id", "-un"], network: Off).stdout }
pub fn where_it_is() -> String { image("odd:1").run(["pwd"], network: Off).stdout }
pub fn below() -> String { image("odd:1").workdir("sub").run(["pwd"], network: Off).stdout }
pub fn tool() -> String { image("odd:1").run(["tool"], network: Off).stdout }
pub fn variables() -> String {
  image("odd:1").env("B", "mine").unset_env("A").run(sh"echo ${A-gone} $B $HOME $PATH", network: Off).stdout
}
pub fn root() -> String { image("odd:1").user("root").run(sh"id -u; echo $HOME", network: Off).stdout }
pub fn owned() -> String { image("odd:1").user("root").run(["stat", "-c", "%u:%g %a", "/srv/app/own"], network: Off).stdout }
pub fn fields() -> String {
  let img = image("odd:1")
  "${img.user} ${img.workdir} ${img.env_of("A") ?? "none"} ${img.env_of("Z") ?? "none"} ${img.entrypoint.join(" ")}"
}
pub fn maps() -> String {
  let img = image("odd:1").env("B", "mine").unset_env("A").label("here", "too").expose(5432)
  "${img.env.get("B") ?? "none"} ${img.env.get("A") ?? "none"} ${img.env.get("PATH") ?? "none"} ${img.labels.get("of") ?? "none"} ${img.labels.get("here") ?? "none"} ${img.ports.len()} ${img.shell.join(" ")}"
}
pub fn serves() -> Bool { if image("odd:1").ports.contains(8080) { true } else { false } }
pub fn prepended() -> String { image("odd:1").prepend_path("/x").run(sh"echo $PATH", network: Off).stdout }
pub fn relative() -> String { image("odd:1").write("note", "hi").run(["cat", "/srv/app/note"], network: Off).stdout }
pub fn stops() -> Check {
  let server = image("odd:1").user("root").service(
    command: sh"""
      trap 'echo quit; exit' QUIT
      trap 'echo terminated; exit' TERM
      echo > /tmp/up
      while :; do sleep 0.05; done
    """,
    ready: ["cat", "/tmp/up"],
  )
  image("alpine:3.20").bind("server", server).check(["true"], network: Off)
}
pub fn decided() -> String { if image("odd:1").user == "app" { "yes" } else { "no" } }
"#;
    let Some((world, _server)) = world("an_odd_image_is_run_as_it_says", module) else { return };
    // Without a range of ids there is no other user than root.
    if has_ids() {
        assert_eq!(world.prints(["run", "user"]), "app\n");
        assert_eq!(world.prints(["run", "where_it_is"]), "/srv/app\n");
        assert_eq!(world.prints(["run", "below"]), "/srv/app/sub\n");
        assert_eq!(world.prints(["run", "tool"]), "found on PATH\n");
        assert_eq!(world.prints(["run", "variables"]), "gone mine /home/app /opt/tools:/bin\n");
        assert_eq!(world.prints(["run", "owned"]), "1000:1000 600\n");
        assert_eq!(world.prints(["run", "prepended"]), "/x:/opt/tools:/bin\n");
        assert_eq!(world.prints(["run", "relative"]), "hi");
    }
    assert_eq!(world.prints(["run", "root"]), "0\n/root\n");
    assert_eq!(world.prints(["run", "fields"]), "app /srv/app image none /bin/false");
    assert_eq!(world.prints(["run", "decided"]), "yes");
    assert_eq!(world.prints(["run", "maps"]), "mine none /opt/tools:/bin the image too 2 /bin/sh -c");
    assert_eq!(world.prints(["run", "serves"]), "true\n");
    let stopped = world.events(["run", "stops"]).success();
    let said = stopped.objects().into_iter().filter(|object| object["event"] == "log");
    let said: Vec<_> = said.map(|object| object["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(said, ["quit\n"], "{}", stopped.stderr);
    world.run(["cache", "verify"]).success();
}

#[test]
fn tags_are_pinned() {
    let module = "pub fn say() -> String { image(\"ghcr.io/me/tool:1\").run([\"echo\", \"hi\"], network: Off).stdout }\n";
    let Some((world, server)) = world("tags_are_pinned", module) else { return };
    let plan = world.prints(["plan", "say"]);
    assert!(plan.contains("pipe.lock does not pin"), "{plan}");
    world.run(["run", "--locked", "say"]).exits(2).says("--locked");
    world.run(["run", "--offline", "say"]).exits(3).says("--offline");
    assert_eq!(server.asked().len(), 0);

    // CI tells, and writes nothing.
    let ci = crate::harness::finish(world.pipe().env("CI", "true").args(["run", "say"]));
    ci.success().says("not pinned in pipe.lock: ghcr.io/me/tool:1");
    assert!(!world.package().join("pipe.lock").exists());

    world.write("pipe.lock", "zzz kept\n");
    world.run(["run", "say"]).success();
    let lock = world.read("pipe.lock");
    assert!(lock.starts_with("image ghcr.io/me/tool:1 sha256:") && lock.ends_with("\nzzz kept\n"), "{lock}");
    assert!(world.prints(["plan", "say"]).contains("cached"));

    // The tag moves; the pin does not.
    let asked = server.asked().len();
    server.image(
        "me/tool",
        "1",
        json!({}),
        &[archive(|builder| file(builder, "nothing", 0o644, (0, 0), b""))],
    );
    for flag in [["run", "--locked", "say"], ["run", "--offline", "say"], ["run", "--no-cache", "say"]] {
        assert_eq!(world.prints(flag), "hi\n");
    }
    assert_eq!(server.asked().len(), asked);
    assert_eq!(world.read("pipe.lock"), lock);

    let digest = lock.split_whitespace().nth(2).unwrap();
    world.write("main.pipe", &module.replace("tool:1", &format!("tool@{digest}")));
    std::fs::remove_file(world.package().join("pipe.lock")).unwrap();
    assert_eq!(world.prints(["run", "--locked", "say"]), "hi\n");
    assert!(!world.package().join("pipe.lock").exists(), "a digest needs no pin");

    world.write("pipe.lock", "image x\n");
    world.run(["run", "say"]).exits(2).says("line 1");
}

#[test]
fn a_tag_that_has_to_be_fresh_is_resolved_again() {
    let module = "pub fn say() -> String { image(\"me/tool:1\", fresh: 0s).run([\"echo\", \"hi\"], network: Off).stdout }\n";
    let Some((world, server)) = world("a_tag_that_has_to_be_fresh_is_resolved_again", module) else { return };
    let resolved = || server.asked().iter().filter(|asked| asked.path.ends_with("/manifests/1")).count();
    world.prints(["run", "say"]);
    world.prints(["run", "say"]);
    assert_eq!(resolved(), 2);
    assert!(!world.package().join("pipe.lock").exists());
    world.write("main.pipe", &module.replace("0s", "1d"));
    world.prints(["run", "say"]);
    assert_eq!(resolved(), 2);
}

/// Each way in which a registry fails: what was tried and the setting that helps are said, the machine's exit code, an empty store; and
/// when it is well again the run goes on.
#[test]
fn a_registry_that_fails_is_told_and_gone_on_from() {
    type Case = (&'static str, fn(&Asked, Answer) -> Option<Answer>, &'static str, &'static str);
    let cases: [Case; 6] = [
        ("401", |_, _| Some(Answer::status(401)), "401", "pipe login 127.0.0.1"),
        (
            "429 that asks for a long time",
            |_, _| Some(Answer::status(429).header("Retry-After", "3600")),
            "429 Too Many Requests, and wants to be left alone for 3600s",
            "mirrors = ",
        ),
        ("500", |_, _| Some(Answer::status(500)), "500 Internal Server Error (4 attempts)", "plain_http"),
        ("nothing at all", |_, _| Some(Answer::status(0)), "(4 attempts)", "mirrors = "),
        (
            "a truncated layer",
            |asked, usual| {
                let cut = usual.body.len() / 2;
                let large = asked.path.contains("/blobs/") && usual.body.len() > 10_000;
                let rest = asked.headers.contains_key("range").then(|| Answer::status(503));
                large.then(|| rest.unwrap_or(Answer { cut: Some(cut), ..usual }))
            },
            "503",
            "run again to go on from what is there",
        ),
        (
            "an altered layer",
            |asked, mut usual| {
                let middle = usual.body.len() / 2;
                let large = asked.path.contains("/blobs/") && usual.body.len() > 10_000;
                large.then(|| {
                    usual.body[middle] ^= 1;
                    usual
                })
            },
            "is not what it should be",
            "mirrors = ",
        ),
    ];
    for (name, answer, says, helps) in cases {
        let test = "a_registry_that_fails_is_told_and_gone_on_from";
        let Some((world, server)) = world(test, "") else { return };
        // By its own name: a mirror's place would be taken by the public registry.
        world.write(
            "main.pipe",
            &format!(
                "pub fn say() -> String {{ image(\"{}/library/alpine:3.20\").run([\"echo\", \"hi\"], network: Off).stdout }}\n",
                server.address
            ),
        );
        server.script(move |asked, usual| answer(asked, usual?));
        let failed = world.run(["run", "say"]).exits(3).says(&server.url()).says(says).says(helps);
        assert!(failed.stderr.contains("main.pipe:1"), "{name}: {}", failed.stderr);
        assert_eq!(world.prints(["cache", "ls"]), "", "{name}");
        let layers = std::fs::read_dir(world.store().join("layers")).unwrap().count();
        assert_eq!(layers, 0, "{name}");
        world.run(["cache", "verify"]).success();
        assert!(!world.package().join("pipe.lock").exists(), "{name}");

        server.behave();
        assert_eq!(world.prints(["run", "say"]), "hi\n", "{name}");
        if name == "a truncated layer" {
            let asked = server.asked();
            let on = asked
                .iter()
                .rev()
                .find(|asked| asked.path.contains("/blobs/") && asked.headers.contains_key("range"));
            assert!(on.is_some(), "the download went on where it was");
        }
    }
}

/// A registry that is busy says for how long, and is given that time.
#[test]
fn a_busy_registry_is_waited_for() {
    let module =
        "pub fn say() -> String { image(\"alpine:3.20\").run([\"echo\", \"hi\"], network: Off).stdout }\n";
    let Some((world, server)) = world("a_busy_registry_is_waited_for", module) else { return };
    server.script(|asked, _| (asked.number == 0).then(|| Answer::status(429).header("Retry-After", "1")));
    assert_eq!(world.prints(["run", "say"]), "hi\n");
}

#[test]
fn an_image_that_is_not_there_is_the_pipelines_fault() {
    let Some((world, server)) = world("an_image_that_is_not_there_is_the_pipelines_fault", "") else {
        return;
    };
    let text = format!(
        "pub fn say() -> String {{ image(\"{}/missing:1\").run([\"echo\"]).stdout }}\n",
        server.address
    );
    world.write("main.pipe", &text);
    world.run(["run", "say"]).exits(1).says("there is no image").says("/missing:1");
}

/// All that is not pinned is named before a step runs, at the places that name it.
#[test]
fn a_lock_is_looked_at_before_anything_runs() {
    let module = "param tools: Container = host.toolchain()\n\
        pub fn first() -> String { tools.run([\"echo\", \"ran\"], network: Off).stdout }\n\
        pub fn one() -> String { image(\"ghcr.io/me/tool:1\").run([\"true\"], network: Off).stdout }\n\
        pub fn two() -> String { image(\"alpine:3.20\").run([\"true\"], network: Off).stdout }\n";
    let Some((world, server)) = world("a_lock_is_looked_at_before_anything_runs", module) else { return };
    let refused = world.run(["run", "--locked", "first", "one", "two"]).exits(2);
    let refused =
        refused.says("ghcr.io/me/tool:1 is not pinned").says("docker.io/library/alpine:3.20 is not pinned");
    let _ = refused.says("main.pipe:3").says("main.pipe:4").says("not-pinned");
    assert!(world.prints(["plan", "first"]).contains("1 to run"));
    assert_eq!(server.asked().len(), 0);
    world.run(["run", "first", "one", "two"]).success();
    world.run(["run", "--locked", "first", "one", "two"]).success();
}
