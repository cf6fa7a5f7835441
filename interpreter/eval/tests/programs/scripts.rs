//! Scripts: where values go, what is refused, and what a real shell makes of it.

use std::process::Command;

use pipe_eval::{Argument, Budget};
use pipe_ops::{Arg, Datum, Op};
use proptest::prelude::*;

use crate::pipeline::{Pipeline, facts};

/// The command and environment of the only step of a target, all values known.
fn step(pipeline: &mut Pipeline, target: &str) -> (Vec<String>, Vec<(String, String)>) {
    let demand = pipeline.demand(target);
    let graph = pipeline.evaluator.graph();
    let execs =
        graph.reachable(&demand.outputs()).into_iter().filter_map(|id| match &graph.get(id).unwrap().op {
            Op::Exec(exec) => Some(exec.clone()),
            _ => None,
        });
    let exec = execs.collect::<Vec<_>>().pop().unwrap();
    let text = |arg: &Arg| match arg {
        Arg::Const(Datum::Text(text)) => text.to_string(),
        other => panic!("{other:?}"),
    };
    let env = exec.env.iter().filter(|(name, _)| name.starts_with("PIPE_"));
    (exec.argv.iter().map(text).collect(), env.map(|(name, value)| (name.to_string(), text(value))).collect())
}

/// What the step prints when its command really runs here.
fn printed(pipeline: &mut Pipeline, target: &str) -> String {
    let (argv, env) = step(pipeline, target);
    let output = Command::new(&argv[0]).args(&argv[1..]).env_clear().envs(env).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn with_text(program: &str, text: &str) -> Pipeline {
    let argument = Argument::Data(Datum::text(text));
    Pipeline::with(program, facts(), vec![("x", argument)], Budget::default())
}

#[test]
fn shells_and_positions() {
    let mut pipeline =
        Pipeline::new("fn list() -> List[String] { [\"a b\", \"c\"] }\nfn none_of() -> List[String] { [] }");
    type Row = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);
    let rows: [Row; 6] = [
        ("sh\"echo ${{ 1 }}\"", &["/bin/sh", "-e", "-c", "echo \"$PIPE_1\""], &[("PIPE_1", "1")]),
        (
            "bash\"echo x${{ true }}y\"",
            &["bash", "-eo", "pipefail", "-c", "echo x\"$PIPE_1\"y"],
            &[("PIPE_1", "true")],
        ),
        (
            "sh\"\"\"echo \"<${{ 1min }}>\" \"\"\"",
            &["/bin/sh", "-e", "-c", "echo \"<${PIPE_1}>\" "],
            &[("PIPE_1", "1min")],
        ),
        (
            "sh\"\"\"\n  cat <<E\n  ${{ \"v\" }}\n  E\n  \"\"\"",
            &["/bin/sh", "-e", "-c", "cat <<E\n${PIPE_1}\nE\n"],
            &[("PIPE_1", "v")],
        ),
        (
            "sh\"echo ${{ list() }} ${{ 2 }}\"",
            &["/bin/sh", "-e", "-c", "echo \"$PIPE_1_1\" \"$PIPE_1_2\" \"$PIPE_2\""],
            &[("PIPE_1_1", "a b"), ("PIPE_1_2", "c"), ("PIPE_2", "2")],
        ),
        ("sh\"echo ${{ none_of() }} end\"", &["/bin/sh", "-e", "-c", "echo  end"], &[]),
    ];
    for (script, argv, env) in rows {
        let (found, variables) = step(&mut pipeline, &format!("scratch().run({script})"));
        assert_eq!(found, argv, "{script}");
        let env: Vec<_> = env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        assert_eq!(variables, env, "{script}");
    }
    let (argv, _) = step(&mut pipeline, "scratch().shell([\"/bin/ash\", \"-c\"]).run(sh\"x\")");
    assert_eq!(argv, ["/bin/ash", "-c", "x"]);
    let (argv, _) = step(&mut pipeline, "scratch().shell([\"/bin/ash\", \"-c\"]).run(bash\"x\")");
    assert_eq!(argv, ["bash", "-eo", "pipefail", "-c", "x"]);
}

/// One program for each position in which a value may stand; each prints the value between marks.
const POSITIONS: [&str; 4] = [
    "sh\"printf %s:%s: ${{ x }} end\"",
    "sh\"\"\"printf %s: \"<${{ x }}>\"; printf end: \"\"\"",
    "sh\"\"\"\n  cat <<E\n  ${{ x }}\n  E\n  \"\"\"",
    "sh\"\"\"printf %s: \"$(printf %sz ${{ x }})\" \"\"\"",
];

fn expected(position: usize, x: &str) -> String {
    match position {
        0 => format!("{x}:end:"),
        1 => format!("<{x}>:end:"),
        2 => format!("{x}\n"),
        _ => format!("{x}z:"),
    }
}

fn arrives(x: &str) {
    for (position, script) in POSITIONS.iter().enumerate() {
        let program = format!("param x: String = \"\"\nfn f() -> Container {{ scratch().run({script}) }}");
        assert_eq!(printed(&mut with_text(&program, x), "f()"), expected(position, x), "{script} {x:?}");
    }
}

#[test]
fn hostile_values_arrive_unchanged() {
    for x in [
        "$(touch /x)",
        "'; exit 3; '",
        "`id`",
        "\n",
        "-n",
        "\\",
        "${HOME}",
        "\"",
        "\\n",
        "$PIPE_1",
        "a  b",
        "*",
        "~",
        "E",
        "",
        "é\u{1}\u{7f}",
    ] {
        arrives(x);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_value_arrives_unchanged(x in "[^\u{0}]{0,1024}") {
        arrives(&x);
    }

    #[test]
    fn any_list_arrives_as_its_words(words in prop::collection::vec("[^\u{0}]{0,16}", 0..5)) {
        let program = "param x: List[String] = []\nfn f() -> Container { scratch().run(sh\"printf %s: begin ${{ x }} end\") }";
        let items = words.iter().map(|word| Argument::Data(Datum::text(word.as_str()))).collect();
        let mut pipeline = Pipeline::with(program, facts(), vec![("x", Argument::List(items))], Budget::default());
        let printed = printed(&mut pipeline, "f()");
        prop_assert_eq!(printed, format!("begin:{}end:", words.iter().map(|word| format!("{word}:")).collect::<String>()));
    }
}

const ONE: &str = "param x: String = \"\"\nfn f() -> Container { scratch().run(sh\"echo ${{ x }}\") }";
const REMEDY: &str = "put it into a file with `.write(path, text)`, or give it on `stdin:`";

#[test]
fn a_value_that_cannot_travel_is_an_error_at_its_hole() {
    for (value, message) in [
        ("a".repeat((100 << 10) + 1), "A value of 101 KiB is too long for a script, which takes 100 KiB"),
        ("a\0b".to_owned(), "A value with a NUL character cannot be inserted into a script"),
    ] {
        let error = with_text(ONE, &value).error("f()");
        assert_eq!(
            error,
            format!(
                "script-value: {message}\n  at ${{{{ x }}}}\n  in this call of `f`: f()\n  help: {REMEDY}"
            )
        );
    }
    with_text(ONE, &"a".repeat(100 << 10)).demand("f()");
}

#[test]
fn all_values_together_have_a_limit() {
    let holes = "${{ x }} ".repeat(11);
    let program =
        format!("param x: String = \"\"\nfn f() -> Container {{ scratch().run(sh\"echo {holes}\") }}");
    let error = with_text(&program, &"a".repeat(100 << 10)).error("f()");
    assert!(error.starts_with("script-value: The values of this script have 1100 KiB together"), "{error}");
    with_text(&program, &"a".repeat(90 << 10)).demand("f()");
}

#[test]
fn a_value_known_later_is_checked_by_the_engine_at_its_hole() {
    let program = "fn v() -> String { scratch().run([\"v\"]).stdout }\nfn f() -> Container {\n  scratch().run(sh\"echo ${{ 1 }} ${{ v() }} ${{ v().trim() }}\")\n}";
    let mut pipeline = Pipeline::new(program);
    let graph = pipeline.graph("f()");
    assert!(graph.contains("%4 = apply script_value(%2.stdout)  # main.pipe:3 f"), "{graph}");
    // The last one also sums up all others.
    assert!(graph.contains("apply script_value(%3, 1, %2.stdout)"), "{graph}");
    assert!(graph.contains("env PIPE_2=%4"), "{graph}");
}

#[test]
fn a_step_is_made_where_its_script_stands() {
    let mut pipeline =
        Pipeline::new("fn f() -> Check {\n  scratch()\n    .check(\n      sh\"false\",\n    )\n}");
    let demand = pipeline.demand("f()");
    let graph = pipeline.evaluator.graph();
    let exec = graph
        .reachable(&demand.outputs())
        .into_iter()
        .find(|id| matches!(graph.get(*id).unwrap().op, Op::Exec(_)));
    let origin = &graph.get(exec.unwrap()).unwrap().origins[0];
    assert_eq!((origin.line, &*origin.name), (4, "f"));
    assert_eq!(origin.end - origin.start, "sh\"false\"".len() as u32);
}
