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
    let part = &parts(&mut pipeline, "unit()")[0];
    assert_eq!(part.keep.iter().map(|glob| &**glob).collect::<Vec<_>>(), ["reports/**"]);
    assert!(part.container.is_some());
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

#[test]
fn what_is_not_there_yet_is_demanded_and_so_refused() {
    let mut pipeline = Pipeline::new(CHECKS);
    for (expression, operation) in [
        ("lint().requires(unit())", "requires"),
        ("lint().warn_only()", "warn_only"),
        ("lint().junit(\"*.xml\")", "junit"),
        ("all([lint()], fail_fast: true)", "fail_fast:"),
    ] {
        let graph = pipeline.graph(expression);
        assert!(graph.contains(&format!("declared {operation}(")), "{graph}");
    }
    assert_eq!(names(&mut pipeline, "lint().warn_only()"), ["the linter"]);
}

#[test]
fn a_check_without_a_command_has_no_results() {
    let mut pipeline = Pipeline::new(CHECKS);
    assert!(pipeline.error("tree().stdout").starts_with("no-result: `stdout` needs a command that ran"));
    assert!(pipeline.graph("built().stdout").ends_with(".stdout"));
}
