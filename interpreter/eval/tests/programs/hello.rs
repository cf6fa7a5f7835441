//! The quick start.

use crate::pipeline::{Pipeline, holds};

const HELLO: &str = include_str!("../../../../examples/hello/main.pipe");

#[test]
fn the_program_is_built_in_the_toolchain() {
    insta::assert_snapshot!(Pipeline::new(HELLO).graph("build()"));
}

#[test]
fn the_check_mounts_the_program_it_builds() {
    insta::assert_snapshot!(Pipeline::new(HELLO).graph("unit()"));
}

#[test]
fn a_name_is_one_word_of_the_command() {
    insta::assert_snapshot!(Pipeline::new(HELLO).graph("greet(\"a; rm -rf /\")"));
}

#[test]
fn targets_share_one_graph() {
    let mut pipeline = Pipeline::new(HELLO);
    pipeline.demand("build()");
    let before = pipeline.evaluator.graph().len();
    pipeline.demand("build()");
    assert_eq!(pipeline.evaluator.graph().len(), before);
}

#[test]
fn the_same_program_gives_the_same_graph() {
    let graph = || {
        let mut pipeline = Pipeline::new(HELLO);
        ["build()", "unit()", "app()", "greet()"].map(|target| pipeline.graph(target))
    };
    assert_eq!(graph(), graph());
}

#[test]
fn a_test_of_values_needs_no_run_and_one_of_output_does() {
    let mut pipeline = Pipeline::new(HELLO);
    let values = pipeline.test("the image holds the program only").unwrap();
    assert!(!values.needs_run());
    assert_eq!(holds(&values), [true]);
    let output = pipeline.test("names reach the program as one word").unwrap();
    assert!(output.needs_run());
    let text = crate::graph_text::graph_text(pipeline.evaluator.graph(), &output.outputs());
    assert!(text.contains("apply equal("), "{text}");
}
