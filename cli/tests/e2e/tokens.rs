//! Sources that ask who comes: a secret is told to their server, and to nobody else.

use std::os::unix::fs::PermissionsExt;

use crate::checkout;
use crate::git_server::serve_to;
use crate::harness::{Outcome, World, finish};
use crate::packages::repositories;
use crate::secrets::{TOKEN, holding, with_token};
use crate::server::{Answer, Server};

const CONTENT: &[u8] = b"only for those who are known\n";

/// How git says `x-access-token` and the token.
const BASIC: &str = "Basic eC1hY2Nlc3MtdG9rZW46aHVudGVyMi1odW50ZXIy";

fn run(world: &World, allow: &str, args: &[&str]) -> Outcome {
    let allow = format!("--allow=secret:TOKEN,{allow}");
    let outcome = finish(world.pipe().env("TOKEN", TOKEN).args(["run", &allow]).args(args));
    quiet(outcome)
}

/// Whatever it said, the token is not in it.
#[track_caller]
fn quiet(outcome: Outcome) -> Outcome {
    assert!(!outcome.stdout.contains(TOKEN) && !outcome.stderr.contains(TOKEN), "{outcome:?}");
    outcome
}

#[test]
fn a_file_is_had_with_secrets_that_stay_with_its_server() {
    let (server, elsewhere) = (Server::start(), Server::start());
    elsewhere.script(|_, _| Some(Answer::ok(CONTENT)));
    let there = format!("{}/file", elsewhere.url());
    server.script(move |asked, _| {
        let told = |name: &str| asked.headers.get(name).map(String::as_str);
        let bearer = told("authorization") == Some("Bearer hunter2-hunter2");
        let named = told("private-token") == Some(TOKEN) && told("authorization").is_none();
        Some(match asked.path.as_str() {
            "/bearer" if bearer => Answer::ok(CONTENT),
            "/named" if named => Answer::ok(CONTENT),
            "/moved" if bearer => Answer::status(302).header("Location", &there),
            _ => Answer::status(401),
        })
    });
    let address = &server.address;
    let world = with_token(&format!(
        "pub fn bearer() -> String {{ http(\"http://{address}/bearer\", token: token).contents }}\n\
         pub fn named() -> String {{ http(\"http://{address}/named\", headers: [\"PRIVATE-TOKEN\": token]).contents }}\n\
         pub fn moved() -> String {{ http(\"http://{address}/moved\", token: token).contents }}\n\
         pub fn nobody() -> String {{ http(\"http://{address}/bearer\").contents }}\n\
         pub fn twice() -> File {{ http(\"http://{address}/bearer\", token: token, headers: [\"authorization\": token]) }}\n\
         pub fn wrong() -> File {{ http(\"http://{address}/bearer\", headers: [\"Host\": token]) }}\n\
         pub fn plain() -> File {{ http(\"http://1.1.1.1/x\", sha256: \"{}\", token: token) }}\n",
        "a".repeat(64)
    ));
    let allow = format!("net:{address},net:{}", elsewhere.address);
    run(&world, &allow, &["nobody"]).exits(3).says("401");
    let content = String::from_utf8_lossy(CONTENT);
    for target in ["bearer", "named", "moved"] {
        assert_eq!(run(&world, &allow, &[target]).success().stdout, content, "{target}");
    }
    // Whoever it leads to is told nothing.
    let [asked] = &elsewhere.asked()[..] else { panic!("{:?}", elsewhere.asked()) };
    assert!(!format!("{asked:?}").contains("hunter2"), "{asked:?}");
    run(&world, &allow, &["twice"]).exits(1).says("is there twice");
    run(&world, &allow, &["wrong"]).exits(1).says("`Host` is not the name of a header");
    run(&world, &allow, &["plain"]).exits(1).says("over plain http anybody could read the secret");
    world.run(["run", &format!("--allow={allow}"), "bearer"]).exits(2).says("--allow secret:TOKEN");
    // A plan reads no secret.
    world.run(["plan", &format!("--allow={allow}"), "bearer"]).success();
    assert_eq!(holding(&world.store()), [""; 0]);
    assert_eq!(holding(&world.package()), [""; 0]);
}

/// The token is no part of what the source is: whoever has the content needs none.
#[test]
fn what_is_in_the_store_needs_no_secret() {
    let server = Server::start();
    server.script(|asked, _| {
        let told = asked.headers.get("authorization").map(String::as_str);
        Some(if told == Some("Bearer hunter2-hunter2") { Answer::ok(CONTENT) } else { Answer::status(401) })
    });
    let address = &server.address;
    let world = with_token(&format!(
        "pub fn text(path: String = \"file\") -> String {{ http(\"http://{address}/${{path}}\", token: token).contents }}\n\
         pub fn seen() -> String {{ tools.run(sh\"echo ${{{{ text() }}}}\").stdout }}\n\
         pub fn by_name() -> String {{ tools.secret_env(\"TOKEN\", token, key: ByName).run(sh\"echo ok\").stdout }}\n\
         pub fn also_seen() -> String {{ tools.secret_env(\"TOKEN\", token).run(sh\"echo ok\").stdout + text() }}\n"
    ));
    let allow = format!("net:{address}");
    let without = |args: &[&str]| {
        let allow = format!("--allow=secret:TOKEN,{allow}");
        finish(world.pipe().args([args, &[allow.as_str()]].concat()))
    };
    // Nothing is known of it yet.
    without(&["run", "text"])
        .exits(2)
        .says("the secret `env:TOKEN` cannot be had: the variable TOKEN is not set");
    assert_eq!(server.asked().len(), 0);
    let content = String::from_utf8_lossy(CONTENT);
    assert_eq!(run(&world, &allow, &["text"]).success().stdout, content);
    assert_eq!(without(&["run", "text"]).success().stdout, content);
    let step = without(&["run", "seen"]).success().stdout;
    assert!(without(&["plan", "seen"]).success().stdout.contains("cached"));
    assert_eq!(without(&["run", "seen"]).success().stdout, step);
    // Likewise a step that its name stands for in the key.
    without(&["run", "by_name"]).exits(2).says("TOKEN is not set");
    run(&world, &allow, &["by_name"]).success();
    assert_eq!(without(&["run", "by_name"]).success().stdout, "ok\n");
    // The next content, and a step that is known by the value, cannot do without.
    without(&["run", "text", "--path", "other"]).exits(2).says("main.pipe").says("TOKEN is not set");
    without(&["run", "also_seen"]).exits(2).says("TOKEN is not set");
}

#[test]
fn a_private_repository_is_read_with_a_token() {
    let (world, _) = checkout::world("https://git.example/app");
    let port = serve_to(repositories(&world), Some(BASIC));
    let url = format!("http://127.0.0.1:{port}/app");
    world.write(
        "main.pipe",
        &format!(
            "param token: Secret = host.secret(\"env:TOKEN\")\n\n\
             pub fn names() -> List[Path] {{ git(\"{url}\", \"main\", token: token).glob(\"**\") }}\n\
             pub fn other() -> Dir {{ git(\"{url}\", \"main\", token: token, user: \"somebody\") }}\n\
             pub fn nobody() -> Dir {{ git(\"{url}\", \"main\") }}\n\
             pub fn keys() -> Dir {{ git(\"ssh://127.0.0.1:{port}/app\", \"main\", token: token) }}\n"
        ),
    );
    // What `git` is called with, anybody on this machine could read.
    std::fs::create_dir(world.path("bin")).unwrap();
    let log = world.path("log").display().to_string();
    std::fs::write(
        world.path("bin/git"),
        format!("#!/bin/sh\necho \"$@\" >> '{log}'\nexec /usr/bin/git \"$@\"\n"),
    )
    .unwrap();
    std::fs::set_permissions(world.path("bin/git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let allow = format!("--allow=secret:TOKEN,net:127.0.0.1:{port}");
    let run = |args: &[&str]| {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", world.path("bin").display());
        let mut command = world.pipe();
        command.env("PATH", path).env("TOKEN", TOKEN).args(["run", &allow]).args(args);
        quiet(finish(&mut command))
    };
    run(&["nobody"]).exits(3).says("`token:`");
    run(&["other"]).exits(3).says("`token:`");
    run(&["--allow=git:127.0.0.1", "keys"]).exits(1).says("takes no token");
    // With its submodule, which is on the same server.
    assert_eq!(run(&["names", "--json"]).success().stdout.trim(), checkout::NAMES);
    // It is in the store now, and who has it needs no token.
    assert_eq!(world.prints(["run", &allow, "names", "--json"]).trim(), checkout::NAMES);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("fetch") && !log.contains(TOKEN) && !log.contains("Basic"), "{log}");
    assert_eq!(holding(&world.store()), [""; 0]);
}
