//! Declarations and patterns that the grammar takes, but that are not whole or not written as they should be.

use super::{Raised, Rank, point};
use crate::Span;
use crate::build::NameCase;
use pipe_diagnostics::{Diagnostic, Edit};

fn tree(diagnostic: Diagnostic<Span>) -> Raised {
    Raised::new(Rank::Tree, diagnostic)
}

/// A name that is not written as names of its kind are.
pub(crate) fn case(name: &str, place: Span, case: NameCase) -> Option<Raised> {
    let right = match case {
        NameCase::Value => !name.contains(|c: char| c.is_ascii_uppercase()),
        NameCase::Type => name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains('_'),
    };
    if right {
        return None;
    }
    let (wanted, rule) = match case {
        NameCase::Value => (snake_case(name), "in small letters, words joined by `_`"),
        NameCase::Type => (camel_case(name), "with a capital letter at the start of each word"),
    };
    Some(tree(
        Diagnostic::error("name-case", format!("this name is written `{wanted}`"), place)
            .help(format!(
                "names of {} are written {rule}",
                match case {
                    NameCase::Value => "values, functions and parameters",
                    NameCase::Type => "types and variants",
                }
            ))
            .suggestion(format!("rename it to `{wanted}`"), vec![Edit { place, text: wanted }]),
    ))
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    let mut previous = '_';
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        let next_is_small = chars.peek().is_some_and(char::is_ascii_lowercase);
        let word_begins =
            c.is_ascii_uppercase() && previous != '_' && (!previous.is_ascii_uppercase() || next_is_small);
        if word_begins {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        previous = c;
    }
    out
}

/// A name as types are written.
pub(super) fn camel_case(name: &str) -> String {
    let word = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    };
    name.split('_').map(word).collect()
}

/// The type that a word of another language stands for.
pub(super) fn type_of(word: &str) -> String {
    let ours = match word {
        "str" | "string" | "text" | "char" => "String",
        "int" | "integer" | "number" | "i32" | "i64" | "u32" | "u64" | "usize" | "long" => "Int",
        "bool" | "boolean" => "Bool",
        "float" | "double" | "float32" | "float64" | "f32" | "f64" => "Float",
        "void" | "unit" => "Unit",
        "list" | "array" | "vec" => "List",
        "dict" | "map" | "object" => "Map",
        "directory" | "folder" => "Dir",
        _ => return camel_case(word),
    };
    ours.to_owned()
}

/// Whether a type is known by its name everywhere.
pub(super) fn is_basic(ty: &str) -> bool {
    ["String", "Int", "Bool", "Float", "Unit"].contains(&ty)
}

/// A parameter without a type.
pub(crate) fn missing_type(name: &str, place: Span, what: &str) -> Raised {
    tree(
        Diagnostic::error("missing-type", format!("{what} `{name}` has no type"), place)
            .help(format!("write `{name}: String`, or the type it has")),
    )
}

/// A `fn` without `->`.
pub(crate) fn missing_result(name: &str, place: Span, at: u32) -> Raised {
    tree(
        Diagnostic::error("missing-type", format!("function `{name}` does not say what it gives"), place)
            .label(point(at), "`-> Type` is missing here")
            .help("every `fn` writes the type of its result; what only acts is an `action`"),
    )
}

/// `use "./x.pipe"` without a name.
pub(crate) fn missing_alias(place: Span, path: &str) -> Raised {
    let name = module_name(path);
    tree(
        Diagnostic::error("missing-alias", "an import of a file needs a name", place)
            .help("names of the file are used through it: `deploy.apply()`")
            .fix(format!("name it `{name}`"), point(place.end), format!(" as {name}")),
    )
}

/// The name that a file's module is given.
pub(super) fn module_name(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or_default();
    let stem: String = file
        .trim_end_matches(".pipe")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if stem.starts_with(|c: char| c.is_ascii_lowercase()) { stem } else { "module".to_owned() }
}

/// A hole in the path of an import.
pub(crate) fn hole_in_path(place: Span) -> Raised {
    tree(Diagnostic::error(
        "hole-in-constant",
        "the path of an import is constant: nothing can be inserted",
        place,
    ))
}

/// A hole in a pattern.
pub(crate) fn hole_in_pattern(place: Span) -> Raised {
    tree(
        Diagnostic::error("hole-in-constant", "a pattern is constant: nothing can be inserted", place)
            .help("bind the value and compare it in a guard: `x if x == \"${y}\" => …`"),
    )
}

/// `name(p)` as a pattern, for a name that is not `some`.
pub(crate) fn bad_payload_pattern(name: &str, place: Span) -> Raised {
    let diagnostic = match name {
        "some" => Diagnostic::error("bad-pattern", "`some` holds one value: `some(x)`", place),
        _ => Diagnostic::error("bad-pattern", format!("`{name}` is no variant"), place)
            .help("variants begin with a capital letter; of the small names only `some(x)` holds a value"),
    };
    tree(diagnostic)
}
