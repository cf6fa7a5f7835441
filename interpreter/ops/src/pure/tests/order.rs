use super::super::{EnumShape, FieldShape, Shape, Shapes, VariantShape, order};
use super::*;
use Datum::{Bool, Int};

fn shapes(root: Shape) -> Shapes {
    Shapes { root, records: Default::default(), enums: Default::default() }
}

fn of(root: Shape) -> Datum {
    shapes(root).to_datum().unwrap()
}

fn version() -> Datum {
    of(Shape::Checked("Version".into()))
}

#[test]
fn versions_are_ordered_as_semantic_versioning_says() {
    let versions = [
        "0.9",
        "1.0-alpha",
        "1.0-alpha.1",
        "1.0-beta.2",
        "1.0-beta.11",
        "1.0-rc.1",
        "1.0",
        "1.2",
        "1.10",
        "2",
    ];
    for (i, a) in versions.iter().enumerate() {
        for (j, b) in versions.iter().enumerate() {
            check([("less", vec![text(a), text(b), version()], Bool(i < j))]);
        }
    }
    check([
        ("less_equal", vec![text("1.2"), text("1.2.0"), version()], Bool(true)),
        ("less", vec![text("1.2"), text("1.2.0"), version()], Bool(false)),
        ("less_equal", vec![text("1.0+linux"), text("1.0"), version()], Bool(true)),
        // Numbers longer than any integer type.
        (
            "less",
            vec![text("1.99999999999999999999998"), text("1.99999999999999999999999"), version()],
            Bool(true),
        ),
    ]);
}

#[test]
fn the_type_says_the_order_where_the_data_does_not() {
    let ports = || texts(["443", "80", "8080"]);
    check([
        ("List.sort", vec![ports()], texts(["443", "80", "8080"])),
        ("List.sort", vec![ports(), of(Shape::Checked("Port".into()))], texts(["80", "443", "8080"])),
        ("List.max", vec![ports(), of(Shape::Checked("Port".into()))], some(text("8080"))),
        ("List.min", vec![ints([3, 1, 2])], some(Int(1))),
        ("List.min", vec![ints([])], NONE),
    ]);
}

#[test]
fn variants_stand_in_the_order_of_their_declaration() {
    let part = FieldShape { name: "n".into(), shape: Shape::Checked("Version".into()), default: None };
    let variants = [("Small", vec![]), ("Large", vec![part]), ("Huge", vec![])];
    let variants = variants.map(|(name, payload)| VariantShape { name: name.into(), payload });
    let item = EnumShape { name: "main.E".into(), variants: variants.to_vec() };
    let mut shapes = shapes(Shape::List(Box::new(Shape::Enum("E".into()))));
    shapes.enums.insert("E".into(), item);
    let made = |variant: &str, payload: &[&str]| Datum::Variant {
        name: "main.E".into(),
        variant: variant.into(),
        payload: payload.iter().map(|n| ("n".into(), text(n))).collect(),
    };
    let ascending =
        [made("Small", &[]), made("Large", &["1.9"]), made("Large", &["1.10"]), made("Huge", &[])];
    for (i, a) in ascending.iter().enumerate() {
        for (j, b) in ascending.iter().enumerate() {
            let (x, y) = (list([a.clone()]), list([b.clone()]));
            assert_eq!(order(Some(&shapes), &x, &y), i.cmp(&j), "{a:?} {b:?}");
        }
    }
    assert!(order(Some(&shapes), &list([]), &list([ascending[0].clone()])).is_lt());
}

#[test]
fn equal_maps_are_one() {
    let map = |pairs: &[(&str, i64)]| Datum::Map(pairs.iter().map(|(k, v)| (text(k), Int(*v))).collect());
    let (a, b) = (map(&[("a", 1), ("b", 2)]), map(&[("b", 2), ("a", 1)]));
    check([("List.unique", vec![list([a.clone(), b])], list([a]))]);
}
