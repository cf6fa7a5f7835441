//! Scripts: how they fail and where that is said.

use crate::harness::World;

#[test]
fn every_command_of_a_script_counts() {
    let world = World::tools(
        "pub fn probe() -> Check {\n  tools.check(sh\"\"\"\n    false\n    true\n  \"\"\")\n}\n",
    );
    let failed = world.events(["run", "probe"]).exits(1);
    let failure = failed.the("failure");
    assert_eq!(failure["exit_code"], 1);
    assert_eq!(failure["line"], 4, "{failure}");
    // What people see spans the script literal.
    world.run(["run", "probe"]).exits(1).says("main.pipe:4:").says("sh\"\"\"");
}

#[test]
fn a_root_without_a_shell_is_named() {
    let world = World::module("pub fn probe() -> Check { scratch().check(sh\"true\") }\n");
    world.run(["run", "probe"]).exits(1).says("/bin/sh").says("main.pipe:1:");
}

#[test]
fn a_missing_program_is_named() {
    let world = World::tools("pub fn probe() -> Check { tools.check([\"no-such-program\"]) }\n");
    world.run(["run", "probe"]).exits(1).says("no-such-program").says("main.pipe:3:");
}

#[test]
fn exit_codes_can_be_expected() {
    let world = World::tools(
        "pub fn two() -> Int { tools.run(sh\"exit 2\", expect: [0, 2]).exit_code }\n\
         pub fn any() -> Int { tools.run(sh\"exit 7\", allow_failure: true).exit_code }\n\
         pub fn one() -> Int { tools.run(sh\"exit 2\").exit_code }\n",
    );
    assert_eq!(world.prints(["run", "two"]), "2\n");
    assert_eq!(world.prints(["run", "any"]), "7\n");
    world.run(["run", "one"]).exits(1);
}

#[test]
fn results_of_a_failed_check_can_be_read() {
    let world = World::tools(
        "fn unit() -> Check { tools.check(sh\"echo report > /report; echo printed; exit 1\") }\n\
         pub fn report() -> File { unit().file(\"/report\") }\n\
         pub fn printed() -> String { unit().stdout }\n\
         pub fn judged() -> Check { unit() }\n",
    );
    let out = world.path("report");
    world.run(["run", "-o", out.to_str().unwrap(), "report"]).success();
    assert_eq!(std::fs::read_to_string(out).unwrap(), "report\n");
    // One execution: the exit code is judged when it is asked for.
    let again = world.events(["run", "printed"]).success();
    assert_eq!((again.stdout.as_str(), again.steps("ran").len()), ("printed\n", 0));
    world.run(["run", "judged"]).exits(1);
}

#[test]
fn a_step_can_be_given_a_standard_input() {
    let world = World::tools("pub fn echo(x: String) -> String { tools.run([\"cat\"], stdin: x).stdout }\n");
    let long = "line\n".repeat(20_000);
    assert_eq!(world.prints(["run", "echo", "--x", &long]), long);
}

#[test]
fn pipes_inside_steps_end_as_usual() {
    // A shell whose parent ignores SIGPIPE would see `yes` fail with a message.
    let world = World::tools("pub fn probe() -> String { tools.run(sh\"yes | head -n 1\").stderr }\n");
    assert_eq!(world.prints(["run", "probe"]), "");
}
