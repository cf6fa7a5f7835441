//! Rounds: what is evaluated again when more is known, and what is not.

use pipe_eval::{Budget, Demand, ErrorKind, Known, KnownOutputs};
use pipe_ops::{Arg, Datum, Output};

use crate::pipeline::{Pipeline, facts};

const PROGRAM: &str = r#"
fn probe(name: String) -> String { scratch().run(["probe", name]).stdout.trim() }
fn step(name: String) -> Check { scratch().check(["step", name], name: name) }
fn one(name: String) -> Check { if probe(name) == "yes" { step("${name} yes") } else { step("${name} no") } }
pub fn both() -> Check { all([step("plain"), one("a"), one("b")]) }
fn words() -> List[String] { scratch().run(["words"]).stdout.lines() }
pub fn each() -> List[File] { [for w in words() => scratch().run(["make", w]).file("/out")] }
pub fn nested() -> Check { if probe("outer") == "yes" { one("inner") } else { step("none") } }
pub fn chain() -> Container {
  let first = scratch().run(["first"])
  first.mount("/x", if probe("m") == "yes" { dir() } else { dir().write("f", "") }).run(["second"])
}
"#;

fn known(pairs: &[(Output, Datum)]) -> KnownOutputs {
    pairs.iter().map(|(output, datum)| (*output, Known::Value(datum.clone()))).collect()
}

/// Names of the parts of a check that are there.
fn parts(demand: &Demand) -> Vec<String> {
    let Demand::Check(parts) = demand else { panic!("{demand:?}") };
    parts.iter().filter(|part| !part.waits).map(|part| part.name.to_string()).collect()
}

fn awaited(pipeline: &Pipeline) -> Vec<Output> {
    pipeline.evaluator.awaited().iter().map(|awaited| awaited.output).collect()
}

#[test]
fn everything_that_waits_is_asked_for_at_once_and_each_goes_on_by_itself() {
    let mut pipeline = Pipeline::new(PROGRAM);
    let demand = pipeline.demand("both()");
    assert_eq!(parts(&demand), ["plain"]);
    assert!(demand.waits());
    let [a, b] = awaited(&pipeline)[..] else { panic!() };

    let mut answers = known(&[(b, Datum::Bool(false))]);
    pipeline.evaluator.next_round(&answers);
    let demand = pipeline.demand("both()");
    assert_eq!(parts(&demand), ["plain", "b no"]);
    assert_eq!(awaited(&pipeline), [a]);

    answers.insert(a, Known::Value(Datum::Bool(true)));
    pipeline.evaluator.next_round(&answers);
    let demand = pipeline.demand("both()");
    assert_eq!(parts(&demand), ["plain", "a yes", "b no"]);
    assert!(!demand.waits() && awaited(&pipeline).is_empty());
}

#[test]
fn a_node_is_the_same_in_every_round() {
    let mut pipeline = Pipeline::new(PROGRAM);
    let before = pipeline.demand("both()").outputs();
    let digest =
        |pipeline: &Pipeline, output: Output| pipeline.evaluator.graph().get(output.node).unwrap().digest;
    let first = digest(&pipeline, before[0]);
    let answers: Vec<_> = awaited(&pipeline).into_iter().map(|output| (output, Datum::Bool(true))).collect();
    pipeline.evaluator.next_round(&known(&answers));
    let after = pipeline.demand("both()").outputs();
    assert_eq!(before[0], after[0]);
    assert_eq!(first, digest(&pipeline, after[0]));
}

#[test]
fn a_list_of_a_step_can_be_gone_over() {
    let mut pipeline = Pipeline::new(PROGRAM);
    assert!(pipeline.demand("each()").waits());
    let [words] = awaited(&pipeline)[..] else { panic!() };
    let list = Datum::List(vec![Datum::text("x"), Datum::text("y")]);
    pipeline.evaluator.next_round(&known(&[(words, list)]));
    assert_eq!(pipeline.demand("each()").outputs().len(), 2);
}

#[test]
fn a_decision_behind_a_decision_takes_two_rounds() {
    let mut pipeline = Pipeline::new(PROGRAM);
    pipeline.demand("nested()");
    let [outer] = awaited(&pipeline)[..] else { panic!() };
    let mut answers = known(&[(outer, Datum::Bool(true))]);
    pipeline.evaluator.next_round(&answers);
    assert!(pipeline.demand("nested()").waits());
    let [inner] = awaited(&pipeline)[..] else { panic!() };
    assert_ne!(outer, inner);
    answers.insert(inner, Known::Value(Datum::Bool(false)));
    pipeline.evaluator.next_round(&answers);
    assert_eq!(parts(&pipeline.demand("nested()")), ["inner no"]);
}

#[test]
fn what_a_waiting_value_stands_on_is_needed_already() {
    let mut pipeline = Pipeline::new(PROGRAM);
    let demand = pipeline.demand("chain()");
    let Demand::Waiting(needs) = &demand else { panic!("{demand:?}") };
    assert_eq!(needs.len(), 1);
}

#[test]
fn what_is_lost_is_waited_for_and_takes_nothing_else_with_it() {
    let mut pipeline = Pipeline::new(PROGRAM);
    pipeline.demand("both()");
    let [a, b] = awaited(&pipeline)[..] else { panic!() };
    let mut answers = known(&[(b, Datum::Bool(true))]);
    answers.insert(a, Known::Lost);
    pipeline.evaluator.next_round(&answers);
    let demand = pipeline.demand("both()");
    assert_eq!(parts(&demand), ["plain", "b yes"]);
    assert_eq!(awaited(&pipeline), [a]);
}

#[test]
fn every_operation_that_needs_a_value_gets_it() {
    let program = r#"
record R { name: String }
fn out() -> String { scratch().run(["x"]).stdout }
fn decoded() -> R { json.decode(out()) }
fn code() -> Int { scratch().run(["x"], allow_failure: true).exit_code }
"#;
    let list = Datum::List(vec![Datum::text("a")]);
    let record = Datum::Record { name: "main.R".into(), fields: vec![("name".into(), Datum::text("a"))] };
    for (expression, value, expected) in [
        ("match out() { \"a\" => 1, _ => 2 }", Datum::text("a"), "1"),
        ("match some(out()) { some(\"a\") => 1, _ => 2 }", Datum::text("b"), "2"),
        ("out().lines().map(fn(l) => l + l)", list.clone(), "[\"aa\"]"),
        ("[out(): 1]", Datum::text("k"), "{\"k\":1}"),
        ("decoded().with(name: \"b\").name", record, "\"b\""),
        ("scratch().workdir(out()).workdir", Datum::text("/w"), "\"/w\""),
        ("[1, 2].filter(fn(l) => l == code())", Datum::Bool(true), "[1,2]"),
        ("[for l in out().lines() => l]", list, "[\"a\"]"),
    ] {
        let mut pipeline = Pipeline::new(program);
        let mut answers = KnownOutputs::new();
        for _ in 0..4 {
            pipeline.demand(expression);
            answers
                .extend(awaited(&pipeline).into_iter().map(|output| (output, Known::Value(value.clone()))));
            pipeline.evaluator.next_round(&answers);
        }
        assert_eq!(pipeline.json(expression), expected, "{expression}");
    }
}

#[test]
fn a_script_gets_a_word_for_each_element_of_a_list_that_is_known_later() {
    let program = "fn v() -> List[String] { scratch().run([\"v\"]).stdout.lines() }\nfn f() -> Container { scratch().run(sh\"echo ${{ v() }}\") }";
    let mut pipeline = Pipeline::new(program);
    assert!(pipeline.demand("f()").waits());
    let [words] = awaited(&pipeline)[..] else { panic!() };
    pipeline.evaluator.next_round(&known(&[(words, Datum::List(vec![Datum::text("x"), Datum::text("y")]))]));
    let graph = pipeline.graph("f()");
    assert!(graph.contains(r#"\"$PIPE_1_1\" \"$PIPE_1_2\""#), "{graph}");
}

#[test]
fn the_budget_holds_over_all_rounds() {
    let program = "fn n() -> Bool { scratch().run([\"n\"]).exit_code == 0 }\nfn f() -> Int { [for a in [1, 2, 3] for b in [1, 2, 3] => a].len() + if n() { 1 } else { 2 } }";
    let mut pipeline =
        Pipeline::with(program, facts(), Vec::new(), Budget { steps: 1_000, ..Budget::default() });
    let error = (0..100).find_map(|_| {
        let error = pipeline.eval("f()").err();
        pipeline.evaluator.next_round(&KnownOutputs::new());
        error
    });
    assert_eq!(error.unwrap().kind, ErrorKind::Limit);
}

#[test]
fn a_test_whose_expectation_waits_is_evaluated_again() {
    let program = format!("{PROGRAM}\ntest \"t\" {{ expect each().len() == 2 }}");
    let mut pipeline = Pipeline::new(&program);
    let plan = pipeline.test("t").unwrap();
    assert!(plan.waits && plan.needs_run() && plan.expectations.is_empty());
    let [words] = awaited(&pipeline)[..] else { panic!() };
    let list = Datum::List(vec![Datum::text("x"), Datum::text("y")]);
    pipeline.evaluator.next_round(&known(&[(words, list)]));
    let plan = pipeline.test("t").unwrap();
    assert!(!plan.waits);
    assert_eq!(plan.expectations[0].holds, Arg::Const(Datum::Bool(true)));
}
