use super::super::{EnumShape, FieldShape, RecordShape, Shape, Shapes, VariantShape};
use super::*;
use Datum::{Bool, Int, Size};

fn field(name: &str, shape: Shape, default: Option<Datum>) -> FieldShape {
    FieldShape { name: name.into(), shape, default }
}

/// `record App { name: String, port: Port = 80, stage: Stage = Dev, parts: List[App] = [], note: String? }`
fn app() -> Shapes {
    let stage = |variant: &str| Datum::Variant {
        name: "main.Stage".into(),
        variant: variant.into(),
        payload: Vec::new(),
    };
    let variants = vec![
        VariantShape { name: "Dev".into(), payload: Vec::new() },
        VariantShape { name: "LiveSite".into(), payload: vec![field("canary", Shape::Int, Some(Int(10)))] },
    ];
    let fields = vec![
        field("name", Shape::String, None),
        field("port", Shape::Checked("Port".to_owned()), Some(text("80"))),
        field("stage", Shape::Enum("main.Stage".to_owned()), Some(stage("Dev"))),
        field("parts", Shape::List(Box::new(Shape::Record("main.App".to_owned()))), Some(list([]))),
        field("note", Shape::Optional(Box::new(Shape::String)), None),
    ];
    Shapes {
        root: Shape::Record("main.App".to_owned()),
        records: [("main.App".to_owned(), RecordShape { name: "main.App".into(), fields })].into(),
        enums: [("main.Stage".to_owned(), EnumShape { name: "main.Stage".into(), variants })].into(),
    }
}

fn decoded(format: &str, source: &str, shapes: &Shapes) -> Result<Datum, String> {
    apply(format, &[text(source), shapes.to_datum().unwrap()]).map_err(|error| error.to_string())
}

fn plain(root: Shape) -> Shapes {
    Shapes { root, records: Default::default(), enums: Default::default() }
}

#[test]
fn a_record_is_read_with_defaults_and_without_what_it_does_not_name() {
    let app = app();
    let json = r#"{"name": "a", "extra": [1], "port": 8080, "parts": [{"name": "b", "stage": {"live-site": {}}, "note": "n"}]}"#;
    let toml =
        "name = 'a'\nport = 8080\nextra = [1]\n[[parts]]\nname = 'b'\nnote = 'n'\n[parts.stage.live-site]\n";
    let yaml = "name: a\nport: 8080\nparts:\n  - name: b\n    note: n\n    stage: {live-site: {}}\n";
    let from_json = decoded("json.decode", json, &app).unwrap();
    assert_eq!(decoded("toml.decode", toml, &app), Ok(from_json.clone()));
    assert_eq!(decoded("yaml.decode", yaml, &app), Ok(from_json.clone()));
    assert_eq!(
        apply("json.encode", &[from_json]),
        Ok(text(concat!(
            r#"{"name":"a","port":"8080","stage":"dev","parts":[{"name":"b","port":"80","#,
            r#""stage":{"live-site":{"canary":10}},"parts":[],"note":"n"}],"note":null}"#
        )))
    );
}

#[test]
fn a_misfit_says_where_and_what() {
    let app = app();
    for (json, expected) in [
        ("[]", "an object is expected, and this is a list"),
        ("{}", "the field `name` is missing"),
        (r#"{"name": 1}"#, "at `name`: a text is expected, and this is a number"),
        (
            r#"{"name": "a", "parts": [{"name": "b"}, {"name": null}]}"#,
            "at `parts.1.name`: a text is expected, and this is nothing",
        ),
        (r#"{"name": "a", "port": 0}"#, "at `port`: `0` is not a `Port`: a port is a number from 1 to 65535"),
        (r#"{"name": "a", "stage": "prod"}"#, "at `stage`: `prod` is none of `dev`, `live-site`"),
        (r#"{"name": "#, "EOF while parsing a value at line 1 column 9"),
    ] {
        assert_eq!(
            decoded("json.decode", json, &app),
            Err(format!("this is not the JSON that was expected: {expected}"))
        );
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(decoded("json.decode", &deep, &plain(Shape::Int)).is_err());
    assert!(decoded("yaml.decode", &deep, &plain(Shape::Int)).is_err());
}

#[test]
fn plain_values() {
    let map = |key, value| plain(Shape::Map(Box::new(key), Box::new(value)));
    let rows = [
        ("true", plain(Shape::Bool), Bool(true)),
        ("\"1h30min\"", plain(Shape::Duration), Datum::Duration(5_400_000_000_000)),
        ("\"1MiB\"", plain(Shape::Size), Size(1 << 20)),
        ("1048576", plain(Shape::Size), Size(1 << 20)),
        ("1", plain(Shape::Float), float(1.0)),
        (
            "[1, \"a\"]",
            plain(Shape::Tuple(vec![Shape::Int, Shape::String])),
            Datum::Tuple(vec![Int(1), text("a")]),
        ),
        ("{\"1\": true}", map(Shape::Int, Shape::Bool), Datum::Map(vec![(Int(1), Bool(true))])),
        (
            "{\"b\": 1, \"a\": 2}",
            map(Shape::String, Shape::Int),
            Datum::Map(vec![(text("b"), Int(1)), (text("a"), Int(2))]),
        ),
        ("null", plain(Shape::Optional(Box::new(Shape::Int))), NONE),
        ("null", plain(Shape::Unit), Datum::Unit),
    ];
    for (json, shapes, expected) in rows {
        assert_eq!(decoded("json.decode", json, &shapes), Ok(expected), "{json}");
    }
    assert!(decoded("json.decode", "1.5", &plain(Shape::Int)).is_err());
}

#[test]
fn yaml_is_not_clever() {
    let texts = plain(Shape::List(Box::new(Shape::String)));
    assert_eq!(decoded("yaml.decode", "- no\n- y\n- on\n", &texts), Ok(super::texts(["no", "y", "on"])));
    assert!(decoded("yaml.decode", "- a: b\n", &texts).is_err());
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n";
    assert!(decoded("yaml.decode", bomb, &plain(Shape::Int)).is_err());
}

#[test]
fn what_a_format_cannot_say_is_an_error() {
    assert_eq!(
        error("toml.encode", &[Int(1)]),
        "this value cannot be written as TOML: a TOML file is a record or a map"
    );
    assert_eq!(
        error("json.encode", &[float(f64::INFINITY)]),
        "this value cannot be written as JSON: `inf` is not a finite number"
    );
    let keyed = Datum::Map(vec![(ints([1]), Int(1))]);
    assert_eq!(
        error("json.encode", &[keyed]),
        "this value cannot be written as JSON: a key of a map has no text form"
    );
    let nested = Datum::Map(vec![(text("A"), ints([1]))]);
    assert_eq!(
        error("dotenv.encode", &[nested]),
        "this value cannot be written as dotenv: `A` is not a single value"
    );
}

#[test]
fn dotenv_files() {
    let map = plain(Shape::Map(Box::new(Shape::String), Box::new(Shape::String)));
    let source = "# comment\n\nA=1 # more\nexport B = 'x # y'\nC=\"a\\nb \\\"q\\\" \\$X\" # end\nD=\"two\nlines\"\nE=\nA=2\n";
    let pairs = [("A", "2"), ("B", "x # y"), ("C", "a\nb \"q\" $X"), ("D", "two\nlines"), ("E", "")];
    let expected = Datum::Map(pairs.iter().map(|(k, v)| (text(k), text(v))).collect());
    assert_eq!(decoded("dotenv.decode", source, &map), Ok(expected.clone()));
    let written = apply("dotenv.encode", std::slice::from_ref(&expected)).unwrap();
    assert_eq!(written, text("A=2\nB=\"x # y\"\nC=\"a\\nb \\\"q\\\" \\$X\"\nD=\"two\\nlines\"\nE=\"\"\n"));
    assert_eq!(decoded("dotenv.decode", written.as_text().unwrap(), &map), Ok(expected));
    for (source, reason) in [
        ("A=1\nB", "line 2: there is no `=`"),
        ("A='x\n", "line 1: a `'` is not closed"),
        (
            "A=\"\n\n\nx\"\n9=1",
            "line 5: `9` is not an `EnvName`: the name of an environment variable does not begin with a digit",
        ),
        ("A='x'y", "line 1: something follows the closing quote"),
    ] {
        assert_eq!(
            decoded("dotenv.decode", source, &map),
            Err(format!("this is not the dotenv that was expected: {reason}"))
        );
    }
}
