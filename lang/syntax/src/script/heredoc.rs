//! Here-documents.

use super::scanner::{Scanner, Unit};
use super::word::Word;
use crate::ast::{HolePosition, HoleRefusal};

/// A here-document whose body comes behind the line end.
#[derive(Clone, Debug)]
pub(super) struct Heredoc {
    /// Its number.
    pub(super) id: usize,
    delimiter: String,
    /// Something of the delimiter is quoted: the body is taken as it is.
    quoted: bool,
    /// `<<-`: tabs before a line do not count.
    tabs: bool,
}

impl Scanner {
    /// What stands behind `<<`.
    pub(super) fn heredoc_start(&mut self) -> Heredoc {
        let tabs = self.take("-");
        while self.char().is_some_and(|c| c == ' ' || c == '\t') || self.take_continuation() {
            if self.char().is_some_and(|c| c == ' ' || c == '\t') {
                self.skip(1);
            }
        }
        let start = self.position();
        let word = self.word();
        self.refuse(word.holes.clone(), HoleRefusal::HeredocDelimiter);
        let text = self.units_in(start..self.position());
        let unusual = text.iter().any(|u| matches!(u, Unit::Char('$' | '`' | '\n')));
        if !word.constant || unusual || word.prefix.is_empty() {
            self.lose();
        }
        let id = self.heredocs.len();
        let here = self.next_hole();
        self.heredocs.push(here..here);
        Heredoc { id, delimiter: word.prefix, quoted: !word.plain, tabs }
    }

    /// Reads the bodies that were announced on the line that has just ended.
    pub(super) fn heredoc_bodies(&mut self, pending: &mut Vec<Heredoc>) {
        for heredoc in pending.drain(..) {
            let first = self.next_hole();
            self.heredoc_body(&heredoc);
            let last = self.next_hole();
            if let Some(holes) = self.heredocs.get_mut(heredoc.id) {
                *holes = first..last;
            }
        }
    }

    fn heredoc_body(&mut self, heredoc: &Heredoc) {
        let mut joined = false;
        while self.peek().is_some() {
            if let Some(len) = self.is_delimiter(heredoc) {
                // A backslash at the end of the line before: some shells join the two.
                if joined {
                    self.lose();
                }
                return self.skip(len);
            }
            joined = self.heredoc_line(heredoc.quoted);
        }
    }

    /// The length of the line at hand, with its end, if it is the delimiter.
    fn is_delimiter(&self, heredoc: &Heredoc) -> Option<usize> {
        let mut n = 0;
        while heredoc.tabs && self.char_at(n) == Some('\t') {
            n += 1;
        }
        for c in heredoc.delimiter.chars() {
            if self.char_at(n) != Some(c) {
                return None;
            }
            n += 1;
        }
        match self.peek_at(n) {
            None => Some(n),
            Some(Unit::Char('\n')) => Some(n + 1),
            Some(_) => None,
        }
    }

    /// Takes a line with its end. `true` if it ends in a backslash that may join it to the next.
    fn heredoc_line(&mut self, quoted: bool) -> bool {
        // Nothing is known about what a body is used for, so the word is thrown away.
        let mut text = Word::default();
        let mut joined = false;
        while let Some(unit) = self.peek() {
            match unit {
                Unit::Char('\n') => {
                    self.skip(1);
                    return joined;
                }
                _ if quoted => self.pass(HoleRefusal::QuotedHeredoc),
                Unit::Char('\\') if self.char_at(1) == Some('\n') => {
                    joined = true;
                    self.skip(1);
                }
                _ => {
                    let start = self.position();
                    self.in_double_quotes(unit, &mut text, HolePosition::Heredoc);
                    self.unclear_expansion(start);
                }
            }
        }
        joined
    }

    /// A substitution in a body that goes over several lines: shells look for the delimiter line by line first, so a
    /// line in it could end the body. Quotes in `${…}` mean different things to different shells here.
    fn unclear_expansion(&mut self, start: usize) {
        let text = self.units_in(start..self.position());
        let lines = text.contains(&Unit::Char('\n'));
        let parameter = text.starts_with(&[Unit::Char('$'), Unit::Char('{')]);
        let quotes = text.iter().any(|u| matches!(u, Unit::Char('"' | '\'' | '\\')));
        if lines || (parameter && quotes) {
            self.lose();
        }
    }
}
