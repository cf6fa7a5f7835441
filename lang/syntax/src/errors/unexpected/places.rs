//! Something stands where it cannot.

use super::Site;
use super::missing;
use crate::Span;
use crate::build::Point;
use crate::errors::{mistakes, names, span};
use crate::token::TokenKind as T;
use pipe_diagnostics::{Diagnostic, Edit};

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
    let name = site.back(1).filter(|t| t.kind == T::Low);
    if let (Point::FunctionHeader, Some(name), Some(T::Arrow | T::LeftBrace | T::BodyOpen)) =
        (site.point, name, site.kind())
    {
        let message = format!("`()` is missing behind the name `{}`", site.word(name));
        return Some(
            misplaced(message, site.end_before())
                .help("the parameters of a function stand in `( )`, also when there are none")
                .fix("insert `()`", site.end_before(), "()"),
        );
    }
    let arrow = matches!(site.kind(), Some(T::Up)) && site.back_kind(1) == Some(T::RightParen);
    if site.point == Point::FunctionResult && arrow {
        return Some(
            Diagnostic::error("wrong-arrow", "`->` is missing before the type of the result", site.place())
                .fix("insert `->`", crate::errors::point(site.place().start), "-> "),
        );
    }
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
    if let Some(found) = comma_behind_statement(site).or_else(|| key_value(site)) {
        return found;
    }
    match site.point {
        Point::Item => {
            Diagnostic::error("bad-item", format!("{shown} does not fit into this declaration"), site.place())
                .help(ITEMS)
        }
        _ => misplaced(format!("{shown} cannot stand here"), site.place()),
    }
}

/// `let x = 1,`.
fn comma_behind_statement(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let rest = site.text.get(site.place().end as usize..).unwrap_or_default();
    let end = rest.lines().next().is_none_or(|line| line.trim().is_empty());
    let statement = !matches!(
        site.point,
        Point::Arg
            | Point::ArgValue
            | Point::Element
            | Point::Param
            | Point::Field
            | Point::Variant
            | Point::Type
    );
    (site.kind() == Some(T::Comma) && end && statement && site.behind_value())
        .then(|| mistakes::comma_behind_statement(site.place()))
}

/// `run: "make"` as a line, `timeout-minutes: 10` as an argument.
fn key_value(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let name = site.back(1).filter(|t| t.kind == T::Low && site.kind() == Some(T::Colon))?;
    let begins = |n| {
        site.back_kind(n).is_none_or(|k| {
            k.opens_block() || matches!(k, T::Newline | T::Comma | T::LeftParen | T::LeftSquare)
        })
    };
    if site.back_kind(2) == Some(T::Minus) && site.back_kind(3) == Some(T::Low) && begins(4) {
        let first = site.back(3)?;
        let wanted = format!("{}_{}", site.word(first), site.word(name));
        let place = span(first).to(span(name));
        return Some(
            Diagnostic::error("name-case", format!("this name is written `{wanted}`"), place)
                .help("the words of a name are joined by `_`")
                .suggestion(format!("write `{wanted}`"), vec![Edit { place, text: wanted }]),
        );
    }
    let word = site.word(name);
    (begins(2) && matches!(site.point, Point::Statement | Point::Expression)).then(|| {
        misplaced(format!("`{word}:` begins nothing: a block has statements, not keys with values"), site.place())
            .help("an operation is called, `c.run([…])`; a record is made by `Name(key: value)`, a map by `[\"key\": value]`")
    })
}

/// Text outside of all items.
pub(super) fn outside_items(site: &Site<'_>) -> Diagnostic<Span> {
    let start = site.tokens.first().map_or(0, |t| t.start) as usize;
    let line = site.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
    let end = (start + line.len()) as u32;
    let last = site.tokens.iter().take_while(|t| t.kind != T::Newline && t.start < end).last();
    let place = site.tokens.first().zip(last).map_or(Span::default(), |(a, z)| span(*a).to(span(*z)));
    let first = site.tokens.first().map(|t| site.word(*t)).unwrap_or_default();
    let second = site.tokens.get(1).map(|t| t.kind);
    if let Some(help) = missing::instruction(line) {
        return Diagnostic::error("bad-item", "this belongs to no declaration", place).help(help);
    }
    if let ("from" | "import", Some(file)) = (first, site.tokens.iter().find(|t| t.kind == T::String)) {
        let path = site.word(*file);
        let name = names::module_name(path.trim_matches('"'));
        return Diagnostic::error("bad-item", "this belongs to no declaration", place)
            .help(format!("write `use {path} as {name}`; its names are used through it: `{name}.f()`"));
    }
    let help = match first {
        "export" if second == Some(T::Up) => {
            "a variable is set by an operation of a container: `c.env(\"NAME\", value)`"
        }
        "impl" | "trait" => {
            "functions stand for themselves: `fn f(x: App) -> String { … }` is called as `x |> f()`"
        }
        "test" if second == Some(T::String) => "a test has a body: `test \"title\" { … }`",
        _ if second == Some(T::Colon) => {
            "a job is a function that gives a value: `pub fn test() -> Check { image(\"golang:1.23\").check(sh\"go test\") }`"
        }
        _ if second == Some(T::Equal) => {
            "a value gets a name by `let name: Type = value`; what a caller may set is a `param`"
        }
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
