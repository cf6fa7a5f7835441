use super::super::{join_path, normalise_path};
use super::*;
use Datum::{Bool, Int};

#[test]
fn lists() {
    let pair = |a, b| Datum::Tuple(vec![Int(a), Int(b)]);
    check([
        ("List.len", vec![ints([1, 2])], Int(2)),
        ("List.contains", vec![ints([1, 2]), Int(2)], Bool(true)),
        ("List.first", vec![ints([1, 2])], some(Int(1))),
        ("List.first", vec![ints([])], NONE),
        ("List.last", vec![ints([1, 2])], some(Int(2))),
        ("List.get", vec![ints([1, 2]), Int(1)], some(Int(2))),
        ("List.get", vec![ints([1, 2]), Int(2)], NONE),
        ("List.get", vec![ints([1, 2]), Int(-1)], NONE),
        ("List.zip", vec![ints([1, 2, 3]), ints([4, 5])], list([pair(1, 4), pair(2, 5)])),
        ("List.sort", vec![ints([3, 1, 2, 1])], ints([1, 1, 2, 3])),
        ("List.is_empty", vec![ints([])], Bool(true)),
        ("List.index_of", vec![ints([3, 1, 1]), Int(1)], some(Int(1))),
        ("List.index_of", vec![ints([3]), Int(1)], NONE),
        ("List.take", vec![ints([1, 2, 3]), Int(2)], ints([1, 2])),
        ("List.drop", vec![ints([1, 2, 3]), Int(2)], ints([3])),
        ("List.take", vec![ints([1]), Int(-1)], ints([])),
        ("List.drop", vec![ints([1]), Int(i64::MAX)], ints([])),
        ("List.enumerate", vec![ints([7, 8])], list([pair(0, 7), pair(1, 8)])),
        ("List.chunks", vec![ints([1, 2, 3]), Int(2)], list([ints([1, 2]), ints([3])])),
        ("List.product", vec![ints([1, 2]), ints([3])], list([pair(1, 3), pair(2, 3)])),
        ("List.unique", vec![ints([3, 1, 3, 2, 1])], ints([3, 1, 2])),
        ("List.flatten", vec![list([ints([1]), ints([]), ints([2, 3])])], ints([1, 2, 3])),
        ("List.reverse", vec![ints([1, 2, 3])], ints([3, 2, 1])),
        ("List.slice", vec![ints([1, 2, 3, 4]), Int(1), some(Int(-1))], ints([2, 3])),
        ("List.slice", vec![ints([1, 2]), Int(5), NONE], ints([])),
        ("List.join", vec![texts(["a", "b"]), text(", ")], text("a, b")),
        ("List.join", vec![texts([]), text(", ")], text("")),
    ]);
}

#[test]
fn maps() {
    let map = |pairs: &[(&str, i64)]| Datum::Map(pairs.iter().map(|(k, v)| (text(k), Int(*v))).collect());
    let two = map(&[("b", 1), ("a", 2)]);
    check([
        ("Map.len", vec![two.clone()], Int(2)),
        ("Map.get", vec![two.clone(), text("a")], some(Int(2))),
        ("Map.get", vec![two.clone(), text("c")], NONE),
        ("Map.insert", vec![two.clone(), text("b"), Int(9)], map(&[("b", 9), ("a", 2)])),
        ("Map.insert", vec![two.clone(), text("c"), Int(9)], map(&[("b", 1), ("a", 2), ("c", 9)])),
        ("Map.keys", vec![two.clone()], texts(["b", "a"])),
        ("Map.is_empty", vec![two.clone()], Bool(false)),
        ("Map.contains", vec![two.clone(), text("a")], Bool(true)),
        ("Map.remove", vec![two.clone(), text("b")], map(&[("a", 2)])),
        ("Map.merge", vec![two.clone(), map(&[("c", 3), ("b", 4)])], map(&[("b", 4), ("a", 2), ("c", 3)])),
        ("Map.entries", vec![map(&[("a", 1)])], list([Datum::Tuple(vec![text("a"), Int(1)])])),
        ("Map.values", vec![two], ints([1, 2])),
    ]);
}

#[test]
fn builders_and_parts() {
    let record =
        Datum::Record { name: "main.R".into(), fields: vec![("a".into(), Int(1)), ("b".into(), Int(2))] };
    let variant =
        Datum::Variant { name: "main.E".into(), variant: "V".into(), payload: vec![("n".into(), Int(1))] };
    check([
        ("make.list", vec![Int(1), Int(2)], ints([1, 2])),
        ("make.tuple", vec![Int(1), text("a")], Datum::Tuple(vec![Int(1), text("a")])),
        ("make.some", vec![Int(1)], some(Int(1))),
        ("make.map", vec![text("a"), Int(1), text("a"), Int(2)], Datum::Map(vec![(text("a"), Int(2))])),
        ("make.record", vec![text("main.R"), texts(["a", "b"]), Int(1), Int(2)], record.clone()),
        ("make.variant", vec![text("main.E"), text("V"), texts(["n"]), Int(1)], variant),
        ("field", vec![record, Int(1)], Int(2)),
    ]);
    assert!(apply("make.map", &[text("a")]).is_err());
    assert!(apply("make.record", &[text("R"), texts(["a", "b"]), Int(1)]).is_err());
}

#[test]
fn paths() {
    for (path, expected) in [
        ("/", "/"),
        ("", "."),
        (".", "."),
        ("a/./b//c/", "a/b/c"),
        ("/a/../../b", "/b"),
        ("../a/../..", "../.."),
        ("a/..", "."),
        ("/./", "/"),
    ] {
        assert_eq!(normalise_path(path), expected, "{path}");
    }
    assert_eq!(join_path("/src", "../out/x"), "/out/x");
    assert_eq!(join_path("/src", "/x"), "/x");
    assert_eq!(join_path(".", "x"), "x");
    check([
        ("Path.parent", vec![text("/a/b")], text("/a")),
        ("Path.parent", vec![text("/a")], text("/")),
        ("Path.parent", vec![text("a")], text(".")),
        ("Path.name", vec![text("services/api/")], text("api")),
        ("Path.extension", vec![text("a/b.tar.gz")], some(text("gz"))),
        ("Path.extension", vec![text("a.b/c")], NONE),
        ("Path.extension", vec![text(".bashrc")], NONE),
        ("Path.starts_with", vec![text("services/api/x"), text("services/api")], Bool(true)),
        ("Path.starts_with", vec![text("services/api"), text("services/api/")], Bool(true)),
        ("Path.starts_with", vec![text("services/apix"), text("services/api")], Bool(false)),
        ("Path.starts_with", vec![text("a"), text(".")], Bool(true)),
        ("Path.starts_with", vec![text("../a"), text(".")], Bool(false)),
        ("Path.starts_with", vec![text("/a"), text("a")], Bool(false)),
        ("Path.join", vec![text("a"), text("../b")], text("b")),
        ("Platform.os", vec![text("linux/arm/v7")], text("linux")),
        ("Platform.arch", vec![text("linux/arm/v7")], text("arm")),
        ("Platform.variant", vec![text("linux/arm/v7")], some(text("v7"))),
        ("Platform.variant", vec![text("linux/amd64")], NONE),
    ]);
}
