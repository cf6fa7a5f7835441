//! Something stands where it cannot.

use super::Site;
use crate::Span;
use crate::build::Point;
use crate::errors::span;
use crate::token::TokenKind as T;
use pipe_diagnostics::Diagnostic;

const ITEMS: &str = "a file is made of `use`, `param`, `let`, `fn`, `action`, `record`, `enum` and `test`";

fn misplaced(message: impl Into<String>, place: Span) -> Diagnostic<Span> {
    Diagnostic::error("misplaced", message, place)
}

/// `let match = 1`.
pub(super) fn keyword_as_name(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let token = *site.tokens.get(site.at)?;
    let named = matches!(
        site.back_kind(1)?,
        T::Let | T::Fn | T::Action | T::Param | T::Record | T::Enum | T::As | T::For
    ) || (site.tokens.get(site.at + 1).is_some_and(|t| t.kind == T::Colon)
        && matches!(site.back_kind(1)?, T::LeftParen | T::Comma | T::LeftBrace | T::BodyOpen | T::Newline));
    if !token.kind.is_hard_keyword() || !named {
        return None;
    }
    let word = site.word(token);
    Some(
        Diagnostic::error(
            "keyword-as-name",
            format!("`{word}` is a keyword and cannot be a name"),
            span(token),
        )
        .help(format!("choose another, such as `{word}_`")),
    )
}

/// `fn` and the like inside a block.
pub(super) fn item_in_block(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let token = *site.tokens.get(site.at)?;
    let word = site.word(token);
    if site.point != Point::Statement {
        return None;
    }
    if let Some(before) = site.back(1).filter(|t| t.kind == T::Fn) {
        return Some(
            misplaced("a function with a name stands outside of blocks", span(before))
                .help("here, name a function value: `let f = fn(x) => …`"),
        );
    }
    match token.kind {
        T::Pub | T::Use | T::Param | T::Action | T::Record | T::Enum | T::Test | T::Opaque => {
            Some(misplaced(format!("`{word}` stands outside of blocks only"), span(token)))
        }
        _ => None,
    }
}

/// `else` without `if`, or on the wrong side of a brace.
pub(super) fn lonely_else(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    (site.kind()? == T::Else).then(|| {
        misplaced("this `else` belongs to no `if`", site.place()).help("write `if c { a } else { b }`")
    })
}

/// Headers of items.
pub(super) fn header(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let (message, help) = match site.point {
        Point::FunctionHeader => {
            ("behind the name of a function stand its parameters", "write `fn name(a: Type) -> Type { … }`")
        }
        Point::FunctionResult => (
            "behind the parameters stand the type of the result and the body",
            "write `fn name(a: Type) -> Type { … }`",
        ),
        Point::TypeHeader => (
            "behind the name of a type stands `{`",
            "write `record Name { field: Type }` or `enum Name { First, Second }`",
        ),
        Point::TestHeader => (
            "behind the title of a test stands its body",
            "write `test \"title\" { … }`, or `test \"title\" with (param: value) { … }`",
        ),
        Point::ParamHeader => (
            "behind the name of a `param` stands its type",
            "write `param name: Type`, or `param name: Type = default`",
        ),
        Point::LetHeader => ("behind the name stands `=`", "write `let name = value`"),
        Point::Param => ("this is no parameter", "write `name: Type`, or `name: Type = default`"),
        Point::Field => ("this is no field", "write `name: Type`, or `name: Type = default`, one a line"),
        Point::Variant => ("this is no variant", "write `Name`, or `Name(payload: Type)`, one a line"),
        Point::Type => {
            ("this is no type", "write `String`, `List[String]`, `Secret?`, `(A, B)` or `fn(A) -> B`")
        }
        Point::Arm => {
            ("this is no arm", "write `pattern => value`; a pattern is a variant, a literal, a name or `_`")
        }
        _ => return None,
    };
    Some(misplaced(format!("{message}, not {}", site.shown()), site.place()).help(help)).map(|mut d| {
        if d.message.starts_with("this is no") {
            d.message = message.to_owned();
        }
        d
    })
}

/// `record { }`: the name is not there.
pub(super) fn nameless(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let word = site.back(1)?;
    let header = matches!(
        word.kind,
        T::Record | T::Opaque | T::Enum | T::Fn | T::Action | T::Test | T::Let | T::Param
    );
    (site.point == Point::Item && header && !site.word(word).is_empty()).then(|| {
        Diagnostic::error("missing-name", format!("this `{}` has no name", site.word(word)), span(word))
    })
}

/// What no other rule knows.
pub(super) fn general(site: &Site<'_>) -> Diagnostic<Span> {
    let shown = site.shown();
    match site.point {
        Point::Item => {
            Diagnostic::error("bad-item", format!("{shown} does not fit into this declaration"), site.place())
                .help(ITEMS)
        }
        _ => misplaced(format!("{shown} cannot stand here"), site.place()),
    }
}

/// Text outside of all items.
pub(super) fn outside_items(site: &Site<'_>) -> Diagnostic<Span> {
    let last = site.tokens.iter().take_while(|t| t.kind != T::Newline).last();
    let place = site.tokens.first().zip(last).map_or(Span::default(), |(a, z)| span(*a).to(span(*z)));
    let first = site.tokens.first().map(|t| site.word(*t)).unwrap_or_default();
    let help = match first {
        "class" | "type" | "interface" | "struct" => {
            "a type is declared by `record Name { … }` or `enum Name { … }`"
        }
        "from" | "import" | "use" => {
            "a module is imported by `use name`, a file by `use \"./file.pipe\" as name`"
        }
        "fn" => "a function has a name: `fn name(a: Type) -> Type { … }`",
        "action" => "an action has a name: `action name(a: Type) { … }`",
        "test" => "a test has a title: `test \"title\" { … }`",
        "param" => "a parameter has a name and a type: `param name: Type = default`",
        _ => ITEMS,
    };
    Diagnostic::error("bad-item", "this belongs to no declaration", place).help(help)
}
