use super::*;
use Datum::{Bool, Duration, Int, Size};

#[test]
fn arithmetic() {
    check([
        ("add", vec![Int(2), Int(3)], Int(5)),
        ("add", vec![float(0.5), float(0.25)], float(0.75)),
        ("add", vec![Duration(2), Duration(3)], Duration(5)),
        ("add", vec![Size(2), Size(3)], Size(5)),
        ("add", vec![text("a"), text("b")], text("ab")),
        ("add", vec![ints([1]), ints([2, 3])], ints([1, 2, 3])),
        ("subtract", vec![Int(2), Int(3)], Int(-1)),
        ("subtract", vec![Duration(2), Duration(3)], Duration(-1)),
        ("multiply", vec![Int(2), Int(3)], Int(6)),
        ("multiply", vec![Duration(2), Int(3)], Duration(6)),
        ("multiply", vec![Int(3), Size(2)], Size(6)),
        ("divide", vec![Int(-7), Int(2)], Int(-3)),
        ("divide", vec![Duration(7), Int(2)], Duration(3)),
        ("divide", vec![Duration(7), Duration(2)], Int(3)),
        ("divide", vec![Size(7), Size(2)], Int(3)),
        ("divide", vec![float(1.0), float(4.0)], float(0.25)),
        ("negate", vec![Int(3)], Int(-3)),
        ("negate", vec![float(0.0)], float(0.0)),
    ]);
}

#[test]
fn of_two_maps_the_later_values_count_at_the_earlier_places() {
    let map = |pairs: &[(&str, i64)]| Datum::Map(pairs.iter().map(|(k, v)| (text(k), Int(*v))).collect());
    check([(
        "add",
        vec![map(&[("a", 1), ("b", 2)]), map(&[("c", 3), ("a", 4)])],
        map(&[("a", 4), ("b", 2), ("c", 3)]),
    )]);
}

#[test]
fn what_does_not_fit_is_an_error() {
    let rows: [(&str, [Datum; 2], &str); 9] = [
        ("add", [Int(i64::MAX), Int(1)], "the result of `+` does not fit into an `Int`"),
        ("add", [Size(u64::MAX), Size(1)], "the result of `+` does not fit into a `Size`"),
        ("subtract", [Size(1), Size(2)], "the result of `-` does not fit into a `Size`"),
        ("subtract", [Duration(i64::MIN), Duration(1)], "the result of `-` does not fit into a `Duration`"),
        ("multiply", [Duration(i64::MAX), Int(2)], "the result of `*` does not fit into a `Duration`"),
        ("multiply", [Size(1), Int(-1)], "the result of `*` does not fit into a `Size`"),
        ("divide", [Int(i64::MIN), Int(-1)], "the result of `/` does not fit into an `Int`"),
        ("divide", [Int(1), Int(0)], "division by zero"),
        ("divide", [float(1.0), float(-0.0)], "division by zero"),
    ];
    for (function, args, expected) in rows {
        assert_eq!(error(function, &args), expected, "{function}{args:?}");
    }
    assert_eq!(error("negate", &[Int(i64::MIN)]), "the result of `-` does not fit into an `Int`");
}

#[test]
fn logic_and_defaults() {
    check([
        ("not", vec![Bool(true)], Bool(false)),
        ("and", vec![Bool(true), Bool(false)], Bool(false)),
        ("or", vec![Bool(true), Bool(false)], Bool(true)),
        ("default", vec![some(Int(1)), Int(2)], Int(1)),
        ("default", vec![NONE, Int(2)], Int(2)),
        ("default_optional", vec![some(Int(1)), NONE], some(Int(1))),
        ("default_optional", vec![NONE, some(Int(2))], some(Int(2))),
        ("or_fail", vec![some(Int(1)), text("no")], Int(1)),
    ]);
    let failed = super::super::apply("or_fail", &[NONE, text("no number")]).unwrap_err();
    assert_eq!(failed.to_string(), "no number");
}

#[test]
fn equality_looks_at_structure_and_passes_over_the_order_of_maps() {
    let map = |pairs: &[(&str, i64)]| Datum::Map(pairs.iter().map(|(k, v)| (text(k), Int(*v))).collect());
    let record = |name: &str| Datum::Record {
        name: name.into(),
        fields: vec![("a".into(), map(&[("x", 1), ("y", 2)]))],
    };
    let turned = Datum::Record { name: "R".into(), fields: vec![("a".into(), map(&[("y", 2), ("x", 1)]))] };
    check([
        ("equal", vec![ints([1, 2]), ints([1, 2])], Bool(true)),
        ("equal", vec![ints([1, 2]), ints([2, 1])], Bool(false)),
        ("equal", vec![record("R"), turned.clone()], Bool(true)),
        ("equal", vec![record("S"), turned], Bool(false)),
        ("equal", vec![map(&[("x", 1)]), map(&[("x", 1), ("y", 2)])], Bool(false)),
        ("equal", vec![some(map(&[("x", 1), ("y", 2)])), some(map(&[("y", 2), ("x", 1)]))], Bool(true)),
        ("not_equal", vec![NONE, some(Int(1))], Bool(true)),
    ]);
}

#[test]
fn order() {
    check([
        ("less", vec![Int(1), Int(2)], Bool(true)),
        ("less", vec![text("B"), text("a")], Bool(true)),
        ("less_equal", vec![Duration(2), Duration(2)], Bool(true)),
        ("less", vec![float(-1.0), float(0.5)], Bool(true)),
    ]);
}
