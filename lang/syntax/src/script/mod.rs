//! Where holes stand in the quoting of a shell.
//!
//! A script's text is constant; a value travels in the step's environment and is inserted as `"$PIPE_1"` in word
//! position, as `${PIPE_1}` inside double quotes and here-documents. That is safe only where the shell does not read
//! the value once more. This module reads a script as a shell does (POSIX.1-2017, "Shell Command Language", with the
//! extensions of bash) and says for each hole where it stands.
//!
//! **It refuses what it does not understand.** Where shells differ, where a construct is not followed, or where what is
//! nested is nested too deeply, every later hole is refused.
//!
//! The parts: `scanner` (the text as units), `list` (commands, pipelines, compound commands), `word` and `quote`
//! (words and quotes), `expansion` (what `$` begins), `heredoc`; then `command` says what a command does with its words,
//! by the tables in `interpreters` and `wrappers`.

mod command;
mod double_bracket;
mod evaluated;
mod expansion;
mod heredoc;
mod interpreters;
mod list;
mod pipeline;
mod quote;
mod redirect;
mod scanner;
mod word;
mod wrappers;

use crate::ast::{HolePosition, HoleRefusal, Shell};
use scanner::Scanner;

/// A piece of a script: text as the shell sees it, or a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment<'t> {
    /// Text.
    Text(&'t str),
    /// A hole.
    Hole,
}

/// Nothing is known about a place, so nothing can be inserted there.
pub(crate) const UNKNOWN: HolePosition = HolePosition::Refused(HoleRefusal::NestedScript);

/// The position of each hole, in order.
pub fn hole_positions<'t>(
    shell: Shell,
    fragments: impl IntoIterator<Item = Fragment<'t>>,
) -> Vec<HolePosition> {
    let mut scanner = Scanner::new(shell, fragments);
    if scanner.has_holes() {
        scanner.script();
    }
    scanner.finish()
}
