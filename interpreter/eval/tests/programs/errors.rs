//! Errors: what happened, where, through which calls.

use pipe_eval::{Argument, Budget};
use pipe_ops::Datum;

use crate::pipeline::{Pipeline, facts};

#[test]
fn fail_is_an_error_at_its_place_with_the_calls_that_led_there() {
    let program = "fn inner(n: Int) -> Int { if n > 1 { fail(\"too many: ${n}\") } else { n } }\nfn outer() -> Int { [1, 2].map(fn(n) => inner(n)).len() }";
    assert_eq!(
        Pipeline::new(program).error("outer()"),
        "evaluation-failed: too many: 2\n  at fail(\"too many: ${n}\")\n  in this call of `inner`: inner(n)\n  in this call of `outer`: outer()"
    );
}

#[test]
fn arithmetic_that_has_no_result() {
    let mut pipeline = Pipeline::new("fn zero() -> Int { 0 }\nfn big() -> Int { 9223372036854775807 }");
    assert_eq!(pipeline.error("1 / zero()"), "invalid-value: Division by zero\n  at 1 / zero()");
    assert_eq!(
        pipeline.error("[big() + 1]"),
        "invalid-value: The result of `+` does not fit into an `Int`\n  at big() + 1"
    );
    assert_eq!(
        pipeline.error("1KiB - 2KiB"),
        "invalid-value: The result of `-` does not fit into a `Size`\n  at 1KiB - 2KiB"
    );
}

#[test]
fn a_text_that_becomes_a_checked_type_is_checked_when_it_is_known() {
    let mut pipeline = Pipeline::new(
        "fn name(a: String) -> Container { scratch().env(a, \"x\") }\nfn tag(t: String) -> Container { image(\"a/b:${t}\") }",
    );
    assert_eq!(
        pipeline.error("name(\"A B\")"),
        "invalid-value: `A B` is not an `EnvName`: a space cannot stand in the name of an environment variable\n  at a\n  in this call of `name`: name(\"A B\")"
    );
    let error = pipeline.error("tag(\"a b\")");
    assert!(error.starts_with("invalid-value: `a/b:a b` is not an `ImageRef`: a space cannot"), "{error}");
}

#[test]
fn a_key_that_occurs_twice() {
    let mut pipeline = Pipeline::new("fn k() -> String { \"a\" }");
    assert_eq!(
        pipeline.error("[\"a\": 1, k(): 2]"),
        "invalid-value: this key occurs twice in the map\n  at k()"
    );
    assert_eq!(
        pipeline.error("[for x in [1, 2] => k(): x]"),
        "invalid-value: this key occurs twice in the map\n  at k()"
    );
}

#[test]
fn what_is_missing_names_the_flag() {
    let program = "param api_token: String\nfn needs(version_name: String) -> String { version_name }\nfn p() -> String { api_token }";
    let mut pipeline = Pipeline::new(program);
    assert_eq!(
        pipeline.error("p()"),
        "invalid-value: the parameter `api_token` has no default and no value was given\n  at api_token\n  in this call of `p`: p()\n  help: give one with `--api-token VALUE`"
    );
    let error = pipeline.call("needs", Vec::new()).unwrap_err();
    assert_eq!(
        pipeline.shown(&error, ""),
        "invalid-value: `needs` needs a value for `version_name`\n  at version_name: String\n  help: give one with `--version-name VALUE`"
    );
    let error = pipeline.call("needs", vec![("other", Argument::Data(Datum::Unit))]).unwrap_err();
    assert_eq!(error.diagnostic.message, "`needs` has no parameter `other`");
    let mut pipeline = Pipeline::new("param token: Secret\nfn p() -> Secret { token }");
    assert!(
        pipeline
            .error("p()")
            .ends_with("help: say where it comes from with `--token env:NAME` or `--token file:PATH`")
    );
}

#[test]
fn a_value_that_nobody_can_see_is_no_target() {
    let mut pipeline = Pipeline::new("fn id(x: Int) -> Int { x }");
    assert_eq!(
        pipeline.error("fake.secret()"),
        "invalid-value: a `Secret` cannot be shown\n  at fake.secret()"
    );
    assert_eq!(pipeline.error("id"), "invalid-value: a function cannot be shown\n  at id");
}

#[test]
fn an_error_leaves_the_evaluator_usable() {
    let program = "action a() { do notify(fail(\"no\")) }\naction b() { do notify(\"x\") }\nfn n(a: Action[Unit]) -> Int { plan(a).actions.len() }";
    let mut pipeline = Pipeline::with(program, facts(), Vec::new(), Budget::default());
    pipeline.eval("n(a())").unwrap_err();
    assert_eq!(pipeline.json("n(b())"), "1");
}

#[test]
fn the_call_of_the_command_line_is_no_place_in_the_program() {
    let mut pipeline = Pipeline::new("fn inner() -> Int { fail(\"no\") }\nfn outer() -> Int { inner() }");
    let error = pipeline.call("outer", Vec::new()).unwrap_err();
    assert_eq!(
        pipeline.shown(&error, ""),
        "evaluation-failed: no\n  at fail(\"no\")\n  in this call of `inner`: inner()"
    );
}
