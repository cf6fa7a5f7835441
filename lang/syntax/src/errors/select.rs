//! At most one error a statement: the others follow from it.

use super::{Raised, Rank};
use crate::Span;
use crate::token::{Token, TokenKind};
use pipe_diagnostics::Diagnostic;

/// The errors of one item, reduced to one for each statement, in the order of the text.
pub(crate) fn one_a_statement(tokens: &[Token], mut raised: Vec<Raised>) -> Vec<Diagnostic<Span>> {
    if raised.iter().any(|r| r.rank == Rank::Limit) {
        raised.retain(|r| r.rank == Rank::Limit);
    }
    // What stands behind a string without an end was swallowed, closing brackets too.
    if raised.iter().any(|r| r.diagnostic.code == "unclosed-string") {
        raised.retain(|r| r.rank != Rank::Bracket);
    }
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
