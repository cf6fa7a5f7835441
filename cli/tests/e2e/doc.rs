//! `pipe doc`.

use std::os::unix::fs::PermissionsExt;

use crate::harness::{World, finish};

const MAIN: &str = "\
## Builds the app.

use \"./deploy.pipe\" as deploy

## The sources.
param src: Dir = workspace.dir()

## Compiles it.
##
## ```pipe
## build(flags: [\"-O3\"])
## ```
pub fn build(flags: List[String] = [\"-O2\"]) -> File {
  host_tools.mount(\"/src\", src).run([\"make\", ..flags]).file(\"/src/app\")
}

param host_tools: Container = host.toolchain()

## Where it goes.
pub enum Target {
  ## For a look.
  Staging
  Production(canary: Percent = 10)
}

## Tells \u{1b}[31mall\u{1b}[0m <script>alert(1)</script>.
pub action announce(to: Target = Staging) {
  match to {
    Staging => ()
    Production(..) => do deploy.tell(\"out\")
  }
}

fn private() -> Int { 1 }

test \"it is one\" { expect private() == 1 }
";
const DEPLOY: &str =
    "## How it gets out.\n\n## Says it.\npub action tell(what: String) { do notify(what) }\n";

fn world() -> World {
    let world = World::module(MAIN);
    world.write("deploy.pipe", DEPLOY);
    world.write("unused.pipe", "## Nobody uses it here.\n\n## One.\npub fn one() -> Int { 1 }\n");
    world.write("pipe.toml", "[package]\nname = \"app\"\n\n[permissions]\nsecrets = [\"TOKEN\"]\n");
    world
}

#[test]
fn what_a_package_offers_is_shown() {
    let world = world();
    // It stands here, for a user who tests cannot look into the sources.
    insta::assert_snapshot!(world.prints(["doc"]), @r#"
    app

    Builds the app.

    What it may do:
      takes a secret as TOKEN

    main (main.pipe)

    param src: Dir = workspace.dir()
        The sources.
        capabilities: reads files of the package

    pub fn build(flags: List[String] = ["-O2"]) -> File
        Compiles it.

            build(flags: ["-O3"])
        capabilities: runs commands, reads files of the package, uses the machine's own tools

    param host_tools: Container = host.toolchain()
        capabilities: uses the machine's own tools

    pub enum Target { Staging, Production(canary: Percent = 10) }
        Where it goes.
          Staging: For a look.

    pub action announce(to: Target = Staging)
        Tells all <script>alert(1)</script>.
        effects: notify

    deploy (deploy.pipe)
      How it gets out.

    pub action tell(what: String)
        Says it.
        effects: notify

    unused (unused.pipe)
      Nobody uses it here.

    pub fn one() -> Int
        One.
    "#);
    assert!(!world.store().exists(), "nothing was evaluated");
    let elsewhere = World::empty();
    let shown = finish(elsewhere.pipe().arg("-C").arg(world.package()).arg("doc")).success().stdout;
    assert_eq!(shown, world.prints(["doc"]), "it does not matter where from");
}

#[test]
fn names_are_shown() {
    let world = world();
    let shown = world.prints(["doc", "build", "Container.workdir", "one"]);
    assert!(
        shown.starts_with("pub fn build(flags: List[String] = [\"-O2\"]) -> File\n    Compiles it.\n"),
        "{shown}"
    );
    assert!(shown.contains("\nfn Container.workdir(path: Path) -> Container\n"), "{shown}");
    assert!(shown.contains("\npub fn one() -> Int\n"), "{shown}");
    world.run(["doc", "buidl"]).exits(2).says("did you mean `build`?");
    let elsewhere = World::empty();
    assert!(elsewhere.prints(["doc", "json.decode"]).contains("fn decode[T](text: String) -> T"));
    elsewhere.run(["doc"]).exits(2).says("no package");
}

#[test]
fn a_page_is_written() {
    let world = world();
    assert_eq!(world.prints(["doc", "-o", "out/docs.html"]), "");
    let page = world.read("out/docs.html");
    assert!(page.starts_with("<!doctype html>"), "{page}");
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains('\u{1b}'), "{page}");
    let left = std::fs::read_dir(world.package().join("out")).unwrap().count();
    assert_eq!(left, 1, "nothing is left beside it");
    world.run(["doc", "-o", "/dev/null/page.html"]).exits(2).says("cannot write");
}

#[test]
fn a_browser_is_started() {
    let world = world();
    let browser = world.path("browser");
    std::fs::write(&browser, format!("#!/bin/sh\ncp \"$1\" {}\n", world.path("seen").display())).unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let named = format!("/no/such/browser:{}", browser.display());
    let place = finish(world.pipe().env("BROWSER", named).args(["doc", "--open"])).success().stdout;
    let page = std::fs::read_to_string(place.trim()).unwrap();
    assert!(page.contains("<title>app</title>"), "{page}");
    while std::fs::read_to_string(world.path("seen")).unwrap_or_default() != page {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    finish(world.pipe().env("PATH", "/no/such").args(["doc", "--open"]))
        .exits(3)
        .says("no browser could be started");
}

#[test]
fn a_package_with_errors_has_no_page() {
    let world = world();
    world.write("unused.pipe", "pub fn one() -> Int { \"1\" }\n");
    world.run(["doc", "-o", "docs.html"]).exits(2).says("unused.pipe:1:");
    assert!(!world.package().join("docs.html").exists());
}
