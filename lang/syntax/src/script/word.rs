//! Words.

use super::scanner::{Scanner, Unit};
use crate::ast::{HolePosition, HoleRefusal};
use std::ops::Range;

/// A word of a command, as far as it is known without running anything.
#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    /// The constant text it begins with, quotes removed.
    pub(super) prefix: String,
    /// Nothing but `prefix`.
    pub(super) constant: bool,
    /// No quote and no backslash in the prefix: it can be a reserved word or an assignment.
    pub(super) plain: bool,
    /// All holes in it, those in substitutions too.
    pub(super) holes: Range<usize>,
    /// It holds a hole of its own, not one in a substitution.
    pub(super) own_hole: bool,
    /// Holes outside of quotes.
    direct: Vec<usize>,
    /// How many pieces it has.
    pieces: usize,
}

impl Word {
    pub(super) fn starting_at(hole: usize) -> Word {
        Word { constant: true, plain: true, holes: hole..hole, ..Word::default() }
    }

    pub(super) fn push(&mut self, c: char) {
        self.pieces += 1;
        if self.constant {
            self.prefix.push(c);
        }
    }

    /// A quote, even an empty one, is a piece of the word.
    pub(super) fn quoted(&mut self) {
        self.pieces += 1;
        if self.constant {
            self.plain = false;
        }
    }

    /// Something that only running gives.
    pub(super) fn dynamic(&mut self) {
        self.pieces += 1;
        self.constant = false;
    }

    /// The whole text, if it is constant.
    pub(super) fn literal(&self) -> Option<&str> {
        self.constant.then_some(self.prefix.as_str())
    }

    /// The text of an unquoted constant word, such as a reserved word.
    pub(super) fn reserved(&self) -> Option<&str> {
        (self.constant && self.plain).then_some(self.prefix.as_str())
    }

    pub(super) fn has_holes(&self) -> bool {
        !self.holes.is_empty()
    }

    /// It begins as an option does. What follows a single `-` may be unknown.
    pub(super) fn is_option(&self) -> bool {
        self.prefix.starts_with('-') && (self.prefix.len() > 1 || !self.constant)
    }

    /// It begins with something that only running gives, so that it may be an option.
    pub(super) fn begins_unknown(&self) -> bool {
        !self.constant && self.prefix.is_empty()
    }
}

/// The characters that end a word.
fn is_meta(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>')
}

impl Scanner {
    /// Takes a word. `Word { glued }` is settled for its holes.
    pub(super) fn word(&mut self) -> Word {
        self.word_until(is_meta)
    }

    /// Takes a word that ends before a character of the given kind.
    pub(super) fn word_until(&mut self, ends: fn(char) -> bool) -> Word {
        let mut word = Word::starting_at(self.next_hole());
        while let Some(unit) = self.peek() {
            match unit {
                Unit::Hole => self.direct_hole(&mut word),
                Unit::Char('<' | '>') if self.char_at(1) == Some('(') => self.process_substitution(&mut word),
                Unit::Char(c) if ends(c) => break,
                Unit::Char('\'') => self.single_quotes(&mut word),
                Unit::Char('"') => self.double_quotes(&mut word),
                Unit::Char('`') => self.backquotes(&mut word),
                Unit::Char('$') => self.dollar(&mut word),
                Unit::Char('\\') => self.backslash(&mut word),
                Unit::Char(c) => {
                    word.push(c);
                    self.skip(1);
                }
            }
        }
        word.holes.end = self.next_hole();
        if word.pieces > 1 {
            self.glue_word(&word);
        }
        word
    }

    /// Holes of the word take no list.
    pub(super) fn glue_word(&mut self, word: &Word) {
        for hole in &word.direct {
            self.glue(*hole);
        }
    }

    fn direct_hole(&mut self, word: &mut Word) {
        let hole = self.hole(HolePosition::Word { glued: false });
        word.direct.push(hole);
        word.own_hole = true;
        word.dynamic();
    }

    fn backslash(&mut self, word: &mut Word) {
        if self.take_continuation() {
            return;
        }
        self.skip(1);
        word.quoted();
        match self.peek() {
            Some(Unit::Char(c)) => {
                word.push(c);
                self.skip(1);
            }
            Some(Unit::Hole) => {
                word.dynamic();
                self.pass(HoleRefusal::AfterEscape);
            }
            None => {}
        }
    }

    /// `<( … )`, `>( … )`.
    fn process_substitution(&mut self, word: &mut Word) {
        self.skip(2);
        word.dynamic();
        self.nested(|s| s.list_in_parens());
    }
}
