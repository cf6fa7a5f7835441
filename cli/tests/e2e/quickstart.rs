//! What the README shows first.

use crate::harness::{World, finish};

#[test]
fn a_program_is_built_and_runs() {
    let world = World::example("hello");
    let outside = world.path("elsewhere");
    std::fs::create_dir(&outside).unwrap();
    // `-C` chooses the package; `-o` stays relative to the caller's folder.
    finish(
        world
            .pipe()
            .current_dir(&outside)
            .arg("-C")
            .arg(world.package())
            .args(["run", "build", "-o", "./hello"]),
    )
    .success();
    let said = finish(world.command(outside.join("hello")).arg("pipe")).success();
    assert_eq!(said.stdout, "hello, pipe\n");
}

#[test]
fn the_second_run_runs_nothing() {
    let world = World::example("hello");
    let first = world.events(["run", "build"]).success();
    assert_eq!(first.steps("ran"), ["build"]);
    let second = world.events(["run", "build"]).success();
    assert_eq!(second.steps("ran"), [""; 0]);
    assert_eq!(second.steps("cached"), ["build"]);
    assert_eq!(second.the("summary")["ran"], 0);
}

#[test]
fn what_ends_in_the_same_bytes_is_cut_off() {
    let world = World::example("hello");
    world.run(["run", "build", "unit"]).success();
    let source = world.read("src/hello.c");
    world.write("src/hello.c", &format!("/* A comment. */\n{source}"));
    let again = world.events(["run", "build", "unit"]).success();
    assert_eq!(again.steps("ran"), ["build"], "only the compiler: {}", again.stderr);
    assert_eq!(again.steps("cached"), ["unit"]);
}

#[test]
fn a_failed_check_points_at_its_line_and_shows_the_log() {
    let world = World::example("hello");
    let module =
        world.read("main.pipe").replace("      test \"$(/hello)\"", "      /hello\n      test \"$(/hello)\"");
    world.write("main.pipe", &module);
    world.write("src/hello.c", &world.read("src/hello.c").replace("hello, %s", "goodbye, %s"));
    let line = 1 + module.lines().position(|line| line.contains(".check(sh\"\"\"")).unwrap();

    let failed = world.run(["run", "unit"]).exits(1);
    assert!(failed.stderr.contains(&format!("main.pipe:{line}:")), "{}", failed.stderr);
    assert!(failed.stderr.contains("goodbye, world"), "the end of the log: {}", failed.stderr);

    let failure = world.events(["run", "unit"]).exits(1).the("failure");
    assert_eq!(failure["name"], "unit");
    assert_eq!(failure["line"], line);
    assert_eq!(failure["exit_code"], 1);
    assert_eq!(failure["log"], "goodbye, world\n");
}

#[test]
fn the_packages_own_tests_pass() {
    let world = World::example("hello");
    let tests = world.run(["test"]).success();
    assert_eq!(tests.stdout.lines().last(), Some("2 passed, 0 failed"), "{}", tests.stdout);
}
