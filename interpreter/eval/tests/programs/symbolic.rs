//! Values that only running gives: they flow on as edges.

use crate::pipeline::Pipeline;

const PROGRAM: &str = "
record R { name: String, tags: List[String] = [] }
enum E { V(a: String) }
fn out() -> String { scratch().run([\"out\"]).stdout }
fn code() -> Int { scratch().run([\"code\"], allow_failure: true).exit_code }
fn decoded() -> R { json.decode(out()) }
fn texts(e: E) -> String { match e { V(a) => a } }
fn path(p: Path) -> Path { p }
fn r() -> R { R(name: out()) }
fn pair() -> (String, Int) { (out(), 1) }
";

/// The last node of an expression's graph.
fn last(pipeline: &mut Pipeline, expression: &str) -> String {
    let graph = pipeline.graph(expression);
    let lines: Vec<&str> = graph.lines().collect();
    lines[lines.len() - 2].split("  #").next().unwrap().split(" = ").nth(1).unwrap().to_owned()
}

#[test]
fn operators_and_functions_become_nodes() {
    let mut pipeline = Pipeline::new(PROGRAM);
    for (expression, node) in [
        ("out() + \"x\"", "apply add(%2.stdout, \"x\")"),
        ("out().trim()", "apply String.trim(%2.stdout)"),
        ("\"<${out()}>\"", "apply concat(\"<\", %2.stdout, \">\")"),
        ("out() == \"x\"", "apply equal(%2.stdout, \"x\")"),
        ("!(out() == \"x\")", "apply not(%3)"),
        ("code() > 1", "apply less(1, %1.exitcode)"),
        ("code() == 0 && out() == \"x\"", "apply and(%5, %3)"),
        ("out().lines().len()", "apply List.len(%3)"),
        ("out().lines().first() ?? \"none\"", "apply default(%4, \"none\")"),
        ("[1, 2].contains(code())", "apply List.contains([1, 2], %1.exitcode)"),
        ("[\"a\", out()].join(\",\")", "apply List.join(%3, \",\")"),
        ("[\"a\", ..out().lines()]", "apply List.flatten(%4)"),
        ("[\"a\", out()]", "apply make.list(\"a\", %2.stdout)"),
        ("r()", "apply make.record(\"main.R\", [\"name\", \"tags\"], %2.stdout, [])"),
        ("pair()", "apply make.tuple(%2.stdout, 1)"),
        ("some(out())", "apply make.some(%2.stdout)"),
        ("[\"k\": out()]", "apply make.map(\"k\", %2.stdout)"),
        ("E.V(out())", "apply make.variant(\"main.E\", \"V\", [\"a\"], %2.stdout)"),
        ("decoded().name", "apply field(%3, 0)"),
        ("path(out()).parent", "apply Path.parent(%3)"),
        ("path(out())", "apply check(\"Path\", %2.stdout)"),
        ("[\"a\"].any(fn(x) => x == out())", "apply equal(\"a\", %2.stdout)"),
        ("[\"a\", \"b\"].every(fn(x) => x == out())", "apply and(%3, %4)"),
        ("json.encode(r())", "apply json.encode(%3)"),
    ] {
        assert_eq!(last(&mut pipeline, expression), node, "{expression}");
    }
}

#[test]
fn what_is_known_around_it_is_known() {
    let mut pipeline = Pipeline::new(PROGRAM);
    assert_eq!(pipeline.json("[out(), \"b\"].len()"), "2");
    assert_eq!(pipeline.json("r().tags"), "[]");
    assert_eq!(pipeline.json("[\"a\": out()].keys()"), "[\"a\"]");
    assert_eq!(last(&mut pipeline, "texts(V(out()))"), "guard %1 success [0]");
    assert_eq!(pipeline.json("[for x in [out(), out()] => 1]"), "[1,1]");
    assert_eq!(pipeline.json("match pair() { (_, n) => n }"), "1");
}

#[test]
fn it_reaches_steps_as_arguments_environment_and_files() {
    insta::assert_snapshot!(Pipeline::new(PROGRAM).graph(
        "scratch().env(\"A\", out()).write(\"/f\", out()).run([\"x\", out(), \"y\"], stdin: out()).file(path(out()))"
    ));
    let argv = Pipeline::new(PROGRAM).graph("scratch().run(out().lines())");
    assert!(argv.contains("exec [%3] in"), "{argv}");
}

#[test]
fn control_flow_waits_and_says_for_what() {
    for (expression, what, at) in [
        ("if out() == \"x\" { 1 } else { 2 }", "`if`", "out() == \"x\""),
        ("match out() { \"a\" => 1, _ => 2 }", "`match`", "out()"),
        ("[for l in out().lines() => l]", "`for`", "out().lines()"),
        ("[for l in [1] if code() == l => l]", "`if`", "code() == l"),
        ("out().lines().map(fn(l) => l)", "`map`", "out().lines()"),
        ("[1].filter(fn(l) => l == code())", "`filter`", "[1].filter(fn(l) => l == code())"),
        ("[out(): 1]", "a key of a map", "out()"),
        ("decoded().with(name: \"b\")", "`with`", "decoded().with(name: \"b\")"),
        ("scratch().workdir(path(out()))", "`workdir`", "path(out())"),
        ("scratch().run([\"x\"], expect: [code()])", "`expect`", "[code()]"),
    ] {
        let mut pipeline = Pipeline::new(PROGRAM);
        assert!(pipeline.demand(expression).waits(), "{expression}");
        let [awaited] = pipeline.evaluator.awaited() else { panic!("{expression}") };
        let source = if expression.contains("code()") { "code" } else { "out" };
        assert_eq!((&*awaited.what, &*awaited.source), (what, source), "{expression}");
        let (start, end) = (awaited.place.start as usize, awaited.place.end as usize);
        assert_eq!(&expression[start..end], at, "{expression}");
    }
}
