//! Values stay values, whatever is in them.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::harness::{Outcome, World};

const HOSTILE: &[&str] = &[
    "$(touch /x)",
    "'; exit 3; '",
    "`id`",
    "a\nb",
    "\n",
    "-n",
    "\\",
    "${HOME}",
    "\"",
    "*",
    "~",
    "--help",
    "",
    " a  b ",
    "$PIPE_1",
    "é 𝄞 \u{feff}",
    "a\tb\r",
];

/// Every position that takes a value, each writing what arrived to a file of its own. The dot keeps `$(…)` from taking line ends.
const ACCEPTED: &str = r#"
pub fn probe(x: String) -> Dir {
  tools
    .run(sh"""
      mkdir /out
      printf '%s' ${{ x }} > /out/bare
      printf '%s' "${{ x }}" > /out/double
      printf '%s' a${{ x }}b > /out/glued
      cat > /out/heredoc <<E
      <${{ x }}>
      E
      y=$(printf '%s.' ${{ x }}); printf '%s' "${y%.}" > /out/substitution
      y="$(printf '%s.' "${{ x }}")"; printf '%s' "${y%.}" > /out/nested
      z=${{ x }}; printf '%s' "$z" > /out/assignment
      for w in ${{ [x, x] }}; do printf '%s|' "$w"; done > /out/list
      case ${{ x }} in "$z") printf '%s' "$z";; esac > /out/case
      [ ! -e /x ]
    """)
    .dir("/out")
}
"#;

fn arrived(world: &World, x: &str) -> Result<(), TestCaseError> {
    let out = world.path("out");
    let outcome = world.run(["run", "-o", out.to_str().unwrap(), "probe", "--x", x]);
    prop_assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    for (file, expected) in [
        ("bare", x.to_owned()),
        ("double", x.to_owned()),
        ("glued", format!("a{x}b")),
        ("heredoc", format!("<{x}>\n")),
        ("substitution", x.to_owned()),
        ("nested", x.to_owned()),
        ("assignment", x.to_owned()),
        ("list", format!("{x}|{x}|")),
        ("case", x.to_owned()),
    ] {
        let text = std::fs::read_to_string(out.join(file)).unwrap();
        prop_assert_eq!(text, expected, "in position {}", file);
    }
    std::fs::remove_dir_all(&out).unwrap();
    Ok(())
}

#[test]
fn hostile_values_arrive_unchanged() {
    let world = World::tools(ACCEPTED);
    for x in HOSTILE {
        arrived(&world, x).unwrap_or_else(|error| panic!("{x:?}: {error}"));
    }
}

#[test]
fn any_value_arrives_unchanged() {
    let world = World::tools(ACCEPTED);
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let shell = "[-'\"`$(){};&|<>*?~!#\\\\ \n\ta-c=/%.]{0,60}";
    let any = "[^\u{0}]{0,250}";
    let strategy = prop_oneof![shell, any].prop_filter("1 KiB", |x| x.len() <= 1024);
    runner.run(&strategy, |x| arrived(&world, &x)).unwrap_or_else(|error| panic!("{error}"));
}

/// Positions where the shell would read the value as code, or not as a value at all.
const REFUSED: &[(&str, &str)] = &[
    ("single quotes", "sh\"echo '${{ x }}'\""),
    ("quoted heredoc", "sh\"\"\"\n    cat <<'E'\n    ${{ x }}\n    E\n  \"\"\""),
    ("backquotes", "sh\"echo `printf %s ${{ x }}`\""),
    ("arithmetic", "sh\"echo $(( ${{ x }} + 1 ))\""),
    ("comment", "sh\"\"\"\n    true # ${{ x }}\n    true\n  \"\"\""),
    ("nested shell", "sh\"\"\"sh -c \"echo ${{ x }}\" \"\"\""),
    ("nested shell, bare", "sh\"sh -c ${{ x }}\""),
    ("eval", "sh\"eval ${{ x }}\""),
    ("remote shell", "sh\"ssh host ${{ x }}\""),
    ("interpreter", "sh\"python -c ${{ x }}\""),
    ("list glued to text", "sh\"echo a${{ [x] }}\""),
];

#[test]
fn other_positions_are_errors_at_the_hole() {
    for (position, script) in REFUSED {
        let world =
            World::tools(&format!("pub fn probe(x: String) -> Check {{\n  tools.check({script})\n}}\n"));
        let found = diagnostics(&world.run(["check", "--format", "json"]).exits(1));
        assert_eq!(found.len(), 1, "{position}: {found:?}");
        let module = world.read("main.pipe");
        let hole = module.find("${{").unwrap();
        let line = 1 + module[..hole].matches('\n').count();
        let column = 1 + module[..hole].chars().rev().take_while(|c| *c != '\n').count();
        assert_eq!(
            (found[0]["line"].as_u64(), found[0]["column"].as_u64()),
            (Some(line as u64), Some(column as u64)),
            "{position}: {found:?}"
        );
    }
}

#[test]
fn names_are_greeted_whatever_they_are() {
    let world = World::example("hello");
    for x in HOSTILE {
        assert_eq!(world.prints(["run", "greet", "--name", x]), format!("hello, {x}\n"));
    }
}

#[test]
fn a_value_too_long_for_the_environment_is_an_error_at_the_hole() {
    let world = World::tools("pub fn probe(x: String) -> Check {\n  tools.check(sh\"echo ${{ x }}\")\n}\n");
    world.run(["run", "probe", "--x", &"x".repeat(100 * 1024)]).success();
    let failed = world.run(["run", "probe", "--x", &"x".repeat(100 * 1024 + 1)]).exits(1);
    assert!(failed.stderr.contains("main.pipe:4:23"), "{}", failed.stderr);
    assert!(
        failed.stderr.contains("100 KiB")
            && failed.stderr.contains("write")
            && failed.stderr.contains("stdin"),
        "{}",
        failed.stderr
    );
}

/// Lines of `--format json`.
pub(crate) fn diagnostics(outcome: &Outcome) -> Vec<serde_json::Value> {
    outcome
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}
