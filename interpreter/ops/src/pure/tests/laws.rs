//! Laws, for arbitrary values.

use proptest::prelude::*;

use super::super::equality::same;
use super::super::{Shape, Shapes, normalise_path, parse_duration, parse_size, slice_range, text_form};
use super::*;

fn datum() -> impl Strategy<Value = Datum> {
    let leaf = prop_oneof![
        Just(Datum::Unit),
        any::<bool>().prop_map(Datum::Bool),
        any::<i64>().prop_map(Datum::Int),
        ".{0,8}".prop_map(Datum::text),
        any::<i64>().prop_map(Datum::Duration),
        any::<u64>().prop_map(Datum::Size),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let entry = ("[a-d]{1,2}", inner.clone()).prop_map(|(key, value)| (Datum::text(key), value));
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Datum::List),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Datum::Tuple),
            prop::option::of(inner).prop_map(|value| Datum::Optional(value.map(Box::new))),
            prop::collection::vec(entry, 0..4).prop_map(|entries| {
                let distinct: indexmap::IndexMap<_, _> = entries.into_iter().collect();
                Datum::Map(distinct.into_iter().collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn durations_read_back(nanoseconds in i64::MIN + 1..) {
        prop_assert_eq!(parse_duration(&text_form(&Datum::Duration(nanoseconds)).unwrap()), Some(nanoseconds));
    }

    #[test]
    fn sizes_read_back(bytes: u64) {
        prop_assert_eq!(parse_size(&text_form(&Datum::Size(bytes)).unwrap()), Some(bytes));
    }

    #[test]
    fn units_are_read_without_a_panic(text in "[-0-9._a-zA-Z]{0,24}") {
        let _ = (parse_duration(&text), parse_size(&text));
    }

    #[test]
    fn equality_is_an_equivalence(a in datum(), b in datum()) {
        prop_assert!(same(&a, &a));
        prop_assert_eq!(same(&a, &b), same(&b, &a));
        if a == b {
            prop_assert!(same(&a, &b));
        }
    }

    #[test]
    fn a_normal_path_stays_and_has_no_detours(path in "[/.a]{0,12}") {
        let normal = normalise_path(&path);
        prop_assert_eq!(&normalise_path(&normal), &normal);
        prop_assert!(!normal.contains("//") && !normal.contains("/./"));
        prop_assert!(normal != "/.." && !normal.starts_with("/../"));
        prop_assert_eq!(normal.starts_with('/'), path.starts_with('/'));
    }

    #[test]
    fn joining_undoes_splitting(text in "[a,bc]{0,12}", separator in "[,b]{1,2}") {
        let parts = apply("String.split", &[super::text(&text), super::text(&separator)]).unwrap();
        prop_assert_eq!(apply("List.join", &[parts, super::text(&separator)]).unwrap(), super::text(&text));
    }

    #[test]
    fn a_slice_lies_inside(len in 0_usize..20, start: i64, end: Option<i64>) {
        let range = slice_range(len, start, end);
        prop_assert!(range.start <= range.end && range.end <= len);
    }

    #[test]
    fn lists_of_texts_survive_every_format(items in prop::collection::vec(any::<String>(), 0..6)) {
        let value = Datum::List(items.iter().map(|t| super::text(t)).collect());
        let shape = Shape::List(Box::new(Shape::String));
        let shapes = Shapes { root: shape, records: Default::default(), enums: Default::default() }.to_datum().unwrap();
        for format in ["json", "yaml"] {
            let text = apply(&format!("{format}.encode"), std::slice::from_ref(&value)).unwrap();
            let back = apply(&format!("{format}.decode"), &[text.clone(), shapes.clone()]);
            prop_assert_eq!(back.as_ref(), Ok(&value), "{} {:?}", format, text);
        }
    }

    #[test]
    fn maps_of_texts_survive_dotenv_and_toml(entries in prop::collection::btree_map("[A-Z_][A-Z0-9_]{0,4}", any::<String>(), 0..6)) {
        let value = Datum::Map(entries.iter().map(|(k, v)| (super::text(k), super::text(v))).collect());
        let shape = Shape::Map(Box::new(Shape::String), Box::new(Shape::String));
        let shapes = Shapes { root: shape, records: Default::default(), enums: Default::default() }.to_datum().unwrap();
        for format in ["dotenv", "toml", "json", "yaml"] {
            let text = apply(&format!("{format}.encode"), std::slice::from_ref(&value)).unwrap();
            let back = apply(&format!("{format}.decode"), &[text.clone(), shapes.clone()]).unwrap();
            prop_assert!(same(&back, &value), "{} {:?} {:?}", format, text, back);
        }
    }

    #[test]
    fn decoding_never_panics(text in ".{0,64}") {
        let shapes = Shapes { root: Shape::String, records: Default::default(), enums: Default::default() }.to_datum().unwrap();
        for format in ["json.decode", "toml.decode", "yaml.decode", "dotenv.decode"] {
            let _ = apply(format, &[super::text(&text), shapes.clone()]);
        }
    }
}
