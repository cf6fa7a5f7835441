//! Something is not there.

use super::Site;
use crate::Span;
use crate::build::Point;
use crate::errors::{names, point, span};
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
        .label(place, "it belongs here");
    // On one line an operator may be missing instead.
    Some(match site.on_new_line() {
        true => diagnostic.fix("insert `,`", place, ","),
        false => diagnostic,
    })
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

/// A type in small letters: `string`.
pub(super) fn small_type(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let name = site.back(1).filter(|t| t.kind == T::Low)?;
    let types = matches!(site.point, Point::Type | Point::FunctionResult)
        && matches!(
            site.back_kind(2)?,
            T::Colon | T::Arrow | T::LeftSquare | T::Comma | T::LeftParen | T::Dot
        );
    if !types || site.kind() == Some(T::Dot) {
        return None;
    }
    let (word, wanted) = (site.word(name), names::camel_case(site.word(name)));
    missing("name-case", format!("`{word}` is no type: types begin with a capital letter"), span(name))
        .map(|d| d.suggestion(format!("write `{wanted}`"), vec![Edit { place: span(name), text: wanted }]))
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
            missing("missing-value", "a value is missing before this `,`", site.place())
        }
        T::LeftParen | T::LeftSquare | T::LeftBrace | T::BodyOpen | T::Comma | T::Newline => None,
        T::Pub => missing("missing-value", "a declaration is missing behind `pub`", span(before)),
        _ if site.word(before).is_empty() => None,
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
    if !statement || !site.behind_value() || !token.kind.begins_expression() {
        return None;
    }
    let help = match site.word(token) {
        "then" => "the branches of an `if` stand in `{ }`",
        _ => "an operator, a `,` or the end of the line is missing between them",
    };
    missing("missing-operator", format!("{} cannot follow a value directly", site.shown()), site.place())
        .map(|d| d.help(help))
}
