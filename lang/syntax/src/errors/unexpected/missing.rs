//! Something is not there.

use super::Site;
use crate::Span;
use crate::build::Point;
use crate::errors::{point, span};
use crate::token::TokenKind as T;
use pipe_diagnostics::Diagnostic;

fn missing(message: impl Into<String>, place: Span) -> Diagnostic<Span> {
    Diagnostic::error("missing", message, place)
}

/// Two values side by side inside brackets.
pub(super) fn comma(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let kind = site.kind()?;
    let listed = matches!(site.point, Point::Arg | Point::Element | Point::Param | Point::ArgValue)
        || site.on_new_line();
    if !listed || !site.behind_value() || !(kind.begins_expression() || kind == T::DotDot || kind == T::Up) {
        return None;
    }
    // Without a line end between them an operator may be missing as well.
    let place = site.end_before();
    let token = site.place();
    let diagnostic = Diagnostic::error("missing-comma", "a `,` is missing between two values", token)
        .label(place, "it belongs here");
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
            Some(missing(format!("a name is missing behind `{}`", site.word(sign)), span(sign)))
        }
        Point::Piped => {
            let sign = site.tokens[..site.at].iter().rev().find(|t| t.kind == T::Pipe)?;
            Some(
                missing("a function is missing behind `|>`", span(*sign))
                    .help("write `x |> f()` or `x |> module.f()`"),
            )
        }
        _ => None,
    }
}

/// The end of something comes where a part of it should stand.
pub(super) fn by_point(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let before = site.back(1)?;
    let ends = site
        .kind()
        .is_none_or(|k| matches!(k, T::Newline | T::RightParen | T::RightSquare | T::RightBrace | T::Comma));
    if !ends {
        return None;
    }
    let message = match (site.point, before.kind) {
        (Point::Value, T::Equal) => "a value is missing behind `=`".to_owned(),
        (Point::ArgValue, T::Colon) => {
            let name = site.back(2).map(|t| site.word(t)).unwrap_or_default();
            format!("the value of argument `{name}` is missing")
        }
        (Point::Type, T::Colon) => "a type is missing behind `:`".to_owned(),
        (Point::FunctionResult, T::Arrow) => "a type is missing behind `->`".to_owned(),
        (Point::ArmBody, T::FatArrow) => "the value of this arm is missing".to_owned(),
        (Point::Arm, _) => return Some(arm(site)),
        (Point::LetHeader, _) => {
            return Some(
                missing("this `let` gives no value", before_or(site, before))
                    .help("write `let name = value`"),
            );
        }
        (Point::ParamHeader, _) => {
            return Some(
                missing("this `param` has no type", span(before))
                    .help("write `param name: Type`, or `param name: Type = default`"),
            );
        }
        _ => return None,
    };
    Some(missing(message, point(before.end)).label(span(before), ""))
}

fn before_or(_: &Site<'_>, before: crate::token::Token) -> Span {
    span(before)
}

fn arm(site: &Site<'_>) -> Diagnostic<Span> {
    missing("this arm has no `=>`", site.end_before()).help("an arm is written `pattern => value`")
}

/// Nothing behind an operator or a keyword that needs an operand, or an empty place between commas.
pub(super) fn operand(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let before = site.back(1)?;
    let kind = site.kind();
    let end = kind.is_none_or(|k| !k.begins_expression() && k != T::LeftBrace && !matches!(k, T::Bad));
    if !end || site.behind_value() {
        return None;
    }
    let word = site.word(before);
    match before.kind {
        T::Comma | T::LeftParen | T::LeftSquare if kind == Some(T::Comma) => {
            Some(missing("a value is missing before this `,`", site.place()))
        }
        T::LeftParen | T::LeftSquare | T::LeftBrace | T::Comma | T::Newline => None,
        _ if word.is_empty() => None,
        _ => Some(missing(format!("a value is missing behind `{word}`"), span(before))),
    }
}

/// Two values side by side in a statement.
pub(super) fn operator(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let kind = site.kind()?;
    if !site.behind_value()
        || !kind.begins_expression()
        || !matches!(site.point, Point::Statement | Point::Expression | Point::Value)
    {
        return None;
    }
    Some(
        Diagnostic::error(
            "missing",
            format!("{} cannot follow a value directly", capital(&site.shown())),
            site.place(),
        )
        .help("an operator, a `,` or the end of the line is missing between them"),
    )
}

fn capital(text: &str) -> String {
    text.to_owned()
}
