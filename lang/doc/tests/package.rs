//! What is told about a package.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use pipe_analysis::{Analysis, MemorySystem, PackageRoot};
use pipe_doc::{Docs, Item};

const MAIN: &str = r#"## Builds the <b>app</b> & ships it.
##
## <script>alert("top")</script> See [the site](https://example.com), not [this](javascript:alert(1)).

use "./deploy.pipe" as deploy

## The sources.
param src: Dir = workspace.dir()

param token: Secret = host.secret("env:TOKEN")

## Where it goes.
pub enum Target {
  ## For a look.
  Staging
  ## For all; `</code><script>alert("variant")</script>`.
  Production(canary: Percent = 10)
}

## What an app is.
pub record App {
  ## Its <i>name</i>.
  name: String
  port: Port = 8080
}

fn tools() -> Container { image("alpine:3.20").mount("/src", src) }

## Compiles it. ![pixel](https://evil.example/p.png)
##
## | flag | |
## |---|---|
## | `<script>alert("table")</script>` | x |
pub fn build(flags: List[String] = ["</pre><script>alert('default')</script>"]) -> File {
  tools().run(["make", "all"]).file("/src/app")
}

pub fn name() -> String { "app" }

pub action ship(app: App, to: Target = Staging) -> ImageRef {
  do approval("Ship?")
  do deploy.publish(tools().secret_env("TOKEN", token), app.name)
}

pub fn telling() -> Action[Unit] { notify("shipped") }

fn private() -> Int { 1 }

test "it has a name" { expect name() == "app" && private() == 1 }
"#;

const DEPLOY: &str = r#"## How it gets out.

## Pushes it.
pub action publish(image: Container, name: String) -> ImageRef {
  do notify("pushing ${name}")
  do image.push("ghcr.io/acme/app:1")
}
"#;

fn docs() -> Docs {
    let mut system = MemorySystem::new();
    system.write("main.pipe", MAIN);
    system.write("deploy.pipe", DEPLOY);
    let root = PackageRoot::of_file(&system, Path::new("main.pipe"));
    let mut analysis = Analysis::new(Arc::new(system));
    assert_eq!(analysis.check(&root, &[]), []);
    pipe_doc::package(&analysis.snapshot(), "app <1>", vec!["reads the secret `TOKEN`".into()])
}

fn item<'d>(docs: &'d Docs, name: &str) -> &'d Item {
    docs.items().find(|(_, item)| item.name == name).unwrap().1
}

#[test]
fn public_items_and_parameters_are_told() {
    let docs = docs();
    let names: Vec<(&str, &str)> = docs.items().map(|(module, item)| (&*module.name, &*item.name)).collect();
    assert_eq!(
        names,
        [
            ("main", "src"),
            ("main", "token"),
            ("main", "Target"),
            ("main", "App"),
            ("main", "build"),
            ("main", "name"),
            ("main", "ship"),
            ("main", "telling"),
            ("deploy", "publish"),
        ]
    );
}

#[test]
fn effects_and_capabilities_come_from_what_is_used() {
    let docs = docs();
    assert_eq!(item(&docs, "ship").effects, ["approval", "notify", "push"]);
    assert_eq!(
        item(&docs, "ship").capabilities,
        ["pulls images", "hands secrets to commands", "reads files of the package", "reads secrets"]
    );
    assert_eq!(item(&docs, "telling").effects, ["notify"]);
    assert!(item(&docs, "build").effects.is_empty());
    assert_eq!(
        item(&docs, "Target").signature,
        "pub enum Target { Staging, Production(canary: Percent = 10) }"
    );
    assert_eq!(
        item(&docs, "build").capabilities,
        ["pulls images", "runs commands", "reads files of the package"]
    );
    assert!(item(&docs, "name").capabilities.is_empty());
}

#[test]
fn the_page_is_as_it_was() {
    let page = pipe_doc::page(&docs());
    let (head, body) = page.split_once("<body>").unwrap();
    assert!(head.contains("default-src 'none'; style-src 'sha256-"), "{head}");
    let body = body.split("<script>").next().unwrap();
    insta::assert_snapshot!(body);
}

/// Whatever a package says, its page has one script, no image, and no link but to the web and into itself.
#[test]
fn texts_of_a_package_never_become_markup() {
    let page = pipe_doc::page(&docs());
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
    for bad in ["<img", "<b>app", "<i>name", "href=\"javascript", "src=", "http-equiv=\"refresh"] {
        assert!(!page.contains(bad), "{bad}");
    }
    for (at, _) in page.match_indices("href=\"") {
        let target = &page[at + 6..];
        assert!(target.starts_with('#') || target.starts_with("https://example.com\""), "{}", &target[..40]);
    }
}
