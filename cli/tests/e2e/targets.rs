//! Targets, their parameters, and what becomes of their results.

use crate::harness::{World, finish};

const FORMS: &str = r#"
pub enum Stage { Dev, Production(canary: Percent = 10) }
pub record Auth { user: String, level: Int = 1 }

pub fn text(name: String = "world") -> String { "hello, ${name}" }
pub fn number(n: Int) -> Int { n + 1 }
pub fn flag(race: Bool = false) -> Bool { race }
pub fn many(items: List[String] = ["default"]) -> List[String] { items }
pub fn wait(how_long: Duration) -> Duration { how_long }
pub fn stage(to: Stage) -> String { match to { Dev => "dev", Production(canary) => "production at ${canary}" } }
pub fn auth(auth: Auth) -> String { "${auth.user} ${auth.level}" }
pub fn platform(on: Platform) -> String { on.arch }
pub fn words(m: Map[String, Int] = ["a": 1]) -> Map[String, Int] { m }
pub fn maybe(x: String? = none) -> String { x ?? "nothing" }
pub fn contents(f: File) -> String { f.contents }
pub fn listing(d: Dir) -> String { d.file("f").contents }
pub fn json(json: String = "of the target") -> String { json }

param given: String
pub fn needs_a_param() -> String { given }
"#;

#[test]
fn parameters_are_read_by_their_types() {
    let world = World::module(FORMS);
    for (args, printed) in [
        (&["text"][..], "hello, world"),
        (&["text", "--name", "you"], "hello, you"),
        (&["text", "--name=a=b"], "hello, a=b"),
        (&["text()"], "hello, world"),
        (&["text(name: \"expression\")"], "hello, expression"),
        (&["number", "--n", "41"], "42"),
        (&["number", "--n", "-1"], "0"),
        (&["flag"], "false"),
        (&["flag", "--race"], "true"),
        (&["flag", "--no-race"], "false"),
        (&["wait", "--how-long", "1h30min"], "1h30min"),
        (&["wait", "--how_long", "90s"], "1min30s"),
        (&["stage", "--to", "dev"], "dev"),
        (&["stage", "--to", "production"], "production at 10"),
        (&["stage", "--to", "Production(canary: 5)"], "production at 5"),
        (&["auth", "--auth", "Auth(user: \"me\")"], "me 1"),
        (&["platform", "--on", "linux/arm64"], "arm64"),
        (&["maybe"], "nothing"),
        (&["maybe", "--x", "something"], "something"),
        (&["json", "--json", "mine"], "mine"),
    ] {
        let stdout = world.prints(["run"].iter().chain(args));
        assert_eq!(stdout.trim_end(), printed, "{args:?}");
    }
}

#[test]
fn a_list_given_by_flag_replaces_the_default() {
    let world = World::module(FORMS);
    assert_eq!(world.prints(["run", "many"]), "default\n");
    assert_eq!(world.prints(["run", "many", "--items", "a", "--items", "b"]), "a\nb\n");
    assert_eq!(world.prints(["run", "--json", "many"]), "[\"default\"]\n");
    assert_eq!(world.prints(["run", "many", "--json"]), "[\"default\"]\n", "the target has no `json`");
    assert_eq!(world.prints(["run", "--json", "words"]), "{\"a\":1}\n");
}

#[test]
fn wrong_parameters_are_usage_errors_that_list_the_right_ones() {
    let world = World::module(FORMS);
    for (args, said) in [
        (&["number"][..], "--n"),
        (&["number", "--n", "many"], "many"),
        (&["number", "--m", "1"], "--m"),
        (&["number", "--n"], "--n"),
        (&["number", "--n", "1", "--n", "2"], "--n"),
        (&["flag", "--race=maybe"], "maybe"),
        (&["wait", "--how-long", "5m"], "5min"),
        (&["stage", "--to", "prod"], "production"),
        (&["platform", "--on", "linux/arm46"], "linux/arm64"),
        (&["auth", "--auth", "Auth()"], "user"),
        (&["contents", "--f", "no/such/file"], "no/such/file"),
        (&["nothing"], "nothing"),
        (&["needs_a_param"], "--given VALUE"),
        (&["text", "--jobs", "none"], "none"),
    ] {
        world.run(["run"].iter().chain(args)).exits(2).says(said);
    }
    world.run(["run", "number", "--m", "1"]).exits(2).says("--n INT");
}

#[test]
fn paths_start_in_the_callers_folder_and_are_their_own_grant() {
    let world = World::module(FORMS);
    let caller = world.path("caller");
    std::fs::create_dir_all(caller.join("d")).unwrap();
    std::fs::write(caller.join("d/f"), "outside the package").unwrap();
    let run = |args: &[&str]| {
        finish(world.pipe().current_dir(&caller).arg("-C").arg(world.package()).arg("run").args(args))
            .success()
            .stdout
    };
    assert_eq!(run(&["contents", "--f", "d/f"]), "outside the package");
    assert_eq!(run(&["listing", "--d", "d"]), "outside the package");
    assert_eq!(run(&["contents", "--f", caller.join("d/f").to_str().unwrap()]), "outside the package");
}

#[test]
fn the_host_outside_the_package_needs_a_grant() {
    let world = World::module(
        "param f: File = workspace.file(\"../secret\")\npub fn text() -> String { f.contents }\n",
    );
    std::fs::write(world.path("secret"), "s").unwrap();
    let secret = world.path("secret");
    let flag = format!("file:{}", secret.canonicalize().unwrap().display());
    world.run(["run", "text"]).exits(2).says("--allow").says(&flag);
    assert_eq!(world.prints(["run", "--allow", &flag, "text"]), "s");
    let granted = finish(world.pipe().env("PIPE_ALLOW", &flag).args(["run", "text"])).success();
    assert_eq!(granted.stdout, "s");
    world.run(["run", "--allow", "nonsense", "text"]).exits(2).says("nonsense");
}

#[test]
fn files_and_folders_are_listed_or_written() {
    let world = World::tools(
        "pub fn file() -> File { tools.run(sh\"echo x > /f; chmod 755 /f\").file(\"/f\") }\n\
         pub fn folder() -> Dir { tools.run(sh\"mkdir -p /d/sub; echo a > /d/a; ln -s a /d/link; echo b > /d/sub/b\").dir(\"/d\") }\n",
    );
    let listed = world.prints(["run", "folder"]);
    for part in ["a", "link -> a", "sub/b"] {
        assert!(listed.contains(part), "{listed}");
    }
    assert_eq!(world.prints(["run", "file"]).lines().count(), 1);

    let out = world.path("out");
    let path = out.to_str().unwrap();
    world.run(["run", "folder", "-o", path]).success();
    assert_eq!(std::fs::read_to_string(out.join("link")).unwrap(), "a\n");
    world.run(["run", "file", "-o", world.path("f").to_str().unwrap()]).success();
    let mode = std::os::unix::fs::PermissionsExt::mode(&world.path("f").metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o755);
    // Again, over what is there.
    world.run(["run", "folder", "-o", path]).success();
    world.run(["run", "file", "-o", world.path("f").to_str().unwrap()]).success();
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let world =
        World::module("pub fn text() -> String { \"x\" }\npub fn d() -> Dir { dir().write(\"f\", \"x\") }\n");
    world.run(["run", "text", "-o", "x"]).exits(2).says("-o");
    world.run(["run", "d", "d", "-o", "x"]).exits(2).says("one target");
    world.run(["run", "d", "-o", "/proc/nowhere/x"]).exits(3).says("/proc/nowhere");
}

#[test]
fn several_targets_share_one_graph_and_their_flags() {
    let world = World::tools(
        "fn base() -> File { tools.run(sh\"echo base > /f\").file(\"/f\") }\n\
         pub fn one(x: String = \"\") -> String { \"${base().contents}${x}\" }\n\
         pub fn two(x: String = \"\") -> String { \"${base().contents}${x}\" }\n\
         pub fn three(x: Int = 0) -> Int { x }\n",
    );
    let outcome = world.events(["run", "one", "two", "--x", "!"]).success();
    assert_eq!(outcome.steps("ran"), ["base"]);
    assert_eq!(outcome.stdout.matches("base\n!").count(), 2, "{}", outcome.stdout);
    world.run(["run", "one", "three", "--x", "1"]).exits(2).says("--x");
}

#[test]
fn values_of_steps_flow_on_and_control_flow_waits_for_them() {
    let world = World::tools(
        "fn kind() -> String { tools.run(sh\"printf good\").stdout }\n\
         pub fn symbolic() -> String { \"<${kind().upper()}>\" }\n\
         pub fn decided() -> String { if kind() == \"good\" { \"a\" } else { \"b\" } }\n",
    );
    assert_eq!(world.prints(["run", "symbolic"]), "<GOOD>");
    assert_eq!(world.prints(["run", "decided"]), "a");
}

#[test]
fn a_dry_run_runs_nothing() {
    let world = World::example("hello");
    let plan = world.run(["run", "--dry-run", "build"]).success();
    assert!(plan.stdout.contains("build"), "{}", plan.stdout);
    assert_eq!(world.events(["run", "build"]).success().steps("ran"), ["build"]);
}

#[test]
fn a_plan_says_what_would_become_of_each_node() {
    let world = World::example("hello");
    let before = world.prints(["plan", "unit"]);
    assert!(before.contains("will run"), "{before}");
    world.run(["run", "unit"]).success();
    let after = world.prints(["plan", "unit"]);
    assert!(!after.contains("will run") && after.contains("cached"), "{after}");

    let json: serde_json::Value = serde_json::from_str(&world.prints(["plan", "unit", "--json"])).unwrap();
    let steps: Vec<&str> = json["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["step"] == true)
        .map(|node| node["name"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["build", "unit"]);
    assert!(world.prints(["plan", "unit", "--dot"]).starts_with("digraph"));
    assert!(world.prints(["plan", "unit", "--mermaid"]).starts_with("flowchart"));
}

#[test]
fn a_pure_run_refuses_actions() {
    let world = World::tools("pub action act() { do tools.perform(sh\"true\", name: \"act\") }\n");
    world.run(["run", "--pure", "act"]).exits(2).says("act");
}
