//! Programs that are too deep, too large or too long: a clear error, in bounded memory.

use std::process::Command;

use crate::harness::{Outcome, World, finish, pipe_binary};

/// Address space, in bytes: twice what an evaluation may make in all, values that were dropped included.
const ROOM: u64 = 2 << 30;

/// Runs `pipe` in a limited address space.
fn limited(world: &World, args: &[&str]) -> Outcome {
    within(ROOM, world, args)
}

/// Runs `pipe` in an address space of so many bytes.
fn within(room: u64, world: &World, args: &[&str]) -> Outcome {
    let mut command: Command = world.command("prlimit");
    finish(command.arg(format!("--as={room}")).arg(pipe_binary()).args(args))
}

/// One error that says this, in a few lines.
fn one_error(world: &World, args: &[&str], part: &str) {
    let outcome = limited(world, args);
    assert!(matches!(outcome.code, Some(1 | 2)), "{args:?}: {:?}", outcome.code);
    let said = outcome.stdout + &outcome.stderr;
    let shown: String = said.chars().take(2_000).collect();
    assert!(said.contains(part) && said.len() < 4_096, "{args:?}, {} bytes: {shown}", said.len());
    assert_eq!(said.matches("rror[").count() + said.matches("] Error:").count(), 1, "{shown}");
}

#[test]
fn a_hundred_thousand_levels_are_one_error() {
    for (open, close) in [("(", ")"), ("[", "]"), ("if true { ", " } else { 1 }"), ("-", ""), ("\"${", "}\"")]
    {
        let program = format!("pub fn f() -> Int {{ {}1{} }}\n", open.repeat(100_000), close.repeat(100_000));
        let world = World::module(&program);
        one_error(&world, &["check"], "too-deep");
        one_error(&world, &["run", "f"], "too-deep");
        one_error(&world, &["fmt", "--check"], "too-deep");
    }
}

#[test]
fn a_file_of_fifty_megabytes_is_one_error() {
    let line = "pub fn f() -> Int { 1 }\n";
    let world = World::module(&line.repeat(50_000_000 / line.len()));
    for args in [&["check"], &["list"]] {
        one_error(&world, args, "too large");
    }
    limited(&world, &["fmt", "--check"]).exits(2).says("too large");
    // Nor is it read when another one uses it.
    let world = World::module("use \"./data.pipe\" as data\npub fn f() -> Int { data.f() }\n");
    world.write("data.pipe", &line.repeat(50_000_000 / line.len()));
    one_error(&world, &["check"], "too large");
}

#[test]
fn a_thousand_million_elements_are_one_error() {
    let numbers: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
    let program = format!(
        "let n: List[Int] = [{}]
pub fn keys() -> Int {{ [for a in n for b in n for c in n => \"${{a}} ${{b}} ${{c}}\": a].len() }}
pub fn doubled() -> Int {{ n.fold([0], fn(list, _) => list + list).len() }}
pub fn text() -> Int {{ n.fold(\"text\", fn(longer, _) => longer + longer).len() }}
",
        numbers.join(", ")
    );
    let world = World::module(&program);
    limited(&world, &["check"]).success();
    one_error(&world, &["run", "keys"], "evaluation-limit");
    one_error(&world, &["run", "doubled"], "evaluation-limit");
    one_error(&world, &["run", "text"], "larger than 64 MiB");
}

#[test]
fn six_loops_over_a_hundred_elements_end_at_their_place_within_a_gibibyte() {
    let hundred: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let loops: Vec<String> = ('a'..='f').map(|name| format!("for {name} in n")).collect();
    let world = World::module(&format!(
        "let n: List[Int] = [{}]\npub fn all() -> Int {{\n  [{} => a + b + c + d + e + f].len()\n}}\n",
        hundred.join(", "),
        loops.join(" ")
    ));
    let outcome = within(1 << 30, &world, &["run", "all"]);
    assert!(matches!(outcome.code, Some(1 | 2)), "{:?}: {}", outcome.code, outcome.stderr);
    outcome.says("evaluation-limit").says("main.pipe:3:");
}

#[test]
fn a_chain_of_two_thousand_links_is_no_nest() {
    let chain = |start: &str, link: &str| start.to_owned() + &link.repeat(2_000);
    let world = World::module(&format!(
        "pub fn built() -> Container {{\n  {}\n}}\n\npub fn sum() -> Int {{\n  {}\n}}\n",
        chain("scratch()", "\n    .env(\"A\", \"b\")"),
        chain("0", "\n    + 1"),
    ));
    limited(&world, &["check"]).success();
    limited(&world, &["fmt", "--check"]).success();
    limited(&world, &["plan", "built"]).success();
    assert_eq!(limited(&world, &["run", "sum"]).success().stdout.trim(), "2000");
    // Far more are one error, which says so.
    let world = World::module(&format!("pub fn f() -> Int {{ 1{} }}\n", " + 1".repeat(20_000)));
    one_error(&world, &["check"], "chain of operations is too long");
}

#[test]
fn as_many_mistakes_as_lines_are_told_in_time() {
    let world = World::module(&"let = (\n".repeat(20_000));
    for format in ["full", "short", "json"] {
        let outcome = limited(&world, &["check", "--format", format]);
        assert_eq!(outcome.code, Some(1), "{format}: {}", &outcome.stderr[..outcome.stderr.len().min(2000)]);
    }
}
