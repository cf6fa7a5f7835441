//! Random programs for tests: well formed, in any layout, with comments wherever they may stand.
//!
//! **What they are good for.** Every program parses without an error. Names and types mean nothing, so a checker finds
//! plenty wrong; it must say so without giving up. Equal seeds give equal programs.

mod expressions;
mod items;
mod literals;
mod patterns;
mod random;
mod writer;

use crate::lexer;
use random::Random;
use writer::Writer;

/// How a program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// How many of a hundred places where a line may end have a line end.
    pub breaks: u32,
    /// How many of a hundred places where a comment may stand have one.
    pub comments: u32,
    /// How deep expressions nest.
    pub depth: u32,
}

impl Style {
    /// One of several, by seed: plain, broken everywhere, full of comments.
    pub fn of(seed: u64) -> Style {
        let mut random = Random::new(seed ^ 0x5eed);
        let breaks = random.number(&[0, 3, 10, 40]);
        let comments = random.number(&[0, 0, 2, 12]);
        Style { breaks, comments, depth: 1 + random.below(3) }
    }
}

/// A random program in the layout of [`Style::of`] its seed.
pub fn program(seed: u64) -> String {
    styled_program(seed, Style::of(seed))
}

/// A random program.
pub fn styled_program(seed: u64, style: Style) -> String {
    let mut writer = Writer::new(Random::new(seed), style);
    writer.program();
    writer.finish()
}

/// Where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPlace {
    /// Its first byte.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

/// The tokens of a text, line ends among them; comments and spaces are what is between them.
pub fn token_places(text: &str) -> Vec<TokenPlace> {
    let tokens = lexer::lex(text, 0..text.len()).tokens;
    tokens.iter().map(|token| TokenPlace { start: token.start as usize, end: token.end as usize }).collect()
}
