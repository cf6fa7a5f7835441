//! From text to tokens.

use pipe_syntax::testing::{TokenPlace, token_places};

/// Tokens, comments and blanks come in order and do not overlap, each at characters of the text.
pub fn run(text: &str) {
    let mut end = 0;
    for TokenPlace { start, end: next } in token_places(text) {
        assert!(start >= end, "a token at {start} begins before {end}");
        assert!(text.get(start..next).is_some(), "{start}..{next} is no part of the text");
        end = next;
    }
}
