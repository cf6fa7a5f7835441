//! How two values differ: the parts that do, each with the path that leads to it, and of long texts the lines.

mod texts;

use std::fmt::Write;

use pipe_ops::Datum;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::result::inline;

/// So many parts are shown.
const MOST: usize = 20;
/// A longer form of a value is cut.
const LONGEST: usize = 200;
/// Longer lists are compared element by element: to find out what was put in costs too much.
const MOST_ELEMENTS: usize = 2_000;

/// What differs between the sides of a comparison; never what is equal in both.
pub(super) fn difference(left: &Datum, right: &Datum) -> String {
    let mut parts = Parts::default();
    parts.compare("", left, right);
    if parts.count == 0 {
        // Equal pairs in another order, or a comparison of another kind.
        return sides(left, right);
    }
    if parts.count > MOST {
        let _ = writeln!(parts.text, "… and {} more", parts.count - MOST);
    }
    parts.text.truncate(parts.text.trim_end().len());
    parts.text
}

/// Both sides, one below the other.
pub(super) fn sides(left: &Datum, right: &Datum) -> String {
    format!("left:  {}\nright: {}", whole(left), whole(right))
}

/// A value on one line; a long one is cut.
pub(super) fn whole(value: &Datum) -> String {
    let text = inline(value);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

#[derive(Default)]
struct Parts {
    text: String,
    count: usize,
}

impl Parts {
    fn compare(&mut self, path: &str, left: &Datum, right: &Datum) {
        if left == right {
            return;
        }
        match (left, right) {
            (Datum::Record { name: a, fields: x }, Datum::Record { name: b, fields: y }) if a == b => {
                self.named(path, x, y);
            }
            (
                Datum::Variant { name: a, variant: v, payload: x },
                Datum::Variant { name: b, variant: w, payload: y },
            ) if a == b && v == w => self.named(path, x, y),
            (Datum::Optional(Some(a)), Datum::Optional(Some(b))) => self.compare(path, a, b),
            (Datum::Tuple(a), Datum::Tuple(b)) if a.len() == b.len() => {
                for (index, (a, b)) in a.iter().zip(b).enumerate() {
                    self.compare(&format!("{path}.{index}"), a, b);
                }
            }
            (Datum::List(a), Datum::List(b)) => self.lists(path, a, b),
            (Datum::Map(a), Datum::Map(b)) => self.maps(path, a, b),
            (Datum::Text(a), Datum::Text(b)) => match texts::difference(a, b) {
                Some((at, lines)) => self.part(format!("{path} {at}").trim_start(), &lines),
                None => self.values(path, Some(left), Some(right)),
            },
            _ => self.values(path, Some(left), Some(right)),
        }
    }

    fn named(
        &mut self,
        path: &str,
        left: &[(std::sync::Arc<str>, Datum)],
        right: &[(std::sync::Arc<str>, Datum)],
    ) {
        for ((name, a), (_, b)) in left.iter().zip(right) {
            self.compare(&format!("{path}.{name}"), a, b);
        }
    }

    /// What was put in or left out is found first, so that it does not make all that follows differ.
    fn lists(&mut self, path: &str, left: &[Datum], right: &[Datum]) {
        for change in changes(left, right) {
            let (from, to) = (change.old_range(), change.new_range());
            if matches!(change, DiffOp::Equal { .. }) {
                continue;
            }
            let paired = from.len().min(to.len());
            for (i, j) in from.clone().zip(to.clone()) {
                if let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
                    self.compare(&format!("{path}[{i}]"), a, b);
                }
            }
            for i in from.skip(paired) {
                self.values(&format!("{path}[{i}]"), left.get(i), None);
            }
            for j in to.skip(paired) {
                self.values(&format!("{path}[{j}]"), None, right.get(j));
            }
        }
    }

    fn maps(&mut self, path: &str, left: &[(Datum, Datum)], right: &[(Datum, Datum)]) {
        let of = |pairs: &[(Datum, Datum)], key: &Datum| {
            pairs.iter().find(|(other, _)| other == key).map(|(_, value)| value.clone())
        };
        for (key, a) in left {
            let path = format!("{path}[{}]", whole(key));
            match of(right, key) {
                Some(b) => self.compare(&path, a, &b),
                None => self.values(&path, Some(a), None),
            }
        }
        for (key, b) in right.iter().filter(|(key, _)| of(left, key).is_none()) {
            self.values(&format!("{path}[{}]", whole(key)), None, Some(b));
        }
    }

    /// A part that differs as a whole, or that only one side has.
    fn values(&mut self, path: &str, left: Option<&Datum>, right: Option<&Datum>) {
        let shown = |value: Option<&Datum>| value.map_or_else(|| "nothing".to_owned(), whole);
        let lines = [format!("left:  {}", shown(left)), format!("right: {}", shown(right))];
        self.part(path, &lines);
    }

    fn part(&mut self, path: &str, lines: &[String]) {
        self.count += 1;
        if self.count > MOST {
            return;
        }
        let indent = if path.is_empty() { "" } else { "  " };
        if !path.is_empty() {
            let _ = writeln!(self.text, "{path}");
        }
        for line in lines {
            let _ = writeln!(self.text, "{indent}{line}");
        }
    }
}

fn changes(left: &[Datum], right: &[Datum]) -> Vec<DiffOp> {
    let (old_len, new_len) = (left.len(), right.len());
    if old_len.max(new_len) > MOST_ELEMENTS {
        return vec![DiffOp::Replace { old_index: 0, old_len, new_index: 0, new_len }];
    }
    capture_diff_slices(Algorithm::Myers, left, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(items: &[&str]) -> Datum {
        Datum::List(items.iter().map(|item| Datum::text(*item)).collect())
    }

    fn record(name: &str, tags: Datum) -> Datum {
        let fields = vec![("name".into(), Datum::text(name)), ("tags".into(), tags)];
        Datum::Record { name: "main.App".into(), fields }
    }

    #[test]
    fn values_stand_one_below_the_other() {
        assert_eq!(difference(&Datum::Int(1), &Datum::Int(2)), "left:  1\nright: 2");
        assert_eq!(difference(&Datum::text("a"), &Datum::text("b")), "left:  \"a\"\nright: \"b\"");
    }

    #[test]
    fn of_a_record_only_what_differs_is_shown() {
        let left = record("same", texts(&["a", "b", "c"]));
        let right = record("same", texts(&["a", "x", "c"]));
        assert_eq!(difference(&left, &right), ".tags[1]\n  left:  \"b\"\n  right: \"x\"");
    }

    #[test]
    fn what_was_put_into_a_list_does_not_make_the_rest_differ() {
        let (left, right) = (texts(&["push", "sleep", "apply"]), texts(&["push", "scan", "sleep", "apply"]));
        assert_eq!(difference(&left, &right), "[1]\n  left:  nothing\n  right: \"scan\"");
        assert_eq!(difference(&right, &left), "[1]\n  left:  \"scan\"\n  right: nothing");
    }

    #[test]
    fn maps_are_compared_by_key() {
        let map = |pairs: &[(&str, i64)]| {
            Datum::Map(pairs.iter().map(|(key, value)| (Datum::text(*key), Datum::Int(*value))).collect())
        };
        let found = difference(&map(&[("A", 1), ("B", 2), ("C", 3)]), &map(&[("C", 3), ("A", 7), ("D", 4)]));
        assert_eq!(
            found,
            "[\"A\"]\n  left:  1\n  right: 7\n[\"B\"]\n  left:  2\n  right: nothing\n[\"D\"]\n  left:  nothing\n  right: 4"
        );
    }

    #[test]
    fn payloads_and_what_is_optional_are_looked_into() {
        let variant = |variant: &str, canary: i64| Datum::Variant {
            name: "main.Target".into(),
            variant: variant.into(),
            payload: vec![("canary".into(), Datum::Optional(Some(Box::new(Datum::Int(canary)))))],
        };
        assert_eq!(
            difference(&variant("Production", 5), &variant("Production", 6)),
            ".canary\n  left:  5\n  right: 6"
        );
        let found = difference(&variant("Production", 5), &variant("Staging", 5));
        assert_eq!(found, "left:  Production(canary: 5)\nright: Staging(canary: 5)");
        let found = difference(&Datum::Optional(None), &Datum::Optional(Some(Box::new(Datum::Int(1)))));
        assert_eq!(found, "left:  none\nright: 1");
    }

    #[test]
    fn much_is_cut() {
        let numbers = |from: i64| Datum::List((from..from + 5_000).map(Datum::Int).collect());
        let found = difference(&numbers(0), &numbers(1));
        assert_eq!(found.lines().count(), 3 * MOST + 1);
        assert!(found.ends_with("… and 4980 more"), "{found}");
        let long = difference(&numbers(0), &Datum::Int(1));
        assert!(long.len() < 400, "{long}");
    }
}
