//! Data: literals, operators, collections, functions, records, enums.

use pipe_ops::Datum;

use crate::pipeline::Pipeline;

fn check(program: &str, rows: &[(&str, &str)]) {
    let mut pipeline = Pipeline::new(program);
    for (expression, json) in rows {
        assert_eq!(&pipeline.json(expression), json, "{expression}");
    }
}

#[test]
fn literals_and_operators() {
    check(
        "",
        &[
            ("1 + 2 * 3", "7"),
            ("-(4 - 6)", "2"),
            ("7 / 2", "3"),
            ("1.5 + 0.25", "1.75"),
            ("\"a\" + \"b\"", "\"ab\""),
            ("[1] + [2, 3]", "[1,2,3]"),
            ("1h + 30min", "\"1h30min\""),
            ("10min * 3", "\"30min\""),
            ("1KiB + 24B", "1048"),
            ("1 < 2 && !(2 <= 1)", "true"),
            ("false || 3 >= 3", "true"),
            ("[1, 2] == [1, 2]", "true"),
            ("[\"a\": 1, \"b\": 2] == [\"b\": 2, \"a\": 1]", "true"),
            ("some(1) ?? 2", "1"),
            ("\"n=${1 + 1} t=${90s} ${true} ${1MiB}\"", "\"n=2 t=1min30s true 1MiB\""),
        ],
    );
}

#[test]
fn the_right_side_is_evaluated_only_when_it_counts() {
    check(
        "fn boom() -> Bool { fail(\"no\") }\nfn maybe(n: Int) -> Int? { if n > 0 { some(n) } else { none } }",
        &[
            ("false && boom()", "false"),
            ("true || boom()", "true"),
            ("maybe(3) ?? fail(\"no\")", "3"),
            ("maybe(0) ?? 7", "7"),
            ("maybe(0) ?? maybe(8)", "8"),
        ],
    );
}

#[test]
fn lists_and_maps() {
    check(
        "",
        &[
            ("[1, ..[2, 3], 4]", "[1,2,3,4]"),
            ("[for x in [1, 2, 3] if x != 2 => x * 10]", "[10,30]"),
            ("[for x in [1, 2] for y in [\"a\", \"b\"] => \"${y}${x}\"]", "[\"a1\",\"b1\",\"a2\",\"b2\"]"),
            ("[for x in [1, 2] => \"k${x}\": x]", "{\"k1\":1,\"k2\":2}"),
            ("[for (k, v) in [\"a\": 1, \"b\": 2] => \"${k}${v}\"]", "[\"a1\",\"b2\"]"),
            ("[1, 2, 3].map(fn(x) => x + 1)", "[2,3,4]"),
            ("[1, 2, 3].filter(fn(x) => x > 1)", "[2,3]"),
            ("[1, 2, 3].fold(10, fn(a, x) => a + x)", "16"),
            ("[1, 2].any(fn(x) => x == 2)", "true"),
            ("[1, 2].every(fn(x) => x == 2)", "false"),
            ("[3, 1, 2].sort()", "[1,2,3]"),
            ("[1, 1, 2].unique()", "[1,2]"),
            ("[[1], [2, 3]].flatten()", "[1,2,3]"),
            ("[1, 2, 3].reverse().slice(1)", "[2,1]"),
            ("[1, 2, 3].len()", "3"),
            ("[1, 2].first()", "1"),
            ("[1, 2].get(5)", "null"),
            ("[1, 2].zip([\"a\", \"b\"])", "[[1,\"a\"],[2,\"b\"]]"),
            ("[\"a\", \"b\"].join(\", \")", "\"a, b\""),
            ("[\"b\": 1].insert(\"a\", 2)", "{\"b\":1,\"a\":2}"),
            ("[\"b\": 1].get(\"b\")", "1"),
            ("[\"b\": 1].keys()", "[\"b\"]"),
            ("[\"b\": 1].values()", "[1]"),
            ("[\"b\": 1].len()", "1"),
        ],
    );
}

#[test]
fn texts_paths_and_platforms() {
    check(
        "fn path(p: Path) -> Path { p }\nfn platform(p: Platform) -> Platform { p }",
        &[
            ("\" a \".trim().upper()", "\"A\""),
            ("\"a,b\".split(\",\")", "[\"a\",\"b\"]"),
            ("\"größe\".len()", "5"),
            ("\"v1.2\".matches(\"^v[0-9]\")", "true"),
            ("\"v1.2\".capture(\"v([0-9])\")", "[\"v1\",\"1\"]"),
            ("path(\"a/b.txt\").name", "\"b.txt\""),
            ("path(\"a/b.txt\").extension", "\"txt\""),
            ("path(\"a/b.txt\").parent", "\"a\""),
            ("path(\"a\").join(\"b\")", "\"a/b\""),
            ("platform(\"linux/arm/v7\").variant", "\"v7\""),
            ("platform(\"linux/arm64\").arch", "\"arm64\""),
        ],
    );
}

const TYPES: &str = "
enum Stage { Dev, Live(canary: Percent = 10, soak: Duration = 10min) }
record App { name: String, replicas: Int = 2, stage: Stage = Dev }
fn app() -> App { App(name: \"a\") }
fn stage(s: Stage) -> String {
  match s {
    Dev => \"dev\"
    Live(canary, soak) if soak > 1h => \"slow ${canary}\"
    Live(canary, _) => \"live ${canary}\"
  }
}
enum Color { Red, DarkBlue }
";

#[test]
fn records_enums_and_match() {
    check(
        TYPES,
        &[
            ("app()", r#"{"name":"a","replicas":2,"stage":"dev"}"#),
            ("app().with(replicas: 3, stage: Live()).replicas", "3"),
            ("stage(Stage.Dev)", "\"dev\""),
            ("stage(Live(canary: 5))", "\"live 5\""),
            ("stage(Live(soak: 2h))", "\"slow 10\""),
            ("Color.all", "[\"red\",\"dark-blue\"]"),
            ("\"${Color.DarkBlue}\"", "\"dark-blue\""),
            ("match (1, [2, 3]) { (1, [a, b]) => a + b, _ => 0 }", "5"),
            ("match \"x\" { \"a\" | \"x\" => 1, _ => 2 }", "1"),
            ("match 90s { 1min30s => true, _ => false }", "true"),
            ("if app().replicas == 2 { \"two\" } else { \"other\" }", "\"two\""),
        ],
    );
}

#[test]
fn optional_chains() {
    check(
        "record A { b: B? = none }\nrecord B { c: String, d: String? = none }\nfn a() -> A { A(b: B(c: \"x\")) }\nfn e() -> A { A() }",
        &[
            ("a().b?.c", "\"x\""),
            ("e().b?.c", "null"),
            ("a().b?.d ?? \"none\"", "\"none\""),
            ("a().b?.c?.upper()", "\"X\""),
        ],
    );
}

#[test]
fn functions_close_over_what_they_see() {
    check(
        "fn add(n: Int) -> fn(Int) -> Int { fn(x) => x + n }\nfn twice(f: fn(Int) -> Int, x: Int) -> Int { f(f(x)) }\nlet base: Int = 100\nfn inc(x: Int) -> Int { x + 1 }",
        &[
            ("add(2)(3)", "5"),
            ("twice(add(5), base)", "110"),
            ("twice(inc, 0)", "2"),
            ("[1, 2].map(inc)", "[2,3]"),
            ("if true { let (a, b) = (1, 2)\n a + b } else { 0 }", "3"),
        ],
    );
}

#[test]
fn formats() {
    let program =
        "record P { name: String, version: Version = \"1.0\", tags: List[String] = [], inner: P? = none }
fn p(text: String) -> P { json.decode(text) }
fn m(text: String) -> Map[String, Int] { toml.decode(text) }";
    check(
        program,
        &[
            (
                "p(\"{\\\"name\\\": \\\"a\\\", \\\"inner\\\": {\\\"name\\\": \\\"b\\\", \\\"version\\\": \\\"2\\\"}}\").inner?.version",
                "\"2\"",
            ),
            ("p(\"{\\\"name\\\": \\\"a\\\"}\").version", "\"1.0\""),
            ("m(\"a = 1\")", "{\"a\":1}"),
            ("json.encode([1, 2])", "\"[1,2]\""),
            ("dotenv.encode([\"A\": \"x y\"])", "\"A=\\\"x y\\\"\\n\""),
        ],
    );
    let error = Pipeline::new(program).error("p(\"{}\")");
    assert!(
        error.starts_with(
            "invalid-value: This is not the JSON that was expected: the field `name` is missing"
        ),
        "{error}"
    );
}

#[test]
fn numbers_of_checked_types_compare_as_numbers() {
    check(
        "fn newer(a: Version, b: Version) -> Bool { a > b }\nfn more(a: Percent, b: Percent) -> Bool { a >= b }",
        &[("newer(\"1.10\", \"1.9\")", "true"), ("more(10, 9)", "true"), ("more(9, 10)", "false")],
    );
}

#[test]
fn the_host_is_told_by_facts() {
    let mut pipeline = Pipeline::new(
        "param p: Platform = host.platform\nparam t: Int = host.now\nparam ci: Bool = match host.ci { none => false, some(_) => true }",
    );
    assert_eq!(pipeline.data("p"), Datum::text("linux/amd64"));
    assert_eq!(pipeline.data("t"), Datum::Int(1_700_000_000));
    assert_eq!(pipeline.data("ci"), Datum::Bool(false));
}

#[test]
fn a_run_in_ci_is_a_record() {
    use pipe_eval::{Budget, CiEvent, CiFacts};
    let ci = CiFacts {
        provider: "github".into(),
        event: CiEvent::PullRequest { base: "main".into(), number: 7 },
        reference: "refs/pull/7/merge".into(),
        branch: None,
        tag: None,
        repository: "a/b".into(),
        actor: "me".into(),
        run_url: "https://example.com/1".into(),
    };
    let facts = pipe_eval::HostFacts { ci: Some(ci), ..crate::pipeline::facts() };
    let program = "param n: Int = match host.ci { some(ci) => match ci.event { PullRequest(_, number) => number, _ => 0 }, none => -1 }
param r: String = host.ci?.ref ?? \"\"";
    let mut pipeline = Pipeline::with(program, facts, Vec::new(), Budget::default());
    assert_eq!(pipeline.data("n"), Datum::Int(7));
    assert_eq!(pipeline.data("r"), Datum::text("refs/pull/7/merge"));
}
