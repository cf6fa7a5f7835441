//! Logging in: tried at the registry first, kept as Docker keeps it, never shown.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{Outcome, World};
use crate::registry::{PASSWORD, Registry};
use crate::server::{Answer, Server};
use crate::terminal::Terminal;

/// Runs a command that reads this, and checks that the password is nowhere in what it says.
fn fed(command: &mut Command, input: &str) -> Outcome {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that does not read it says so by its exit.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let outcome = Outcome::of(&format!("{command:?}"), &child.wait_with_output().unwrap());
    assert!(!outcome.stdout.contains(PASSWORD) && !outcome.stderr.contains(PASSWORD), "{outcome:?}");
    outcome
}

pub(crate) fn login(world: &World, registry: &str, password: &str) -> Outcome {
    fed(world.pipe().args(["login", registry, "-u", "me"]), password)
}

/// Docker's configuration.
fn docker(world: &World) -> Option<Value> {
    let text = std::fs::read(world.home().join(".docker/config.json")).ok()?;
    Some(serde_json::from_slice(&text).unwrap())
}

/// A registry that takes `me` with the password, and says that the image is missing to whoever is known.
fn asking() -> Server {
    let server = Server::start();
    // `me:correct horse`.
    server.script(|asked, _| {
        let known = asked
            .headers
            .get("authorization")
            .is_some_and(|header| header == "Basic bWU6Y29ycmVjdCBob3JzZQ==");
        (!known).then(|| Answer::status(401).header("WWW-Authenticate", "Basic realm=\"test\""))
    });
    server
}

/// The whole way, with a registry as people run it.
#[test]
fn a_login_opens_a_registry() {
    let Some(registry) = Registry::asking("a_login_opens_a_registry") else { return };
    let address = &registry.address;
    let world = World::module(&format!(
        "pub fn say() -> String {{ image(\"{address}/library/alpine:3.20\").run([\"echo\", \"hi\"], network: Off).stdout }}\n"
    ));
    world.run(["run", "say"]).exits(3).says("401").says(&format!("pipe login {address}"));

    login(&world, address, "wrong").exits(1).says("does not take this login");
    assert_eq!(docker(&world), None, "what is not taken is not kept");

    let said = login(&world, address, &format!("{PASSWORD}\n")).success().stdout;
    assert!(said.contains(&format!("logged in to {address} as me")), "{said}");
    let file = world.home().join(".docker/config.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!std::fs::read_to_string(&file).unwrap().contains(PASSWORD));
    assert_eq!(world.prints(["run", "say"]), "hi\n");

    let said = world.prints(["logout", address]);
    assert!(said.contains("are gone"), "{said}");
    assert!(world.prints(["logout", address]).contains("there were no credentials"));
    assert!(docker(&world).unwrap()["auths"].as_object().unwrap().is_empty());
}

/// Docker's file is its owner's: what else stands there stays, and a folder that it names elsewhere is used.
#[test]
fn docker_finds_what_was_kept() {
    let server = asking();
    let world = World::empty();
    let folder = world.path("docker");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("config.json");
    std::fs::write(&file, r#"{"auths":{"ghcr.io":{"auth":"eA=="}},"detachKeys":"ctrl-a"}"#).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut command = world.pipe();
    command.env("DOCKER_CONFIG", &folder).args(["login", &format!("{}/", server.url()), "--password-stdin"]);
    fed(command.args(["--username", "me"]), &format!("{PASSWORD}\r\n")).success();
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(kept["auths"][&server.address]["auth"], "bWU6Y29ycmVjdCBob3JzZQ==");
    assert_eq!((&kept["auths"]["ghcr.io"]["auth"], &kept["detachKeys"]), (&"eA==".into(), &"ctrl-a".into()));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!world.home().join(".docker").exists());
}

/// A helper keeps, gives and forgets; nothing stands in the file.
#[test]
fn credential_helpers_keep_what_docker_has_them_keep() {
    let server = asking();
    let world = World::module(&format!(
        "pub fn say() -> String {{ image(\"{}/a:1\").run([\"true\"]).stdout }}\n",
        server.address
    ));
    let (programs, kept) = (world.path("programs"), world.path("kept"));
    std::fs::create_dir(&programs).unwrap();
    let helper = programs.join("docker-credential-test");
    let text = format!(
        "#!/bin/sh\nkept={}\ncase $1 in\nstore) cat > $kept ;;\n\
         get) if test -s $kept; then cat $kept; else echo 'credentials not found in native keychain'; exit 1; fi ;;\n\
         erase) rm $kept ;;\nesac\n",
        kept.display()
    );
    std::fs::write(&helper, text).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let pipe = |args: &[&str]| {
        let mut command = world.pipe();
        command.env("PATH", &path).args(args);
        command
    };
    // The user's configuration has a word before Docker's.
    world.configure(&format!("[registry.\"{}\"]\ncredential_helper = \"test\"\n", server.address));
    let said = fed(&mut pipe(&["login", &server.address, "-u", "me"]), PASSWORD).success().stdout;
    assert!(said.contains("its credential helper keeps"), "{said}");
    assert_eq!(docker(&world), None);
    let entry: Value = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
    assert_eq!((&entry["ServerURL"], &entry["Username"]), (&server.address.as_str().into(), &"me".into()));
    assert_eq!(entry["Secret"], PASSWORD);

    // Known there: the image is missing then.
    crate::harness::finish(&mut pipe(&["run", "say"])).exits(1).says("there is no image");
    crate::harness::finish(&mut pipe(&["logout", &server.address])).success();
    assert!(!kept.exists());
    crate::harness::finish(&mut pipe(&["run", "say"])).exits(3).says("no credentials");

    world.configure("");
    std::fs::create_dir_all(world.home().join(".docker")).unwrap();
    std::fs::write(world.home().join(".docker/config.json"), r#"{"credsStore":"nowhere"}"#).unwrap();
    let failed = fed(&mut pipe(&["login", &server.address, "-u", "me"]), PASSWORD);
    failed.exits(3).says("docker-credential-nowhere");
}

#[test]
fn what_is_wrong_with_a_login_is_said() {
    let server = asking();
    let world = World::empty();
    let registry = server.address.as_str();
    let name = ["-u", "me"];
    for (args, input, exit, says) in [
        (vec!["login", registry], PASSWORD, 2, "--username NAME"),
        (vec!["login", registry, name[0], name[1]], "", 2, "standard input is empty"),
        (vec!["login", registry, name[0], name[1]], "two\nlines\n", 2, "control character"),
        (vec!["login", registry, "-u", "a:b"], PASSWORD, 2, "user name"),
        (vec!["login", "ghcr.io/me", name[0], name[1]], PASSWORD, 2, "has a path"),
        (vec!["login", "nothing", name[0], name[1]], PASSWORD, 2, "names of registries"),
        (vec!["logout", "https://"], "", 2, "is not the name of a registry"),
        (vec!["login", registry, name[0], name[1], "--password", "x"], "", 2, "--password"),
        (vec!["login", "127.0.0.1:1", name[0], name[1]], PASSWORD, 3, "refuses connections"),
    ] {
        fed(world.pipe().args(&args), input).exits(exit).says(says);
    }
    assert_eq!(docker(&world), None);
    // Never in clear text to another machine, whatever the user configured.
    world.configure(
        "[registry.\"192.0.2.1\"]\nplain_http = true\n[registry.\"broken.test\"]\nplain_http = 3\n",
    );
    login(&world, registry, PASSWORD).exits(2).says("config.toml");
    let unasked = Server::start();
    world.configure("");
    let said = login(&world, &unasked.address, PASSWORD).success().stdout;
    assert!(said.contains("asks nobody to log in"), "{said}");
}

/// A person types it, and nobody beside the person reads it.
#[test]
fn a_password_is_not_shown_while_it_is_typed() {
    let server = asking();
    let world = World::empty();
    let mut terminal = Terminal::run(&world, (24, 120), &["login", &server.address], &[]);
    terminal.wait_for(|screen| screen.contains("user name at"));
    terminal.types("me\n");
    terminal.wait_for(|screen| screen.contains("password:"));
    terminal.types(&format!("{PASSWORD}\n"));
    let ended = terminal.wait();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    assert!(ended.screen.contains("as me; the password is in"), "{}", ended.screen);
    assert!(!ended.raw.contains(PASSWORD), "{}", ended.raw);
    assert_eq!(docker(&world).unwrap()["auths"][&server.address]["auth"], "bWU6Y29ycmVjdCBob3JzZQ==");
}

/// Ctrl-C at the question keeps nothing, and leaves a terminal that shows what is typed.
#[test]
fn a_login_can_be_stopped() {
    let server = asking();
    let world = World::empty();
    let script =
        "\"$0\" login \"$1\" -u me; echo \"ended with $?\"; stty -a | tr ' ;' '\\n\\n' | grep -x echo";
    let mut terminal = Terminal::program(
        &world,
        (24, 120),
        "sh",
        &["-c", script, crate::harness::pipe_binary().to_str().unwrap(), &server.address],
    );
    terminal.wait_for(|screen| screen.contains("password:"));
    terminal.types("half\u{3}");
    let ended = terminal.wait();
    assert!(ended.screen.contains("ended with 130"), "{}", ended.screen);
    assert!(ended.screen.contains("\necho"), "{}", ended.screen);
    assert!(!ended.raw.contains("half"), "{}", ended.raw);
    assert_eq!(docker(&world), None);
    assert!(server.asked().is_empty());
}
