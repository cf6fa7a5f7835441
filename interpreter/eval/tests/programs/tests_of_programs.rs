//! `test` items, the sample packages' shapes, and arguments of the command line.

use pipe_analysis::typed::{CheckedKind, Type};
use pipe_eval::{Argument, Budget, Demand, Parsed, parse_argument};
use pipe_ops::{Arg, Datum};

use crate::pipeline::{Pipeline, facts, holds};

#[test]
fn a_test_sets_params_for_itself_alone() {
    let program = "
param src: Dir = workspace.dir(\"src\")
param tag: String = \"dev\"
fn tagged() -> String { \"x:${tag}\" }
fn root() -> Container { scratch().copy(\"/\", src) }
test \"other\" with (tag: \"v1\", src: fixture(\"testdata/x\")) {
  expect tagged() == \"x:v1\"
  expect root().user == \"\"
}
test \"own\" { expect tagged() == \"x:dev\" }
test \"later\" { expect root().run([\"/x\"]).stdout != \"a\" }
";
    let mut pipeline = Pipeline::new(program);
    assert_eq!(pipeline.json("tagged()"), "\"x:dev\"");
    assert_eq!(holds(&pipeline.test("other").unwrap()), [true, true]);
    assert_eq!(holds(&pipeline.test("own").unwrap()), [true]);
    let later = pipeline.test("later").unwrap();
    let sides = later.expectations[0].sides.as_ref().unwrap();
    assert_eq!(sides.right, Arg::Const(Datum::text("a")));
    assert!(matches!(sides.left, Arg::Output(_)));
    assert!(pipeline.graph("root()").contains("host_dir \"src\""));
}

#[test]
fn a_failing_test_has_both_sides() {
    let mut pipeline = Pipeline::new("test \"t\" { expect [1, 2] == [1, 3]\n expect \"a\".contains(\"b\") }");
    let plan = pipeline.test("t").unwrap();
    assert_eq!(holds(&plan), [false, false]);
    let list = |items: [i64; 2]| Arg::Const(Datum::List(items.map(Datum::Int).to_vec()));
    let sides = plan.expectations[0].sides.as_ref().unwrap();
    assert_eq!((&sides.left, &sides.right), (&list([1, 2]), &list([1, 3])));
    assert!(plan.expectations[1].sides.is_none());
}

#[test]
fn a_value_of_several_things_asks_for_each() {
    let mut pipeline = Pipeline::new(
        "record Out { bin: File, note: String }\nfn out() -> Out { Out(bin: dir().file(\"a\"), note: \"n\") }",
    );
    let Demand::Many(parts) = pipeline.demand("out()") else { panic!() };
    assert_eq!(parts.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["bin", "note"]);
    assert!(matches!(parts[0].1, Demand::File(_)) && matches!(parts[1].1, Demand::Data(_)));
    let Demand::Many(list) = pipeline.demand("[scratch(), scratch().run([\"x\"])]") else { panic!() };
    assert!(matches!(list[1].1, Demand::Build(_)));
    assert!(matches!(pipeline.demand("()"), Demand::Nothing));
}

#[test]
fn arguments_take_the_place_of_defaults() {
    let program = "
enum To { Staging, Live(canary: Percent = 10), Other(x: Int) }
param src: Dir = workspace.dir()
fn f(to: To = Staging, tags: List[String] = [\"a\"], d: Dir = src, wait: Duration? = none) -> String {
  match to { Staging => tags.join(\",\"), Live(canary) => \"${canary} ${wait ?? 1s}\", Other(_) => \"\" }
}";
    let mut pipeline = Pipeline::new(program);
    let types: Vec<Type> = {
        let module = &pipeline.program.modules[pipeline.program.root.as_ref().unwrap()];
        module.functions["f"].params.iter().map(|param| param.ty.clone()).collect()
    };
    let parse = |pipeline: &Pipeline, index: usize, texts: &[&str]| match parse_argument(
        &pipeline.program,
        &types[index],
        texts,
        &|path| format!("/cwd/{path}"),
    )
    .unwrap()
    {
        Parsed::Argument(argument) => argument,
        Parsed::NeedsExpression => panic!("needs an expression"),
    };
    let tags = parse(&pipeline, 1, &["x", "y"]);
    assert_eq!(json(pipeline.call("f", vec![("tags", tags)]).unwrap().demand), "x,y");
    let (to, wait) = (parse(&pipeline, 0, &["live"]), parse(&pipeline, 3, &["5min"]));
    assert_eq!(json(pipeline.call("f", vec![("to", to), ("wait", wait)]).unwrap().demand), "10 5min");
    assert!(matches!(parse(&pipeline, 2, &["d"]), Argument::HostDir(path) if path == "/cwd/d"));
    for text in ["Other(x: 1)", "other", "nothing"] {
        let parsed = parse_argument(&pipeline.program, &types[0], &[text], &|path| path.to_owned());
        assert!(matches!(parsed, Ok(Parsed::NeedsExpression)), "{text}");
    }
}

fn json(demand: Demand) -> String {
    match demand {
        Demand::Data(Arg::Const(Datum::Text(text))) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts_of_flags_are_read_by_type() {
    let pipeline =
        Pipeline::new("param token: Secret = host.secret(\"env:X\")\nparam f: File = workspace.file(\"x\")");
    let module = &pipeline.program.modules[pipeline.program.root.as_ref().unwrap()];
    let (secret, file) = (module.params["token"].ty.clone(), module.params["f"].ty.clone());
    let parse = |ty: &Type, texts: &[&str]| {
        parse_argument(&pipeline.program, ty, texts, &|path| format!("/w/{path}"))
    };
    let data = |ty: Type, text: &str| match parse(&ty, &[text]) {
        Ok(Parsed::Argument(Argument::Data(datum))) => datum,
        other => panic!("{other:?}"),
    };
    assert_eq!(data(Type::String, "-n $x"), Datum::text("-n $x"));
    assert_eq!(data(Type::Bool, "true"), Datum::Bool(true));
    assert_eq!(data(Type::Int, "-3"), Datum::Int(-3));
    assert_eq!(data(Type::Duration, "1h30min"), Datum::Duration(5_400_000_000_000));
    assert_eq!(data(Type::Size, "1KiB"), Datum::Size(1024));
    assert_eq!(data(Type::Checked(CheckedKind::Platform), "linux/arm64"), Datum::text("linux/arm64"));
    let error = |ty: &Type, texts: &[&str]| parse(ty, texts).unwrap_err().message;
    assert_eq!(error(&Type::Int, &["x"]), "`x` is not a whole number");
    assert_eq!(error(&Type::Bool, &["yes"]), "`yes` is not `true` or `false`");
    assert_eq!(error(&Type::Float, &["inf"]), "`inf` is not a number");
    assert_eq!(error(&Type::Duration, &["5m"]), "`5m` is not a duration, as in 10min or 1h30min");
    assert_eq!(error(&Type::Int, &["1", "2"]), "this takes one value, and 2 are given");
    assert!(error(&Type::Checked(CheckedKind::Port), &["0"]).contains("is not a `Port`"));
    assert!(error(&secret, &["hunter2"]).starts_with("a secret is not given by its value"));
    assert!(!error(&secret, &["hunter2"]).contains("hunter2"));
    assert!(matches!(parse(&secret, &["env:TOKEN"]), Ok(Parsed::Argument(Argument::Secret(_)))));
    assert!(matches!(parse(&file, &["a"]), Ok(Parsed::Argument(Argument::HostFile(path))) if path == "/w/a"));
}

#[test]
fn a_param_given_by_flag_counts_everywhere() {
    let program =
        "param src: Dir = workspace.dir(\"src\")\nparam n: Int = 1\nfn f() -> Dir { src.dir(\"${n}\") }";
    let params = vec![("src", Argument::HostDir("/else".to_owned())), ("n", Argument::Data(Datum::Int(5)))];
    let mut pipeline = Pipeline::with(program, facts(), params, Budget::default());
    assert_eq!(
        pipeline.graph("f()"),
        "%0 = host_dir \"/else\" include [] exclude []  # main.pipe:1 src\n%1 = subdir %0 \"5\"  # main.pipe:3 f\n=> %1"
    );
}
