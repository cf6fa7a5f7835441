//! What `$` begins.

use super::scanner::{Scanner, Unit};
use super::word::Word;
use crate::ast::{HoleRefusal, Shell};

/// Where an expansion stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    /// Outside of quotes.
    Nothing,
    /// Inside double quotes, or in a here-document.
    Quotes,
}

impl Scanner {
    /// `$` outside of quotes.
    pub(super) fn dollar(&mut self, word: &mut Word) {
        match self.peek_at(1) {
            Some(Unit::Char('\'')) => self.ansi_quotes(word),
            // A text to be translated; in other shells `$` and a text in double quotes.
            Some(Unit::Char('"')) => {
                self.skip(1);
                word.dynamic();
                self.double_quotes(word);
            }
            _ => self.expansion(word, Around::Nothing),
        }
    }

    /// `$` inside double quotes.
    pub(super) fn quoted_dollar(&mut self, word: &mut Word) {
        self.expansion(word, Around::Quotes);
    }

    fn expansion(&mut self, word: &mut Word, around: Around) {
        match self.peek_at(1) {
            Some(Unit::Hole) => {
                self.skip(1);
                word.dynamic();
                self.pass(HoleRefusal::AfterEscape);
            }
            Some(Unit::Char('(')) => {
                word.dynamic();
                self.substitution();
            }
            Some(Unit::Char('{')) => {
                word.dynamic();
                self.skip(2);
                self.nested(|s| s.parameter(around));
            }
            Some(Unit::Char('[')) => {
                // Old arithmetic of bash; plain text elsewhere.
                word.dynamic();
                self.lose();
                self.skip(2);
            }
            Some(Unit::Char(c)) if c == '_' || c.is_ascii_alphabetic() => {
                word.dynamic();
                self.skip(1);
                while self.char().is_some_and(|c| c == '_' || c.is_ascii_alphanumeric()) {
                    self.skip(1);
                }
            }
            Some(Unit::Char(c)) if c.is_ascii_digit() || "@*#?-$!".contains(c) => {
                word.dynamic();
                self.skip(2);
            }
            _ => {
                word.push('$');
                self.skip(1);
            }
        }
    }

    /// `$(…)` or `$((…))`.
    fn substitution(&mut self) {
        let twice = self.char_at(2) == Some('(');
        if twice && self.arithmetic(3) {
            return;
        }
        if twice && self.shell == Shell::Sh {
            // A subshell in a substitution to some shells, broken arithmetic to others.
            self.lose();
        }
        self.skip(2);
        self.nested(|s| s.list_in_parens());
    }

    /// `((` … `))`, `skip` units of which open it. `false`, and nothing is taken, when the brackets do not end together:
    /// then they are a subshell in a substitution.
    pub(super) fn arithmetic(&mut self, skip: usize) -> bool {
        let Some(end) = self.arithmetic_end(skip) else { return false };
        self.skip(skip);
        while self.position() < end {
            self.pass(HoleRefusal::Arithmetic);
        }
        true
    }

    /// Where `))` ends. Text with quotes, comments or case patterns inside is not followed: the rest is given up.
    fn arithmetic_end(&mut self, skip: usize) -> Option<usize> {
        let mut depth = 0usize;
        let mut n = skip;
        while let Some(unit) = self.peek_at(n) {
            match unit {
                Unit::Char('(') => depth += 1,
                Unit::Char(')') if depth > 0 => depth -= 1,
                Unit::Char(')') if self.char_at(n + 1) == Some(')') => return Some(self.position() + n + 2),
                Unit::Char(')') => return None,
                Unit::Char('\'' | '"' | '`' | '\\') => {
                    self.lose();
                }
                _ => {}
            }
            n += 1;
        }
        self.lose();
        None
    }

    /// `${…}`, behind the brace.
    fn parameter(&mut self, around: Around) {
        let mut name = String::new();
        // `!`, `#` and the name with its subscript.
        while let Some(c) =
            self.char().filter(|c| !"}-+=?%/:,^\"'`\\$ \n".contains(*c) && (name.is_empty() || *c != '#'))
        {
            name.push(c);
            self.skip(1);
        }
        let substitutes = self.char().is_some_and(|c| "-+=?:".contains(c));
        loop {
            match self.peek() {
                None => return self.lose(),
                Some(Unit::Char('}')) => return self.skip(1),
                Some(Unit::Hole) => self.pass(HoleRefusal::ParameterExpansion),
                Some(Unit::Char(c)) => self.parameter_text(c, around, substitutes),
            }
        }
    }

    /// One step of the word inside `${…}`.
    fn parameter_text(&mut self, c: char, around: Around, substitutes: bool) {
        let before = self.next_hole();
        let mut inner = Word::starting_at(before);
        match (c, around) {
            ('\\', _) => {
                self.skip(1);
                self.pass(HoleRefusal::ParameterExpansion);
            }
            ('\'', Around::Nothing) => self.single_quotes(&mut inner),
            // A quote by itself, except behind `%`, `#` and `/`, where shells differ.
            ('\'', Around::Quotes) => {
                if !substitutes {
                    self.lose();
                }
                self.skip(1);
            }
            ('"', _) => self.parameter_quotes(around, &mut inner),
            ('`', _) => self.backquotes(&mut inner),
            ('$', _) => self.expansion(&mut inner, around),
            ('<' | '>', Around::Nothing) if self.char_at(1) == Some('(') => {
                self.lose();
                self.skip(1);
            }
            _ => self.skip(1),
        }
        // What is inserted here becomes part of a pattern or a default that the shell reads again.
        let after = self.next_hole();
        self.refuse(before..after, HoleRefusal::ParameterExpansion);
    }

    /// `"…"` inside `${…}`. Inside outer double quotes shells differ in what it quotes: a brace in it is not understood.
    fn parameter_quotes(&mut self, around: Around, inner: &mut Word) {
        let start = self.position();
        self.double_quotes(inner);
        let text = self.units_in(start..self.position());
        let brace = text.iter().any(|u| matches!(u, Unit::Char('{' | '}' | '\'')));
        if around == Around::Quotes && (brace || self.shell == Shell::Sh && text.contains(&Unit::Char('\\')))
        {
            self.lose();
        }
    }
}
