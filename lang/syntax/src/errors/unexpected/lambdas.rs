//! Function values of other languages.

use super::Site;
use super::habits::syntax;
use crate::Span;
use crate::build::Point;
use crate::errors::{point, span};
use crate::token::TokenKind as T;
use pipe_diagnostics::{Diagnostic, Edit};

/// `x => e`, `x -> e`, `(x) => e`, `fn(x) -> e`, `|x| e`.
pub(super) fn lambda(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let message = "a function value is written `fn(x) => value`";
    match site.kind()? {
        T::Arrow if site.back_kind(1) == Some(T::RightParen) && site.point != Point::FunctionResult => {
            syntax("lambda", message, site.place()).map(|d| d.fix("replace it by `=>`", site.place(), "=>"))
        }
        // Without spaces it may be a point of another language.
        T::Arrow if begins_value(site) && site.back(1)?.end < site.place().start => {
            let name = site.back(1)?;
            let text = format!("fn({}) =>", site.word(name));
            let place = span(name).to(site.place());
            syntax("lambda", message, site.place()).map(|d| d.fix(format!("write `{text}`"), place, text))
        }
        T::FatArrow if site.point != Point::Arm && site.back_kind(1) == Some(T::Low) => {
            let name = site.back(1)?;
            let text = format!("fn({})", site.word(name));
            // Behind a value a comparison is more likely.
            let passed = begins_value(site);
            syntax("lambda", message, site.place()).map(|d| match passed {
                true => d.fix(format!("write `{text}`"), span(name), text),
                false => d.help("`>=` compares").suggestion(
                    "compare with `>=`",
                    vec![Edit { place: site.place(), text: ">=".to_owned() }],
                ),
            })
        }
        T::FatArrow if site.point != Point::Arm && site.back_kind(1) == Some(T::RightParen) => {
            let open = opening(site)?;
            syntax("lambda", message, site.place()).map(|d| d.fix("insert `fn`", point(open), "fn"))
        }
        T::Bar if !site.behind_value() => {
            let (name, close) = (*site.tokens.get(site.at + 1)?, *site.tokens.get(site.at + 2)?);
            let found = syntax("lambda", message, site.place())?;
            if name.kind != T::Low || close.kind != T::Bar {
                return Some(found);
            }
            let place = site.place().to(span(close));
            let text = format!("fn({}) =>", site.word(name));
            Some(found.fix(format!("write `{text}`"), place, text))
        }
        T::OrOr if !site.behind_value() => {
            syntax("lambda", message, site.place()).map(|d| d.fix("write `fn() =>`", site.place(), "fn() =>"))
        }
        _ => None,
    }
}

/// The token before is a name with which a value begins.
fn begins_value(site: &Site<'_>) -> bool {
    site.back_kind(1) == Some(T::Low)
        && matches!(site.back_kind(2), Some(T::LeftParen | T::Comma | T::Colon | T::Equal))
}

/// `lambda x: e`.
pub(super) fn lambda_word(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let word = site.back(1).filter(|t| site.word(*t) == "lambda")?;
    let found = syntax("lambda", "a function value is written `fn(x) => value`", span(word))?;
    let (name, colon) = (*site.tokens.get(site.at)?, *site.tokens.get(site.at + 1)?);
    if name.kind != T::Low || colon.kind != T::Colon {
        return Some(found);
    }
    let text = format!("fn({}) =>", site.word(name));
    Some(found.fix(format!("write `{text}`"), span(word).to(span(colon)), text))
}

/// Where the bracket that is closed before the token was opened.
fn opening(site: &Site<'_>) -> Option<u32> {
    let mut depth = 0usize;
    for token in site.tokens[..site.at].iter().rev() {
        match token.kind {
            T::RightParen => depth += 1,
            T::LeftParen => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(token.start);
                }
            }
            _ => {}
        }
    }
    None
}
