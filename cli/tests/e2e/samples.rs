//! The examples, for real: images of a registry as people run it.

use serde_json::json;

use crate::git::git;
use crate::harness::{World, copy_tree, finish, has_ids, repository, skip};
use crate::images;
use crate::registry::Registry;
use crate::server::Answer;
use crate::services::states;

#[test]
fn first_module() {
    let Some(registry) = Registry::start("first_module") else { return };
    let world = registry.example("first-module");
    for target in ["container_echo", "container-echo"] {
        assert_eq!(world.prints(["run", target, "--text", "Hello, pipe!"]), "Hello, pipe!\n");
    }
    world.write("a.go", "package main\n\nfunc main() {}\n");
    world.write("below/b.go", "func b() {}\n");
    for target in ["grep-dir", "grep_dir"] {
        let found = world.prints(["run", target, "--dir", ".", "--pattern", "func"]);
        let mut lines: Vec<&str> = found.lines().filter(|line| line.contains(".go:")).collect();
        lines.sort_unstable();
        assert_eq!(lines, ["./a.go:func main() {}", "./below/b.go:func b() {}"], "{found}");
    }
    assert_eq!(world.prints(["run", "grep-dir", "--dir", "below", "--pattern", "nowhere"]), "");
    assert!(world.read("pipe.lock").starts_with("image docker.io/library/alpine:3.20 sha256:"));
    world.run(["cache", "verify"]).success();
}

/// Every binary of the matrix is written, and says what it is.
#[test]
fn matrix() {
    let Some(registry) = Registry::start("matrix") else { return };
    let world = registry.example("matrix");
    let out = world.path("dist");
    world.run(["run", "dist", "-o", out.to_str().unwrap()]).success();
    let mut written: Vec<(String, String)> = std::fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    written.sort();
    let expected = [
        ("amd64", "debug"),
        ("amd64", "plain"),
        ("arm64", "debug"),
        ("arm64", "plain"),
        ("riscv64", "plain"),
    ]
    .map(|(arch, flavour)| (format!("app-{arch}-{flavour}"), format!("built for {arch} {flavour}\n")));
    assert_eq!(written, expected);

    let again = world.events(["run", "dist"]).success();
    assert_eq!(again.steps("ran"), [""; 0]);
    world.run(["test"]).success();
}

/// The sample of a repository of services: those that changed are built, out of `HEAD`.
#[test]
fn monorepo() {
    let Some(mut registry) = Registry::start("monorepo") else { return };
    let world = registry.example("monorepo");
    let package = world.package();
    let git = |args: &[&str]| drop(git(&world, &package, args));
    let commit = |message: &str| {
        git(&["add", "-A"]);
        git(&["commit", "-qm", message]);
    };
    let built = |args: &[&str]| {
        let out = world.path("out");
        let _ = std::fs::remove_dir_all(&out);
        world.run(["run", "build_changed"].iter().chain(args)).success();
        world.prints(["run", "changed", "--json"].iter().chain(args)).trim().to_owned()
    };
    git(&["init", "-q"]);
    commit("All");
    world.write("services/web/index.html", "<h1>new</h1>\n");
    world.write("README.md", "not a service\n");
    commit("Web");
    assert_eq!(built(&[]), r#"["services/web"]"#);
    assert!(world.read("pipe.lock").starts_with("image docker.io/library/busybox:1.36 sha256:"));
    // The base image is there.
    registry.stop();
    world.write("services/api/api.sh", "echo new api\n");
    commit("Api");
    assert_eq!(built(&[]), r#"["services/api"]"#);
    assert_eq!(built(&["--since", "HEAD~2"]), r#"["services/api","services/web"]"#);
    // What is not committed is no part of it.
    world.write("services/web/Dockerfile", "FROM nowhere\n");
    assert_eq!(built(&["--since", "HEAD~2"]), r#"["services/api","services/web"]"#);
    world.run(["plan", "build_changed"]).success();
    world.write("services/web/Dockerfile", "FROM busybox:1.36\nCOPY missing /\n");
    commit("Broken");
    world.run(["run", "build_changed"]).exits(1).says("services/web/Dockerfile:2").says("missing");
    // All that an image needs; what builds cannot carry is told at its line.
    let whole = "FROM busybox:1.36\nENV WHO=web PLACE=/www\nWORKDIR $PLACE\nCOPY index.html .\nRUN echo \"$WHO in $(pwd)\" > said; cat index.html >> said\nENTRYPOINT [\"cat\"]\nCMD [\"said\"]\n";
    world.write("services/web/Dockerfile", whole);
    commit("Whole");
    let said = "app(\"services/web\").run([\"cat\", \"said\"], network: Off).stdout";
    assert_eq!(world.prints(["run", "--network", "off", said]), "web in /www\n<h1>new</h1>\n");
    let config =
        "app(\"services/web\").entrypoint.join(\" \") + \" \" + app(\"services/web\").command.join(\" \")";
    assert_eq!(world.prints(["run", "--network", "off", config]), "cat said");
    world.write("services/web/Dockerfile", &whole.replace("WORKDIR $PLACE", "VOLUME /www"));
    commit("Volume");
    world
        .run(["run", "build_changed"])
        .exits(1)
        .says("services/web/Dockerfile:3")
        .says("`VOLUME` is not supported");
    world.run(["check"]).success();
    world.run(["fmt", "--check"]).success();
}

/// A whole distribution: its owners are kept where there are ids for them, and its package manager works.
#[test]
fn debian() {
    let Some(registry) = Registry::start("debian") else { return };
    let world = registry.module(
        r#"
fn debian() -> Container { image("debian:bookworm-slim") }
pub fn release() -> String { debian().run(bash"source /etc/os-release; echo $VERSION_CODENAME", network: Off).stdout }
pub fn shadow() -> String { debian().run(["stat", "-c", "%U:%G %a", "/etc/shadow"], network: Off).stdout }
pub fn packages() -> String {
  debian().run(sh"dpkg --remove --force-all login > /dev/null; test ! -e /bin/login; dpkg --verify bash | grep -v ^missing || true", network: Off).stdout
}
"#,
    );
    assert_eq!(
        world.prints(["run", "release"]),
        "bookworm
"
    );
    let shadow = world.prints(["run", "shadow"]);
    let expected = if has_ids() { "root:shadow 640\n" } else { "root:root 640\n" };
    assert_eq!(shadow, expected);
    assert_eq!(world.prints(["run", "packages"]), "");
    world.run(["cache", "verify"]).success();
}

/// The service is tested and built by a real Go, and the program runs on this machine and in the image.
#[test]
fn go_service() {
    let Some(registry) = Registry::start("go_service") else { return };
    let world = registry.example("go-service");
    // Nothing is fetched: the service stands on Go alone.
    let out = world.path("app");
    // One after the other: what the first compiles, the second finds in the cache volume.
    world.run(["run", "--network", "off", "unit"]).success();
    world.run(["run", "--network", "off", "build", "-o", out.to_str().unwrap()]).success();
    assert_eq!(finish(world.command(&out).arg("pipe")).success().stdout, "hello, pipe\n");
    assert_eq!(world.prints(["run", "--network", "off", "app().user"]), "nonroot:nonroot");
    if has_ids() {
        let says = "app().run([\"/app\", \"image\"], network: Off).stdout";
        assert_eq!(world.prints(["run", "--network", "off", says]), "hello, image\n");
    }
    // Broken by its author: the test fails, and says which.
    let source = world.read("main.go");
    world.write("main.go", &source.replace("hello, ", "bye, "));
    world.run(["run", "--network", "off", "unit"]).exits(1).says("TestGreeting");
    world.run(["cache", "verify"]).success();
}

/// What a service went through.
const WHOLE_LIFE: [&str; 3] = ["starting", "ready", "stopped"];

/// Real servers that need no user but root.
#[test]
fn integration() {
    let Some(registry) = Registry::start("integration") else { return };
    let world = registry.example("integration");
    for target in ["visits", "page"] {
        assert_eq!(states(&world.events(["run", target]).success()), WHOLE_LIFE, "{target}");
        assert_eq!(states(&world.events(["run", target]).success()), [""; 0], "{target}");
    }
}

/// All of it, twice: the second run starts no service. And two runs at once, of one store and of two, which do not meet.
#[test]
fn integration_with_a_database() {
    let Some(registry) = Registry::start("integration_with_a_database") else { return };
    if !has_ids() {
        return skip("integration_with_a_database", "PostgreSQL runs as another user than root");
    }
    let world = registry.example("integration");
    let first = world.events(["run", "integration"]).success();
    assert_eq!(first.steps("ran").len(), 3, "{}", first.stderr);
    let mut seen = states(&first);
    seen.sort();
    assert_eq!(
        seen,
        ["ready", "ready", "ready", "starting", "starting", "starting", "stopped", "stopped", "stopped"]
    );
    let second = world.events(["run", "integration"]).success();
    assert_eq!((second.steps("ran"), states(&second)), (vec![], vec![]));
    let other = registry.example("integration");
    let beside = [
        world.start(["run", "--no-cache", "orders"]),
        world.start(["run", "--no-cache", "orders"]),
        other.start(["run", "orders"]),
    ];
    for run in beside {
        assert_eq!(states(&run.wait().success()), WHOLE_LIFE);
    }
    // A database that does not come up is told with its log and how it ended.
    let image = world.read("main.pipe").replace(".secret_env(\"POSTGRES_PASSWORD\", password)", "");
    world.write("main.pipe", &image);
    world
        .run(["run", "orders"])
        .exits(1)
        .says("its service `db` ended with exit code 1 before it was ready")
        .says("the database has no password");
}

/// A registry that goes away in the middle of a day: what is there runs on, what is not is told, and it goes on when it is back.
#[test]
fn a_registry_that_goes_and_comes() {
    let Some(mut registry) = Registry::start("a_registry_that_goes_and_comes") else { return };
    let address = registry.address.clone();
    let world = World::module(&format!(
        "pub fn small() -> String {{ image(\"{address}/library/alpine:3.20\").run([\"echo\", \"small\"], network: Off).stdout }}\n\
         pub fn large() -> String {{ image(\"{address}/library/debian:12\").run([\"echo\", \"large\"], network: Off).stdout }}\n"
    ));
    assert_eq!(world.prints(["run", "small"]), "small\n");
    registry.stop();
    for flags in [&["--no-cache"][..], &["--no-cache", "--offline"], &["--no-cache", "--locked"]] {
        assert_eq!(world.prints([&["run"], flags, &["small"]].concat()), "small\n");
    }
    world
        .run(["run", "small", "large"])
        .exits(3)
        .says("refuses connections (4 attempts)")
        .says(&registry.url())
        .says("1 cached");
    world.run(["run", "--offline", "large"]).exits(3).says("--offline");
    world.run(["cache", "verify"]).success();
    registry.run();
    assert_eq!(world.prints(["run", "large"]), "large\n");
    world.run(["cache", "verify"]).success();
}

/// A `kubectl` that tells the cluster of its configuration what it was asked for.
const KUBECTL: &str = r#"#!/bin/sh
server=$(sed -n 's/^ *server: //p' /root/.kube/config)
exec wget -q -O /dev/null --post-data "$*" "$server/apply"
"#;

/// Rolled out to a few, and to everybody when somebody has said yes: each thing is done once.
#[test]
fn rollout() {
    let Some((world, server)) = images::world("rollout", "") else { return };
    copy_tree(&repository().join("examples/rollout"), &world.package());
    let layer = images::archive(|builder| {
        images::file(builder, "bin/kubectl", 0o755, (0, 0), KUBECTL.as_bytes());
        let busybox =
            ["/bin/busybox", "/usr/bin/busybox"].into_iter().find_map(|path| std::fs::read(path).ok());
        for applet in ["sed", "sh", "wget"] {
            images::file(builder, &format!("bin/{applet}"), 0o755, (0, 0), busybox.as_ref().unwrap());
        }
    });
    server.image("bitnami/kubectl", "1.31", json!({"config": {"Env": ["PATH=/bin"]}}), &[layer]);
    server.script(|asked, _| (asked.path == "/apply").then(|| Answer::ok("")));
    let config = world.home().join(".kube/config");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, format!("clusters:\n- cluster:\n    server: {}\n", server.url())).unwrap();
    let applied = || -> Vec<String> {
        let asked = server.asked().into_iter().filter(|asked| asked.path == "/apply");
        asked.map(|asked| String::from_utf8(asked.body).unwrap()).collect()
    };
    let of = |namespace: &str, traffic: u32| {
        [
            format!("-n {namespace} set image deployment/app app=r.example.com/app:1"),
            format!("-n {namespace} annotate --overwrite deployment/app traffic={traffic}"),
        ]
    };
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    let allow = format!("secret:file:{},net:localhost:{port}", config.display());
    let deploy = |more: &[&str]| {
        let command = ["run", "--allow", &allow, "deploy", "--app", "r.example.com/app:1"];
        world.events(command.iter().chain(more))
    };

    world.run(["test"]).success();
    assert_eq!(applied(), [""; 0]);
    deploy(&[]).success();
    assert_eq!(applied(), of("staging", 100));

    let production = ["--env", "Production(canary: 5, soak: 1ms)"];
    let stopped = deploy(&production).exits(4);
    assert_eq!(stopped.steps("ran"), ["apply", "sleep"]);
    let canary = [of("staging", 100), of("production", 5)].concat();
    assert_eq!(applied(), canary);
    let told = stopped.the("resume");
    let run = told["run"].as_str().unwrap();
    // Nobody said yes.
    deploy(&[&production[..], &["--resume", run]].concat()).exits(4);
    assert_eq!(applied(), canary);
    let resumed = [&production[..], &["--resume", run, "--approve", "approval"]].concat();
    let outcome = deploy(&resumed).success();
    assert_eq!(
        (outcome.steps("cached"), outcome.steps("ran")),
        (vec!["apply".to_owned(), "sleep".into()], vec!["approval".to_owned(), "apply".into()])
    );
    let all = [canary, of("production", 100).to_vec()].concat();
    assert_eq!(applied(), all);
    deploy(&resumed).success();
    assert_eq!(applied(), all);
}

/// All that needs no other operation than are there.
#[test]
fn all_examples_are_right_as_they_stand() {
    for name in ["hello", "first-module", "matrix", "go-service", "integration", "monorepo", "rollout"] {
        let world = World::example(name);
        world.run(["check"]).success();
        world.run(["fmt", "--check"]).success();
        world.run(["list"]).success();
    }
}
