//! Types of other languages.

use super::Site;
use super::habits::syntax;
use crate::Span;
use crate::build::Point;
use crate::errors::{names, span};
use crate::token::{Token, TokenKind as T};
use pipe_diagnostics::{Diagnostic, Edit, Fix};

/// `[]string`, `string[]`, `map[string]string` as types.
pub(super) fn bracketed_type(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let value = matches!(
        site.point,
        Point::Arg
            | Point::ArgValue
            | Point::Element
            | Point::Statement
            | Point::Expression
            | Point::Value
            | Point::Arm
            | Point::ArmBody
    );
    if site.kind()? != T::LeftSquare && site.kind()? != T::RightSquare || value {
        return None;
    }
    let before = |n| matches!(site.back_kind(n), Some(T::Colon | T::Arrow));
    let next = |n: usize| site.tokens.get(site.at + n).copied();
    if let Some(name) = site.back(1).filter(|t| t.kind == T::Low && before(2)) {
        let word = site.word(name);
        if word == "map" {
            return syntax("angle-brackets", "the type of a map is written `Map[Key, Value]`", span(name));
        }
        let close = next(1).filter(|t| t.kind == T::RightSquare);
        let ours = format!("List[{}]", names::type_of(word));
        let place = span(name).to(close.map_or(site.place(), span));
        return syntax("angle-brackets", format!("the type of a list is written `{ours}`"), place)
            .map(|d| if close.is_some() { d.fix(format!("write `{ours}`"), place, ours) } else { d });
    }
    let (open, name) = match site.kind()? {
        T::RightSquare => (site.back(1).filter(|t| t.kind == T::LeftSquare && before(2))?, next(1)?),
        _ => (next(0).filter(|_| before(1) && next(1).is_some_and(|t| t.kind == T::RightSquare))?, next(2)?),
    };
    if !matches!(name.kind, T::Low | T::Up) {
        return None;
    }
    let ours = format!("List[{}]", names::type_of(site.word(name)));
    let place = span(open).to(span(name));
    syntax("angle-brackets", format!("the type of a list is written `{ours}`"), place)
        .map(|d| d.fix(format!("write `{ours}`"), place, ours))
}

/// `List<T>`, `f<T>()`.
pub(super) fn angle_brackets(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let sign = matches!(site.kind()?, T::Less | T::Greater);
    let name = site.back_kind(1) == Some(T::Up) || site.point == Point::FunctionHeader;
    if !sign || !name {
        return None;
    }
    let mut found = syntax("angle-brackets", "type arguments stand in `[ ]`: `List[String]`", site.place())?;
    if let Some(close) = matching_greater(site) {
        let edit = |place: Span, text: &str| Edit { place, text: text.to_owned() };
        let edits = vec![edit(site.place(), "["), edit(span(close), "]")];
        found.fixes.push(Fix { title: "write `[ ]`".to_owned(), edits, automatic: true });
    }
    Some(found)
}

/// The `>` of a `<` that has only names of types between.
fn matching_greater(site: &Site<'_>) -> Option<Token> {
    let mut depth = 0_usize;
    for token in site.tokens[site.at..].iter().take(64) {
        match token.kind {
            T::Less => depth += 1,
            T::Greater if depth == 1 => return Some(*token),
            T::Greater => depth = depth.checked_sub(1)?,
            T::Up | T::Low | T::Comma | T::Question | T::Dot => {}
            _ => return None,
        }
    }
    None
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
    let (word, wanted) = (site.word(name), names::type_of(site.word(name)));
    let found =
        syntax("name-case", format!("`{word}` is no type: types begin with a capital letter"), span(name))?;
    let title = format!("write `{wanted}`");
    Some(match names::is_basic(&wanted) {
        true => found.fix(title, span(name), wanted),
        false => found.suggestion(title, vec![Edit { place: span(name), text: wanted }]),
    })
}
