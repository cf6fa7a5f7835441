//! The command line itself.

use std::process::Stdio;

use crate::harness::{World, finish, pipe_binary, repository};

const COMMANDS: &[&[&str]] = &[
    &[],
    &["run"],
    &["check"],
    &["fmt"],
    &["plan"],
    &["why"],
    &["inputs"],
    &["list"],
    &["test"],
    &["cache"],
    &["cache", "ls"],
    &["cache", "size"],
    &["cache", "prune"],
    &["cache", "verify"],
    &["login"],
    &["logout"],
    &["lsp"],
    &["add"],
    &["update"],
    &["vendor"],
    &["doctor"],
    &["init"],
    &["doc"],
    &["explain"],
    &["completions"],
    &["version"],
];

/// `docs/reference/cli.md` holds what `--help` says. After a change: `UPDATE=1 cargo test -p pipe --test e2e reference`.
#[test]
fn the_reference_is_what_help_says() {
    let world = World::empty();
    let page = repository().join("docs/reference/cli.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let marker = "<!-- What follows is the output of `--help`; a test compares. -->\n";
    let head = text.split(marker).next().unwrap();
    let mut expected = format!("{head}{marker}");
    for command in COMMANDS {
        let help = world.prints(command.iter().chain(&["--help"]));
        let help: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        let title = ["pipe"].iter().chain(*command).copied().collect::<Vec<_>>().join(" ");
        expected.push_str(&format!("\n## `{title}`\n\n```text\n{help}```\n"));
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&page, &expected).unwrap();
    }
    assert!(
        text == expected || std::env::var_os("UPDATE").is_some(),
        "{} is not what --help says",
        page.display()
    );
}

#[test]
fn every_command_shows_examples() {
    let world = World::empty();
    for command in COMMANDS.iter().filter(|command| **command != ["cache"]) {
        let help = world.prints(command.iter().chain(&["--help"]));
        assert!(help.contains("Examples:"), "{command:?}: {help}");
    }
}

#[test]
fn wrong_usage_exits_with_two() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    for args in [
        &["nonsense"][..],
        &["run"],
        &["run", "--no-such-flag", "f"],
        &["run", "f", "--no-such-flag"],
        &["-C", "/no/such/folder", "check"],
        &["--progress", "fancy", "run", "f"],
        &["check", "no/such/file.pipe"],
        &[],
    ] {
        world.run(args).exits(2);
    }
}

#[test]
fn a_folder_without_a_package_is_said() {
    let world = World::empty();
    world.run(["run", "build"]).exits(2).says("pipe.toml").says("main.pipe");
}

#[test]
fn global_flags_stand_before_or_after_the_command() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    let package = world.package();
    let folder = package.to_str().unwrap();
    let elsewhere = world.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let attached = format!("-C{folder}");
    for args in [
        &["-C", folder, "run", "f"][..],
        &["run", "-C", folder, "f"],
        &["run", "f", "-C", folder],
        &["run", "f", &attached],
        &["run", "f", "--json", "-C", folder],
        &["-C", "/", "run", "f", "-C", folder],
    ] {
        assert_eq!(finish(world.pipe().current_dir(&elsewhere).args(args)).success().stdout, "1\n");
    }
    finish(world.pipe().current_dir(&elsewhere).args(["run", "f", "-C", "/no/such"]))
        .exits(2)
        .says("/no/such");
}

#[test]
fn a_value_that_looks_like_the_folders_flag_is_a_value() {
    let world =
        World::module("pub fn f(text: String, more: Bool = false) -> String { \"${text} ${more}\" }\n");
    assert_eq!(world.prints(["run", "f", "--text", "-C"]), "-C false");
    assert_eq!(world.prints(["run", "f", "--text", "-C/", "--more"]), "-C/ true");
    let package = world.package();
    let folder = package.to_str().unwrap();
    let args = ["run", "f", "--text", "x", "--more", "-C", folder];
    assert_eq!(finish(world.pipe().current_dir("/").args(args)).success().stdout, "x true");
}

#[test]
fn the_package_is_found_upwards() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    let below = world.package().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    assert_eq!(finish(world.pipe().current_dir(&below).args(["run", "f"])).success().stdout, "1\n");
}

#[test]
fn the_version_is_the_packages() {
    let world = World::empty();
    assert_eq!(world.prints(["version"]), format!("pipe {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(world.prints(["--version"]), format!("pipe {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn check_has_its_own_exit_codes() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    world.run(["check"]).exits(0);
    world.write("main.pipe", "fn unused() -> Int { 1 }\nfn f(x: Int) -> Int { let y = x\n x }\n");
    let warned = world.run(["check"]).exits(0);
    assert!(warned.stdout.contains("Warning"), "{}", warned.stdout);
    world.run(["check", "--deny", "warnings"]).exits(1);
    world.write("main.pipe", "pub fn f() -> Int { \"text\" }\n");
    let wrong = world.run(["check"]).exits(1);
    assert!(wrong.stdout.contains("main.pipe:1:"), "{}", wrong.stdout);
    wrong.says("1 error in 1 file");
}

#[test]
fn check_prints_in_every_format() {
    let world = World::module("pub fn f() -> Int { \"text\" }\n");
    let run = |format: &str| world.run(["check", "--format", format]).exits(1);
    assert!(run("short").stdout.starts_with("main.pipe:1:"), "{}", run("short").stdout);
    let json: serde_json::Value = serde_json::from_str(&run("json").stdout).unwrap();
    for field in [
        "code",
        "severity",
        "message",
        "file",
        "line",
        "column",
        "end_line",
        "end_column",
        "labels",
        "help",
        "fixes",
    ] {
        assert!(json.get(field).is_some(), "{field} in {json}");
    }
    assert!(run("github").stdout.starts_with("::error file=main.pipe,line=1"), "{}", run("github").stdout);
    let sarif: serde_json::Value = serde_json::from_str(&run("sarif").stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
}

#[test]
fn safe_fixes_are_applied() {
    let world = World::module("pub fn f(c: Container) -> Container { c.run([\"true\"], timeuot: 5s) }\n");
    world.run(["check"]).exits(1);
    world.run(["check", "--fix"]).exits(0);
    assert!(world.read("main.pipe").contains("timeout: 5s"), "{}", world.read("main.pipe"));
}

#[test]
fn listing_shows_types_and_docs() {
    let world = World::example("hello");
    let listed = world.prints(["list"]);
    for part in ["build", "List[String]", "The program.", "greet", "name: String"] {
        assert!(listed.contains(part), "{part} in {listed}");
    }
    assert!(!listed.contains("compiler()"), "not public: {listed}");
    let json: serde_json::Value = serde_json::from_str(&world.prints(["list", "--json"])).unwrap();
    let names: Vec<&str> =
        json["functions"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["build", "unit", "app", "greet"]);
    let tests: Vec<(&str, u64)> = json["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| (test["title"].as_str().unwrap(), test["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(tests.first(), Some(&("the image holds the program only", line_of_first_test())), "{tests:?}");
}

fn line_of_first_test() -> u64 {
    let text = std::fs::read_to_string(repository().join("examples/hello/main.pipe")).unwrap();
    let at = text.lines().position(|line| line.starts_with("test ")).unwrap();
    u64::try_from(at).unwrap() + 1
}

#[test]
fn listing_says_what_there_is_to_choose_from() {
    let world = World::tools(
        "pub enum Target { Staging, PreProduction, Production(canary: Percent) }\n\
         param verbose: Bool = false\n\
         pub fn f(to: Target, also: List[Target] = [], name: String = \"x\") -> Bool { verbose && to == Staging && also.is_empty() && name == \"\" }\n",
    );
    let json: serde_json::Value = serde_json::from_str(&world.prints(["list", "--json"])).unwrap();
    let params = &json["functions"][0]["params"];
    assert_eq!(params[0]["values"], serde_json::json!(["staging", "pre-production"]));
    assert_eq!(params[1]["values"], params[0]["values"]);
    assert_eq!(params[2]["values"], serde_json::Value::Null);
    let verbose = json["params"].as_array().unwrap().iter().find(|param| param["name"] == "verbose");
    assert_eq!(verbose.unwrap()["values"], serde_json::json!(["true", "false"]));
}

#[test]
fn tests_report_and_count() {
    let world = World::tools(
        "test \"runs\" { expect tools.run(sh\"echo x\").stdout == \"x\\n\" }\n\
         test \"is wrong\" { expect 1 + 1 == 3 }\n\
         test \"is right\" { expect 1 + 1 == 2 }\n",
    );
    let all = world.run(["test"]).exits(1);
    assert_eq!(all.stdout.lines().last(), Some("2 passed, 1 failed"), "{}", all.stdout);
    assert!(all.stderr.contains("main.pipe:4:"), "{}", all.stderr);
    // Those that start no container come first.
    let place = |title: &str| all.stdout.find(title).unwrap();
    assert!(place("is right") < place("runs"), "{}", all.stdout);
    let some = world.run(["test", "right"]).success();
    assert_eq!(some.stdout.lines().last(), Some("1 passed, 0 failed"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = World::example("hello");
    let mut child =
        world.pipe().args(["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn closed_streams_do_no_harm() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    for redirection in [">&-", "2>&-", "<&-", ">&- 2>&- <&-"] {
        let mut command = world.command("sh");
        command.arg("-c").arg(format!("\"$0\" run f {redirection}")).arg(pipe_binary());
        let outcome = finish(&mut command);
        assert!(matches!(outcome.code, Some(0 | 3)), "{redirection}: {outcome:?}");
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    }
}

#[test]
fn results_that_cannot_be_written_are_an_error() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let child = world.pipe().args(["run", "f"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"));
}

#[test]
fn a_target_lists_its_parameters() {
    let world = World::example("hello");
    let help = world.prints(["run", "greet", "--help"]);
    assert!(help.contains("--name TEXT") && help.contains("--src PATH"), "{help}");
}
