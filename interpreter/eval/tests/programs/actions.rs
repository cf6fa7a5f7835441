//! Actions: planned effects.

use pipe_eval::{Demand, Group};

use crate::pipeline::{Pipeline, holds};

const RELEASE: &str = "
enum Target { Staging, Production(canary: Percent = 10, soak: Duration = 10min) }
fn ci() -> Check { scratch().check([\"test\"]) }
fn app() -> Container { image(\"a\").user(\"me\") }
fn names(a: Action[Unit]) -> List[String] { [for s in plan(a).actions => s.name] }
action announce(text: String) { do notify(text) }
action apply(to: String) { do app().perform([\"apply\", to], name: \"apply ${to}\") }
action release(to: Target = Staging) {
  gate ci()
  let pushed = do app().push(\"ghcr.io/a/b:1\")
  match to {
    Staging => do apply(\"staging\")
    Production(canary, soak) => {
      do apply(\"canary\")
      do sleep(soak)
      do approval(\"Promote ${pushed}?\")
      do apply(\"all\")
    }
  }
}
action combined() {
  do parallel([announce(\"a\"), announce(\"b\")], limit: 2)
  do sequence([announce(\"c\")])
  do retry(announce(\"d\"), times: 5)
  do on_failure(announce(\"e\"), announce(\"f\"))
  do finally(announce(\"g\"), announce(\"h\"))
  do allow_failure(announce(\"i\"))
}
";

#[test]
fn a_plan_names_the_effects_in_order() {
    let mut pipeline = Pipeline::new(RELEASE);
    assert_eq!(pipeline.json("names(release())"), r#"["push","apply staging"]"#);
    assert_eq!(
        pipeline.json("names(release(Production(soak: 1h)))"),
        r#"["push","apply canary","sleep","approval","apply all"]"#
    );
    assert_eq!(pipeline.json("names(combined()).len()"), "9");
}

#[test]
fn an_action_as_a_target_is_its_planned_effects() {
    let mut pipeline = Pipeline::new(RELEASE);
    let Demand::Action(plan) = pipeline.demand("combined()") else { panic!() };
    assert_eq!(plan.effects.len(), 9);
    let action = plan.action;
    let groups: Vec<_> = action
        .steps
        .iter()
        .map(|step| match step {
            pipe_eval::ActionStep::Group(Group::Sequence, actions) => match &actions[0].steps[0] {
                pipe_eval::ActionStep::Group(group, inner) => (*group, inner.len()),
                _ => panic!(),
            },
            _ => panic!(),
        })
        .collect();
    assert_eq!(
        groups,
        [
            (Group::Parallel { limit: Some(2) }, 2),
            (Group::Sequence, 1),
            (Group::Retry { times: 5 }, 1),
            (Group::OnFailure, 2),
            (Group::Finally, 2),
            (Group::AllowFailure, 1),
        ]
    );
}

#[test]
fn an_effect_stands_on_a_node_that_is_not_there_yet() {
    let mut pipeline =
        Pipeline::new("action p() -> ImageRef { do scratch().push(\"a/b\", auth: fake.auth()) }");
    let Demand::Action(plan) = pipeline.demand("p()") else { panic!() };
    assert_eq!(plan.effects.iter().map(|effect| &*effect.operation).collect::<Vec<_>>(), ["push"]);
    assert!(matches!(&plan.action.result, pipe_eval::Value::Symbolic(_)));
}

#[test]
fn tests_look_at_plans_without_a_run() {
    let program = format!(
        "{RELEASE}\ntest \"order\" {{\n  expect names(release()) == [\"push\", \"apply staging\"]\n  expect app().user == \"you\"\n}}"
    );
    let mut pipeline = Pipeline::new(&program);
    let plan = pipeline.test("order").unwrap();
    assert!(!plan.needs_run());
    assert_eq!(holds(&plan), [true, false]);
}

#[test]
fn arguments_of_combinations_are_checked() {
    let mut pipeline = Pipeline::new(RELEASE);
    assert!(
        pipeline
            .error("retry(announce(\"a\"), times: 0)")
            .starts_with("invalid-value: an action is tried at least once\n  at 0")
    );
    assert!(
        pipeline
            .error("parallel([announce(\"a\")], limit: 0)")
            .starts_with("invalid-value: at least one runs at once\n  at 0")
    );
    assert!(pipeline.error("simulate(announce(\"a\"))").contains("not there yet: simulate"));
}

#[test]
fn actions_inside_each_other_are_counted_one_by_one() {
    let mut program = "action a0() { }\n".to_owned();
    for i in 1..=60 {
        program.push_str(&format!("action a{i}() {{\n  do a{0}()\n  do a{0}()\n}}\n", i - 1));
    }
    let budget = pipe_eval::Budget { steps: 10_000, ..Default::default() };
    let mut pipeline = Pipeline::with(&program, crate::pipeline::facts(), Vec::new(), budget);
    assert!(
        pipeline.error("a60()").starts_with("evaluation-limit: the evaluation takes more than 10000 steps")
    );
}

#[test]
fn what_gates_an_action_is_asked_for_with_its_effects() {
    let mut pipeline = Pipeline::new(RELEASE);
    let demand = pipeline.demand("release()");
    let Demand::Action(plan) = &demand else { panic!() };
    assert_eq!(plan.gates.iter().map(|part| &*part.name).collect::<Vec<_>>(), ["ci"]);
    assert_eq!(demand.outputs().len(), 3);
}
