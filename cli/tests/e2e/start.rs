//! `pipe init`, `explain`, `completions`, and `--expect-cached`.

use crate::harness::{World, finish};

#[test]
fn every_template_is_a_package_without_a_fault_whose_test_passes() {
    for template in ["c", "go", "rust", "node", "python"] {
        let world = World::empty();
        world.run(["init", "new", "--template", template]).success().says("pipe -C new test");
        let checked = world.run(["-C", "new", "check", "--deny", "warnings"]).success();
        assert!(checked.stdout.is_empty(), "{template}: {}", checked.stdout);
        world.run(["-C", "new", "fmt", "--check"]).success();
        let tests = world.prints(["-C", "new", "test"]);
        assert!(tests.ends_with("1 passed, 0 failed\n"), "{template}: {tests}");
    }
}

#[test]
fn the_template_for_c_runs_from_end_to_end() {
    let world = World::empty();
    world.run(["init"]).success();
    world.run(["run", "build", "-o", "hello"]).success();
    assert_eq!(finish(world.command("./hello").arg("you")).success().stdout, "hello, you\n");
    world.run(["run", "unit"]).success();
}

#[test]
fn init_never_overwrites() {
    let world = World::empty();
    world.write("src/hello.c", "mine");
    world.run(["init"]).exits(2).says("src/hello.c exists");
    assert_eq!(world.read("src/hello.c"), "mine");
    assert!(!world.package().join("pipe.toml").exists(), "all or nothing");
}

#[test]
fn diagnostics_are_explained() {
    let world = World::empty();
    assert!(world.prints(["explain", "hole-position"]).starts_with("# `hole-position`: "));
    assert!(world.prints(["explain"]).contains("\nhole-position"));
    assert_eq!(world.prints(["explain", "error[hole-position]"]), world.prints(["explain", "hole-position"]));
    let laid_out = world.prints(["explain", "hole-position", "--color", "always"]);
    assert!(laid_out.starts_with("\u{1b}[1mhole-position: ") && !laid_out.contains('`'), "{laid_out}");
    world.run(["explain", "hole-positoin"]).exits(2).says("did you mean `hole-position`?");
}

#[test]
fn shells_get_scripts_that_they_understand() {
    let world = World::empty();
    for (shell, part) in [("bash", "complete -F"), ("zsh", "#compdef pipe"), ("fish", "complete -c pipe")] {
        assert!(world.prints(["completions", shell]).contains(part), "{shell}");
    }
    let script = world.path("script");
    std::fs::write(&script, world.prints(["completions", "bash"])).unwrap();
    finish(world.command("bash").arg("-n").arg(&script)).success();
}

#[test]
fn what_was_not_cached_is_said_when_it_was_expected() {
    let world = World::tools(
        "fn part(n: Int) -> Container { tools.run(sh\"mkdir /out; echo ${{ n }} > /out/n\") }\n\
         pub fn f() -> Check { tools.copy(\"/p\", part(1).dir(\"/out\")).check(sh\"true\") }\n",
    );
    world.run(["run", "--expect-cached", "f"]).exits(1).says("not cached: part 1, f");
    world.run(["run", "--expect-cached", "f"]).success();
    world.run(["run", "--expect-cached", "--no-cache", "f"]).exits(1).says("not cached");
}
