//! Something is not there.

use super::Site;
use crate::Span;
use crate::build::Point;
use crate::errors::{point, span};
use crate::token::TokenKind as T;
use pipe_diagnostics::{Diagnostic, Edit};

fn missing(code: &'static str, message: impl Into<String>, place: Span) -> Option<Diagnostic<Span>> {
    Some(Diagnostic::error(code, message, place))
}

fn is_end(kind: Option<T>) -> bool {
    kind.is_none_or(|k| {
        k.closes_block() || matches!(k, T::Newline | T::RightParen | T::RightSquare | T::Comma)
    })
}

/// Two values, fields or variants side by side.
pub(super) fn comma(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let kind = site.kind()?;
    let what = match site.point {
        Point::Field | Point::Type if kind.is_name() && site.back_kind(1) != Some(T::Low) => {
            "fields or parameters"
        }
        Point::Variant if kind == T::Up => "variants",
        Point::Arg | Point::Element | Point::Param | Point::ArgValue => "values",
        _ if site.on_new_line() => "values",
        _ => return None,
    };
    if !site.behind_value() || !(kind.begins_expression() || kind == T::DotDot) {
        return None;
    }
    let place = site.end_before();
    let diagnostic = missing("missing-comma", format!("a `,` is missing between two {what}"), site.place())?
        .role("this is the second")
        .label(place, "it belongs here");
    let named = matches!(site.point, Point::Arg)
        && site.back_kind(1) == Some(T::Low)
        && matches!(site.back_kind(2), Some(T::Comma | T::LeftParen));
    // On one line an operator may be missing instead, or the colon behind the name of an argument.
    Some(if site.on_new_line() || what != "values" {
        diagnostic.fix("insert `,`", place, ",")
    } else if named {
        let name = site.back(1).map_or("", |name| site.word(name));
        diagnostic
            .help(format!("if `{name}` is the name of an argument, a `:` is missing behind it"))
            .suggestion("insert `,`", vec![Edit { place, text: ",".to_owned() }])
            .suggestion("insert `:`", vec![Edit { place, text: ":".to_owned() }])
    } else {
        diagnostic.suggestion("insert `,`", vec![Edit { place, text: ",".to_owned() }])
    })
}

/// `src Dir` as a parameter or a field.
pub(super) fn colon(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let declared = matches!(site.point, Point::Param | Point::Field | Point::ParamHeader | Point::Type)
        || (site.point == Point::Arg && site.in_header());
    let name = site.back(1).filter(|t| t.kind == T::Low && declared)?;
    let behind = matches!(
        site.back_kind(2)?,
        T::Comma | T::LeftParen | T::LeftBrace | T::BodyOpen | T::Newline | T::Param
    );
    if site.kind()? != T::Up || !behind || site.on_new_line() {
        return None;
    }
    let (name, ty) = (site.word(name), site.word(*site.tokens.get(site.at)?));
    missing("missing-colon", format!("a `:` is missing behind `{name}`"), site.end_before()).map(|d| {
        d.help(format!("a name and its type are written `{name}: {ty}`")).fix(
            "insert `:`",
            site.end_before(),
            ":",
        )
    })
}

/// `"echo "hi""`: the text ends earlier than it was meant to.
pub(super) fn inner_quote(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let text = site.back(1).filter(|t| matches!(t.kind, T::String | T::Script))?;
    let operand = matches!(site.kind()?, T::Low | T::Up | T::Number | T::Bad | T::String);
    if !operand || !site.glued() {
        return None;
    }
    let quote = Span { start: text.end.saturating_sub(1), end: text.end };
    missing("inner-quote", "the text ends at this `\"`", quote)
        .map(|d| d.help("inside of it write `\\\"`, or begin and end it with `\"\"\"`"))
}

/// `name = Type` as a field, `["a" = 1]`, `let x 1`.
pub(super) fn equal(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let before = site.back(1)?;
    let named = before.kind == T::Low;
    match (site.point, site.kind()?) {
        (Point::Field | Point::Param, T::Equal) if named => {
            missing("equal-sign", "a name and its type are separated by `:`", site.place())
                .map(|d| d.fix("replace it by `:`", site.place(), ":"))
        }
        (Point::Element, T::Equal) => {
            missing("equal-sign", "a key and its value are separated by `:`", site.place())
                .map(|d| d.fix("replace it by `:`", site.place(), ":"))
        }
        (Point::LetHeader, kind) if named && site.back_kind(2) == Some(T::Let) && kind.begins_expression() => {
            missing("missing-value", format!("a `=` is missing behind `{}`", site.word(before)), site.end_before()).map(|d| {
                d.help("write `let name = value`")
                    .fix("insert `=`", site.end_before(), " =")
            })
        }
        (Point::LetHeader, T::Comma) => missing("missing-value", "a `let` gives one name to one value", site.place())
            .map(|d| {
                d.help(
                    "a tuple is taken apart by `let (a, b) = …`; no operation gives an error beside its result: what \
                     fails ends the run",
                )
            }),
        _ => None,
    }
}

/// Nothing behind `.` or `|>`.
pub(super) fn member(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    match site.point {
        Point::Member => {
            let sign = site.back(1)?;
            missing("missing-name", format!("a name is missing behind `{}`", site.word(sign)), span(sign))
        }
        Point::Piped => {
            let sign = site.tokens[..site.at].iter().rev().find(|t| t.kind == T::Pipe)?;
            missing("missing-name", "a function is missing behind `|>`", span(*sign))
                .map(|d| d.help("write `x |> f()` or `x |> module.f()`"))
        }
        _ => None,
    }
}

/// The end of something comes where a part of it should stand.
pub(super) fn by_point(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let before = site.back(1)?;
    if !is_end(site.kind()) {
        return None;
    }
    let behind = point(before.end);
    match (site.point, before.kind) {
        (Point::Value, T::Equal) => missing("missing-value", "a value is missing behind `=`", behind),
        (Point::ArgValue, T::Colon) => {
            let name = site.back(2).map(|t| site.word(t)).unwrap_or_default();
            missing("missing-value", format!("the value of argument `{name}` is missing"), behind)
        }
        (Point::ArmBody, T::FatArrow) => missing("missing-value", "the value of this arm is missing", behind),
        (Point::Type, T::Colon) => missing("missing-type", "a type is missing behind `:`", behind),
        (Point::FunctionResult, T::Arrow) => missing("missing-type", "a type is missing behind `->`", behind),
        (Point::Field, T::Low) => {
            missing("missing-type", format!("field `{}` has no type", site.word(before)), span(before))
                .map(|d| d.help("write `name: Type`, or `name: Type = default`"))
        }
        (Point::Arm, _) => missing("missing-arrow", "this arm has no `=>`", site.end_before())
            .map(|d| d.help("an arm is written `pattern => value`")),
        (Point::LetHeader, _) => missing("missing-value", "this `let` gives no value", span(before))
            .map(|d| d.help("write `let name = value`")),
        (Point::ParamHeader, _) => missing("missing-type", "this `param` has no type", span(before))
            .map(|d| d.help("write `param name: Type`, or `param name: Type = default`")),
        _ => None,
    }
}

/// Nothing behind an operator or a keyword that needs an operand, or an empty place between commas.
pub(super) fn operand(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let before = site.back(1)?;
    let kind = site.kind();
    let end = kind.is_none_or(|k| !k.begins_expression() && !k.opens_block() && k != T::Bad);
    if !end || site.behind_value() {
        return None;
    }
    match before.kind {
        T::Comma | T::LeftParen | T::LeftSquare if kind == Some(T::Comma) => {
            let edit = vec![Edit { place: site.place(), text: String::new() }];
            missing("missing-value", "a value is missing before this `,`", site.place())
                .map(|d| d.suggestion("remove `,`", edit))
        }
        T::LeftParen | T::LeftSquare | T::LeftBrace | T::BodyOpen | T::Comma | T::Newline => None,
        T::Pub => missing("missing-value", "a declaration is missing behind `pub`", span(before)),
        _ if site.word(before).is_empty() => None,
        T::If if kind == Some(T::Let) => {
            missing("missing-value", "`if` asks a condition, it takes nothing apart", span(before)).map(|d| {
                d.help("write `match x { some(y) => …, none => … }`, or give a default with `x ?? default`")
            })
        }
        _ => missing(
            "missing-value",
            format!("a value is missing behind `{}`", site.word(before)),
            span(before),
        ),
    }
}

/// Two values side by side in a statement.
pub(super) fn operator(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let token = *site.tokens.get(site.at)?;
    let statement = matches!(site.point, Point::Statement | Point::Expression | Point::Value);
    let block_behind_colon = token.kind == T::Colon && site.in_condition();
    if !statement || !site.behind_value() || !(token.kind.begins_expression() || block_behind_colon) {
        return None;
    }
    if site.in_condition() {
        return missing("missing-body", "`{` is missing behind this condition", site.place())
            .map(|d| d.help("the branches of an `if` stand in `{ }`: `if c { a } else { b }`"));
    }
    let found = missing(
        "missing-operator",
        format!("{} cannot follow a value directly", site.shown()),
        site.place(),
    )?;
    let before = site.back_kind(1);
    let line = site.statement_words();
    let line = line.as_deref().unwrap_or_default();
    if let Some(help) = instruction(line).filter(|_| before == Some(T::Up)) {
        return Some(found.help(help));
    }
    let command = before == Some(T::Low) && matches!(token.kind, T::Low | T::Number) && !line.is_empty();
    Some(if command {
        found.help(format!("a command runs in a container: `c.run(sh\"{line}\")`"))
    } else if before == Some(T::String) && token.kind == T::String {
        found.help("texts are joined by `+`, values inserted by `\"${x}\"`")
    } else {
        found.help("an operator, a `,` or the end of the line is missing between them")
    })
}

/// What stands for an instruction of a Dockerfile.
pub(super) fn instruction(line: &str) -> Option<&'static str> {
    Some(match line.split_whitespace().next()? {
        "FROM" => "a container starts from an image: `image(\"alpine:3.20\")`",
        "RUN" => "a command is an operation of a container: `c.run(sh\"…\")`",
        "COPY" | "ADD" => "files come in by an operation of a container: `c.copy(\"/path\", files)`",
        "WORKDIR" => "the folder is set by an operation of a container: `c.workdir(\"/src\")`",
        "ENV" | "ARG" => "a variable is set by an operation of a container: `c.env(\"NAME\", value)`",
        "ENTRYPOINT" | "CMD" => {
            "what an image starts is set by an operation of a container: `c.entrypoint([\"/app\"])`, `c.command([…])`"
        }
        "USER" => "the user is set by an operation of a container: `c.user(\"name\")`",
        "EXPOSE" => "a port is named by an operation of a container: `c.expose(8080)`",
        "LABEL" => "a label is set by an operation of a container: `c.label(\"name\", \"value\")`",
        "SAVE" => "a file of a container is the value of `c.file(\"/path\")`",
        "BUILD" => "another target is a function that is called",
        _ => return None,
    })
}
