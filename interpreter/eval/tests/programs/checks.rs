//! Checks: names, judgement, parts.

use pipe_eval::{Demand, Part};

use crate::pipeline::Pipeline;

fn parts(pipeline: &mut Pipeline, expression: &str) -> Vec<Part> {
    match pipeline.demand(expression) {
        Demand::Check(parts) => parts,
        other => panic!("{other:?}"),
    }
}

fn names(pipeline: &mut Pipeline, expression: &str) -> Vec<String> {
    parts(pipeline, expression).iter().map(|part| part.name.to_string()).collect()
}

const CHECKS: &str = "
fn unit(version: Version = \"8.3\", race: Bool = false, src: Dir = dir()) -> Check {
  scratch().mount(\"/src\", src).check([\"test\", \"${version}\"], keep: [\"reports/**\"])
}
fn lint() -> Check { scratch().check([\"lint\"], name: \"the linter\") }
fn built() -> Check { scratch().run([\"make\"]).check() }
fn tree() -> Check { dir().check() }
fn ci() -> Check { all([lint(), unit(), unit(\"8.4\"), built(), tree()]) }
fn bad() -> Check { scratch().check([\"x\"], expect: [1], allow_failure: true) }
";

#[test]
fn a_check_is_named_by_its_function_and_the_arguments_that_differ() {
    let mut pipeline = Pipeline::new(CHECKS);
    assert_eq!(names(&mut pipeline, "ci()"), ["the linter", "unit", "unit 8.4", "built", "tree"]);
    assert_eq!(names(&mut pipeline, "unit(\"8.3\", true)"), ["unit true"]);
    assert_eq!(names(&mut pipeline, "unit(src: dir().write(\"a\", \"b\"))"), ["unit"]);
    assert_eq!(pipeline.json("ci().name"), "\"ci\"");
    assert_eq!(
        pipeline.json("[for c in ci().parts => c.name]"),
        r#"["the linter","unit","unit 8.4","built","tree"]"#
    );
    assert_eq!(pipeline.json("[for c in lint().parts => c.name]"), r#"["the linter"]"#);
}

#[test]
fn a_long_or_broken_argument_is_cut_to_one_line() {
    let mut pipeline = Pipeline::new("fn f(text: String) -> Check { scratch().check([text]) }");
    let text = format!("f(\"a\\n{}\")", "b".repeat(100));
    assert_eq!(names(&mut pipeline, &text), [format!("f a {}…", "b".repeat(38))]);
}

#[test]
fn success_is_asked_for_and_results_can_be_read_without_it() {
    let mut pipeline = Pipeline::new(CHECKS);
    let judged = pipeline.graph("unit()");
    assert!(judged.ends_with("guard %1 success [0]  # main.pipe:3 unit\n=> %2.exitcode"), "{judged}");
    let read = pipeline.graph("unit().file(\"/src/cover\")");
    assert!(read.contains("subfile %1.mount0 \"cover\"") && !read.contains("guard"), "{read}");
    let passed = pipeline.graph("unit().passed");
    assert!(
        passed.contains("apply List.contains([0], %1.exitcode)") && !passed.contains("guard"),
        "{passed}"
    );
    let both = pipeline.graph("all([unit(), unit(\"8.4\")]).passed");
    assert!(both.contains("apply and("), "{both}");
    assert_eq!(parts(&mut pipeline, "unit()")[0].kept, None);
}

#[test]
fn run_and_check_of_one_command_are_one_step() {
    let mut pipeline = Pipeline::new("fn c() -> Container { scratch() }");
    let run = parts(&mut pipeline, "c().check([\"x\"])")[0].exec;
    let graph = pipeline.graph("c().run([\"x\"], expect: [0, 2])");
    assert_eq!(graph.matches("exec").count(), 1);
    let again = parts(&mut pipeline, "c().check([\"x\"], expect: [3])")[0].exec;
    assert_eq!(run, again);
}

#[test]
fn an_allowed_failure_is_always_a_pass() {
    let mut pipeline = Pipeline::new(CHECKS);
    assert_eq!(pipeline.json("bad().passed"), "true");
    assert!(!pipeline.graph("bad()").contains("guard"));
}

/// They are read whatever becomes of the check.
#[test]
fn test_reports_are_demanded_beside_the_check() {
    let mut pipeline = Pipeline::new(CHECKS);
    let graph = pipeline.graph("lint().junit(\"*.xml\")");
    assert!(graph.contains("include [\"*.xml\"]") && !graph.contains("declared"), "{graph}");
    assert_eq!(names(&mut pipeline, "lint().junit(\"*.xml\")"), ["the linter"]);
}

#[test]
fn a_check_that_requires_another_one_waits_with_its_command() {
    let mut pipeline = Pipeline::new(CHECKS);
    let graph = pipeline.graph("lint().requires(tree())");
    assert!(graph.contains("after [%") || graph.contains(" after "), "{graph}");
    assert_eq!(names(&mut pipeline, "lint().requires(unit())"), ["the linter"]);
    // What it left is read of the command that waited.
    let both = pipeline.graph("lint().requires(unit()).stdout");
    assert!(both.contains(" after ") && both.ends_with(".stdout"), "{both}");
    // Of what is to be built the last command waits; what has none is judged later.
    for expression in ["built().requires(lint())", "tree().requires(lint())", "ci().requires(lint())"] {
        let graph = pipeline.graph(expression);
        assert!(graph.contains(" after "), "{graph}");
    }
    assert!(pipeline.graph("lint().requires(unit()).passed").contains("settled"));
}

#[test]
fn a_check_that_only_warns_always_passes() {
    let mut pipeline = Pipeline::new(CHECKS);
    assert_eq!(pipeline.json("lint().warn_only().passed"), "true");
    assert_eq!(pipeline.json("lint().warn_only().name"), "\"the linter\"");
    let part = &parts(&mut pipeline, "all([lint(), unit()]).warn_only()")[1];
    assert!(part.lenient && part.name.as_ref() == "unit", "{part:?}");
    assert!(pipeline.graph("lint().warn_only()").contains("settled"));
}

#[test]
fn all_takes_a_limit_and_can_fail_fast() {
    let mut pipeline = Pipeline::new(CHECKS);
    let limited = pipeline.graph("all([lint(), unit(), tree()], limit: 2)");
    assert_eq!(limited.matches("settled").count(), 1, "{limited}");
    assert!(pipeline.error("all([lint()], limit: 0)").contains("`limit` is at least 1"));
    let together = pipeline.graph("all([lint(), unit()], fail_fast: true)");
    assert_eq!(together.matches("together").count(), 1, "{together}");
    assert_eq!(names(&mut pipeline, "all([lint(), unit()], fail_fast: true)"), ["the linter", "unit"]);
}

#[test]
fn a_check_without_a_command_has_no_results() {
    let mut pipeline = Pipeline::new(CHECKS);
    assert!(pipeline.error("tree().stdout").starts_with("no-result: `stdout` needs a command that ran"));
    assert!(pipeline.graph("built().stdout").ends_with(".stdout"));
}
