//! What patterns are made of, and the rows of a matrix that fit a constructor.

use crate::typed::Pattern;

/// What a value is made with: the head of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constructor {
    Variant(usize),
    Bool(bool),
    None,
    Some,
    Tuple,
    Record,
    List(usize),
    /// A number or a text; there are always more.
    Literal(Pattern),
}

/// Whether the constructor says more than `_` would when no arm names any.
pub(super) fn names_itself(constructor: &Constructor) -> bool {
    !matches!(
        constructor,
        Constructor::Tuple | Constructor::Record | Constructor::List(_) | Constructor::Literal(_)
    )
}

/// Whether some arm has a list of more elements.
pub(super) fn shorter_than_used(len: usize, used: &[Constructor]) -> bool {
    used.iter().any(|constructor| matches!(constructor, Constructor::List(other) if *other > len))
}

pub(super) fn head(pattern: &Pattern) -> Option<Constructor> {
    Some(match pattern {
        Pattern::Wildcard | Pattern::Bind(_) | Pattern::Or(_) => return None,
        Pattern::Bool(value) => Constructor::Bool(*value),
        Pattern::None => Constructor::None,
        Pattern::Some(_) => Constructor::Some,
        Pattern::Variant { variant, .. } => Constructor::Variant(*variant),
        Pattern::Tuple(_) => Constructor::Tuple,
        Pattern::Record(_) => Constructor::Record,
        Pattern::List(parts) => Constructor::List(parts.len()),
        literal => Constructor::Literal(literal.clone()),
    })
}

/// The constructors at the head of a pattern, through its alternatives.
pub(super) fn heads(pattern: Option<&Pattern>, out: &mut Vec<Constructor>) {
    match pattern {
        Some(Pattern::Or(alternatives)) => {
            alternatives.iter().for_each(|alternative| heads(Some(alternative), out))
        }
        Some(pattern) => out.extend(head(pattern).filter(|constructor| !out.contains(constructor))),
        None => {}
    }
}

/// The rows that match a constructor, with its parts in place of the first pattern.
pub(super) fn specialise(
    matrix: &[Vec<Pattern>],
    constructor: &Constructor,
    parts: usize,
) -> Vec<Vec<Pattern>> {
    let mut out = Vec::new();
    for row in matrix {
        let Some((first, rest)) = row.split_first() else { continue };
        specialise_row(first, rest, constructor, parts, &mut out);
    }
    out
}

fn specialise_row(
    first: &Pattern,
    rest: &[Pattern],
    constructor: &Constructor,
    parts: usize,
    out: &mut Vec<Vec<Pattern>>,
) {
    let mut row = match first {
        Pattern::Or(alternatives) => {
            for alternative in alternatives {
                specialise_row(alternative, rest, constructor, parts, out);
            }
            return;
        }
        Pattern::Wildcard | Pattern::Bind(_) => vec![Pattern::Wildcard; parts],
        pattern if head(pattern).as_ref() == Some(constructor) => match pattern {
            Pattern::Some(inner) => vec![(**inner).clone()],
            Pattern::Variant { payload, .. } => payload.to_vec(),
            Pattern::Tuple(inner) | Pattern::Record(inner) | Pattern::List(inner) => inner.to_vec(),
            _ => Vec::new(),
        },
        _ => return,
    };
    // A pattern that was reported may have another number of parts.
    row.resize(parts, Pattern::Wildcard);
    row.extend(rest.iter().cloned());
    out.push(row);
}

/// The rest of a row whose first pattern matches anything.
pub(super) fn without_first(row: &[Pattern]) -> Vec<Vec<Pattern>> {
    fn any(pattern: &Pattern) -> bool {
        match pattern {
            Pattern::Wildcard | Pattern::Bind(_) => true,
            Pattern::Or(alternatives) => alternatives.iter().any(any),
            _ => false,
        }
    }
    match row.split_first() {
        Some((first, rest)) if any(first) => vec![rest.to_vec()],
        _ => Vec::new(),
    }
}
