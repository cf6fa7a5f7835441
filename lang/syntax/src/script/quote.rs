//! Quotes.

use super::scanner::{Scanner, Unit};
use super::word::Word;
use crate::ast::{HolePosition, HoleRefusal, Shell};

impl Scanner {
    /// `'…'`.
    pub(super) fn single_quotes(&mut self, word: &mut Word) {
        self.skip(1);
        word.quoted();
        loop {
            match self.peek() {
                None => return self.lose(),
                Some(Unit::Char('\'')) => return self.skip(1),
                Some(Unit::Char(c)) => {
                    word.push(c);
                    self.skip(1);
                }
                Some(Unit::Hole) => {
                    word.dynamic();
                    self.pass(HoleRefusal::SingleQuotes);
                }
            }
        }
    }

    /// `$'…'`: with escapes in bash, `$` and plain single quotes in older shells. They agree on the end unless a quote is
    /// escaped.
    pub(super) fn ansi_quotes(&mut self, word: &mut Word) {
        self.skip(2);
        word.quoted();
        word.dynamic();
        loop {
            match self.peek() {
                None => return self.lose(),
                Some(Unit::Char('\'')) => return self.skip(1),
                Some(Unit::Char('\\')) => {
                    if self.char_at(1) == Some('\'') && self.shell == Shell::Sh {
                        self.lose();
                    }
                    self.skip(1);
                    self.pass(HoleRefusal::SingleQuotes);
                }
                Some(_) => self.pass(HoleRefusal::SingleQuotes),
            }
        }
    }

    /// `"…"`.
    pub(super) fn double_quotes(&mut self, word: &mut Word) {
        self.skip(1);
        word.quoted();
        loop {
            match self.peek() {
                None => return self.lose(),
                Some(Unit::Char('"')) => return self.skip(1),
                Some(unit) => self.in_double_quotes(unit, word, HolePosition::DoubleQuotes),
            }
        }
    }

    /// One step of text in which only `$`, backquotes and backslashes mean something: inside double quotes, or in a
    /// here-document.
    pub(super) fn in_double_quotes(&mut self, unit: Unit, word: &mut Word, position: HolePosition) {
        match unit {
            Unit::Hole => {
                word.own_hole = true;
                word.dynamic();
                self.hole(position);
            }
            Unit::Char('\\') => self.quoted_backslash(word),
            Unit::Char('`') => self.backquotes(word),
            Unit::Char('$') => self.quoted_dollar(word),
            Unit::Char(c) => {
                word.push(c);
                self.skip(1);
            }
        }
    }

    fn quoted_backslash(&mut self, word: &mut Word) {
        if self.take_continuation() {
            return;
        }
        self.skip(1);
        match self.peek() {
            Some(Unit::Char(c)) => {
                if !matches!(c, '$' | '`' | '"' | '\\') {
                    word.push('\\');
                }
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

    /// `` `…` `` up to the first backquote without a backslash: quotes inside do not hide it.
    pub(super) fn backquotes(&mut self, word: &mut Word) {
        self.skip(1);
        word.dynamic();
        loop {
            match self.peek() {
                None => return self.lose(),
                Some(Unit::Char('`')) => return self.skip(1),
                Some(Unit::Char('\\')) => {
                    self.skip(1);
                    self.pass(HoleRefusal::Backquotes);
                }
                Some(Unit::Char('\'')) => {
                    self.backquoted_single_quotes();
                }
                Some(_) => self.pass(HoleRefusal::Backquotes),
            }
        }
    }

    /// Shells differ in whether single quotes inside backquotes hide a backquote: where one would be hidden, the rest is
    /// given up.
    fn backquoted_single_quotes(&mut self) {
        let mut n = 1;
        while self.peek_at(n).is_some_and(|unit| !matches!(unit, Unit::Char('\'' | '`'))) {
            n += 1;
        }
        if self.char_at(n) != Some('\'') {
            self.lose();
            return self.skip(1);
        }
        for _ in 0..=n {
            self.pass(HoleRefusal::Backquotes);
        }
    }
}
