//! What packages want to be allowed, and who accepts it.

use crate::git::git;
use crate::harness::World;
use crate::packages::{commit, lock, manifest, repository, world};
use crate::terminal::Terminal;

/// A version 2 of `web` that pushes and takes a secret.
const WANTS: &str =
    "[package]\nname = \"web\"\n\n[permissions]\nactions = [\"push\"]\nsecrets = [\"token\"]\n";

fn second_version(world: &World) {
    let module = "pub fn count() -> Int { 2 }\npub action ship(c: Container, token: Secret) -> ImageRef {\n  do c.secret_env(\"T\", token).push(\"ghcr.io/a/b\")\n}\n";
    commit(world, "web", &[("pipe.toml", WANTS), ("main.pipe", module)]);
    git(world, &repository(world, "web"), &["tag", "v2"]);
    world.write("pipe.toml", &manifest("tag = \"v2\""));
}

#[test]
fn what_a_package_wants_more_has_to_be_accepted() {
    let world = world();
    world.run(["update"]).success();
    second_version(&world);
    let before = lock(&world);
    let difference = "`web` wants more than was accepted\n  web (https://example.com/web at tag v2)\n    + push images\n      reach the public network from its steps\n    + take a secret as `token`\n";
    world.run(["update"]).exits(2).says(difference).says("pipe update --accept");
    world.run(["run", "count"]).exits(2).says(difference);
    assert_eq!(lock(&world), before);
    world.run(["update", "--accept"]).success();
    assert!(
        lock(&world).contains("tag=v2")
            && lock(&world).ends_with(" allow=action:push,network,secret:token\n"),
        "{}",
        lock(&world)
    );
    assert_eq!(world.prints(["run", "count"]), "2\n");
    world.run(["update"]).success();
    // The lock alone decides: what stands there is what was accepted.
    world.write("pipe.lock", &lock(&world).replace("action:push,", ""));
    let outcome = world.run(["check"]).exits(1);
    assert!(outcome.stdout.contains("permission-not-accepted"), "{}", outcome.stdout);
    // What is wanted no more is told, and needs nobody.
    world.write("pipe.toml", &manifest("tag = \"v1\""));
    world.run(["update", "--accept"]).success();
    assert!(lock(&world).ends_with(" allow=network\n"), "{}", lock(&world));
    // The first time, too.
    world.write("pipe.toml", "[package]\nname = \"test\"\n");
    std::fs::remove_file(world.package().join("pipe.lock")).unwrap();
    world.run(["add", "https://example.com/web#v2"]).exits(2).says("`web` wants what has to be accepted");
    assert_eq!(world.read("pipe.toml"), "[package]\nname = \"test\"\n");
    world.run(["add", "https://example.com/web#v2", "--accept"]).success();
    // Code that does what the manifest does not say is no better for being accepted.
    commit(&world, "web", &[("pipe.toml", "[package]\nname = \"web\"\n")]);
    world.write("pipe.toml", &manifest("branch = \"main\""));
    world.run(["update"]).success();
    let outcome = world.run(["check"]).exits(1);
    assert!(
        outcome.stdout.contains("the package `web` does `push`, and its `pipe.toml` does not say so"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn on_a_terminal_a_person_is_asked() {
    let world = world();
    world.run(["update"]).success();
    second_version(&world);
    let before = lock(&world);
    let answered = |answer: &str| {
        let mut terminal = Terminal::run(&world, (24, 120), &["update"], &[]);
        let screen = terminal.wait_for(|screen| screen.contains("Accept it? [y/N]"));
        assert!(
            screen.contains("+ push images") && screen.contains("+ take a secret as `token`"),
            "{screen}"
        );
        terminal.types(answer);
        terminal.wait()
    };
    for no in ["n\r", "\r", "what\r", "\u{4}"] {
        let ended = answered(no);
        assert_eq!(ended.code, Some(2), "{no:?}: {}", ended.screen);
        assert_eq!(lock(&world), before, "{no:?}");
    }
    let ended = answered("y\r");
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    assert!(lock(&world).ends_with(" allow=action:push,network,secret:token\n"), "{}", lock(&world));
    // It was said once; nobody is asked again.
    let ended = Terminal::run(&world, (24, 120), &["update"], &[]).wait();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
}
