//! At most one error a statement: the others follow from it.

use super::{Raised, Rank};
use crate::Span;
use crate::token::{Token, TokenKind};
use pipe_diagnostics::Diagnostic;

/// The errors of one item, reduced to one for each statement, in the order of the text.
pub(crate) fn one_a_statement(
    text: &str,
    tokens: &[Token],
    mut raised: Vec<Raised>,
) -> Vec<Diagnostic<Span>> {
    if raised.iter().any(|r| r.rank == Rank::Limit) {
        raised.retain(|r| r.rank == Rank::Limit);
    }
    // What stands behind a string without an end was swallowed, closing brackets too.
    if raised.iter().any(|r| r.diagnostic.code == "unclosed-string") {
        raised.retain(|r| r.rank != Rank::Bracket);
        // The quote that was to close it opens another one.
        let place = |r: &Raised| r.diagnostic.primary.place;
        let unclosed = |r: &&Raised| r.diagnostic.code == "unclosed-string";
        let first = raised.iter().filter(unclosed).map(place).min();
        let last = raised.iter().filter(unclosed).map(place).max();
        let between =
            |r: &Raised| first.zip(last).is_some_and(|(first, last)| first < place(r) && place(r) <= last);
        raised.retain(|r| !between(r));
    }
    // A keyword as a name is used as one, too.
    let written = |r: &Raised| text.get(r.diagnostic.primary.place.range()).unwrap_or_default();
    let named = raised.iter().filter(|r| r.diagnostic.code == "keyword-as-name").map(written);
    let names: Vec<&str> = named.collect();
    raised.retain(|r| r.diagnostic.code == "keyword-as-name" || !names.contains(&written(r)));
    let ends: Vec<u32> = tokens
        .iter()
        .filter(|t| t.end > t.start)
        .filter(|t| t.kind == TokenKind::Newline || t.kind.opens_block() || t.kind.closes_block())
        .map(|t| t.end)
        .collect();
    let statement = |r: &Raised| ends.partition_point(|&end| end <= r.diagnostic.primary.place.start);
    raised.sort_by_key(|r| (statement(r), r.rank, r.diagnostic.primary.place));
    raised.dedup_by_key(|r| statement(r));
    raised.sort_by_key(|r| r.diagnostic.primary.place);
    raised.into_iter().map(|r| r.diagnostic).collect()
}
