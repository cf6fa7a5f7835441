//! The words of a shell, for colors only: whatever a text is, it is colored somehow. What a script means is for `pipe-shell`.

use std::ops::Range;

use pipe_syntax::Span;
use pipe_syntax::ast::{ScriptLit, ScriptPart, TextPart};

use super::TokenKind as Kind;

/// Words behind which a command begins.
const BEFORE_COMMANDS: &[&str] = &["if", "then", "elif", "else", "while", "until", "do", "time", "{", "!"];
/// Other words that a shell knows.
const OTHER_WORDS: &[&str] = &["fi", "done", "esac", "case", "for", "in", "function", "select", "}"];

/// Stands for a hole.
const HOLE: char = '\u{1}';

/// The tokens of a script, at places of its item.
pub(super) fn tokens(script: &ScriptLit) -> Vec<(Span, Kind)> {
    let mut text = String::new();
    let mut parts: Vec<(usize, &TextPart)> = Vec::new();
    for part in &script.parts {
        match part {
            ScriptPart::Text(part) => {
                parts.push((text.len(), part));
                text.push_str(&part.cooked);
            }
            ScriptPart::Hole { .. } => text.push(HOLE),
        }
    }
    let mut out = Vec::new();
    for (range, kind) in scan(&text) {
        // A token that holds holes is what stands around them.
        for (start, part) in &parts {
            let inside = range.start.max(*start)..range.end.min(start + part.cooked.len());
            if inside.start < inside.end {
                let mut at = inside.start - start;
                for line in part.cooked.get(at..inside.end - start).unwrap_or_default().split_inclusive('\n')
                {
                    let len = line.trim_end_matches('\n').len();
                    if len > 0 {
                        out.push((part.source(at..at + len), kind));
                    }
                    at += line.len();
                }
            }
        }
    }
    out
}

fn scan(text: &str) -> Vec<(Range<usize>, Kind)> {
    let mut scan = Scan { text, at: 0, out: Vec::new(), command: true };
    while scan.at < text.len() {
        scan.step();
    }
    scan.out
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    out: Vec<(Range<usize>, Kind)>,
    /// A command can begin here.
    command: bool,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, len: usize, kind: Kind) {
        let end = (self.at + len).min(self.text.len());
        self.out.push((self.at..end, kind));
        self.at = end;
    }

    fn step(&mut self) {
        let Some(first) = self.rest().chars().next() else { return };
        match first {
            '\n' => {
                self.command = true;
                self.at += 1;
            }
            c if c.is_whitespace() => self.at += c.len_utf8(),
            '#' => {
                let len = self.rest().find('\n').unwrap_or(self.rest().len());
                self.push(len, Kind::ShellComment);
            }
            ';' | '&' | '|' | '(' => {
                let len = self.rest().len() - self.rest().trim_start_matches(first).len();
                self.push(len.min(2), Kind::ShellOperator);
                self.command = true;
            }
            ')' | '<' | '>' => {
                let len = self.rest().len() - self.rest().trim_start_matches(first).len();
                self.push(len.min(3), Kind::ShellOperator);
            }
            _ => self.word(),
        }
    }

    /// A word with its quotes.
    fn word(&mut self) {
        let plain = self.rest().find(|c: char| c.is_whitespace() || ";&|()<>\"'$`\\".contains(c));
        let len = plain.unwrap_or(self.rest().len());
        let word = self.rest().get(..len).unwrap_or_default().to_owned();
        let whole = !self.rest().get(len..).unwrap_or_default().starts_with(['"', '\'', '$', '`', '\\']);
        if len > 0 {
            self.begin(&word, whole);
            return;
        }
        match self.rest().chars().next() {
            Some('\'') => {
                let len = self
                    .rest()
                    .get(1..)
                    .and_then(|rest| rest.find('\''))
                    .map_or(self.rest().len(), |at| at + 2);
                self.push(len, Kind::ShellString);
            }
            Some('"') => self.double(),
            Some('$') => {
                let command = self.rest().starts_with("$(");
                self.dollar();
                self.command = command;
                return;
            }
            Some('\\') => {
                let next = self.rest().chars().nth(1).map_or(0, char::len_utf8);
                self.at += 1 + next;
            }
            Some('`') => {
                self.push(1, Kind::ShellOperator);
                self.command = true;
                return;
            }
            Some(c) => self.at += c.len_utf8(),
            None => {}
        }
        self.command = false;
    }

    fn begin(&mut self, word: &str, whole: bool) {
        let assigned = word.find('=').filter(|at| {
            let name = word.get(..*at).unwrap_or_default();
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        if !self.command {
            self.at += word.len();
        } else if BEFORE_COMMANDS.contains(&word) && whole {
            self.push(word.len(), Kind::ShellKeyword);
        } else if OTHER_WORDS.contains(&word) && whole {
            self.push(word.len(), Kind::ShellKeyword);
            self.command = false;
        } else if let Some(name) = assigned {
            self.push(name, Kind::ShellVariable);
            self.at += word.len() - name;
            // Behind the value a command can begin.
        } else {
            if !word.contains(HOLE) {
                self.push(word.len(), Kind::ShellCommand);
            } else {
                self.at += word.len();
            }
            self.command = false;
        }
    }

    /// `"…"` with what is inserted in it.
    fn double(&mut self) {
        let mut start = self.at;
        self.at += 1;
        while let Some(c) = self.rest().chars().next() {
            match c {
                '"' => {
                    self.at += 1;
                    break;
                }
                '\\' => self.at += 1 + self.rest().chars().nth(1).map_or(0, char::len_utf8),
                '$' if !self.rest().starts_with("$(") => {
                    if start < self.at {
                        self.out.push((start..self.at, Kind::ShellString));
                    }
                    self.dollar();
                    start = self.at;
                }
                c => self.at += c.len_utf8(),
            }
        }
        self.at = self.at.min(self.text.len());
        if start < self.at {
            self.out.push((start..self.at, Kind::ShellString));
        }
    }

    /// `$X`, `${X:-y}`, `$(`.
    fn dollar(&mut self) {
        let rest = self.rest().get(1..).unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if rest.starts_with('(') {
            self.push(2, Kind::ShellOperator);
            self.command = true;
        } else if rest.starts_with('{') {
            let len = rest.find('}').map_or(rest.len(), |at| at + 1);
            self.push(1 + len, Kind::ShellVariable);
        } else {
            let len = match rest.chars().next() {
                Some(c) if "?#@*$!-".contains(c) || c.is_ascii_digit() => 1,
                _ => rest.find(|c: char| !is_name(c)).unwrap_or(rest.len()),
            };
            self.push(1 + len, Kind::ShellVariable);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Vec<(&str, Kind)> {
        scan(text).into_iter().map(|(range, kind)| (&text[range], kind)).collect()
    }

    #[test]
    fn commands_and_what_they_get() {
        assert_eq!(
            shown("A=1 make all && x $(cat \"$f\")"),
            [
                ("A", Kind::ShellVariable),
                ("make", Kind::ShellCommand),
                ("&&", Kind::ShellOperator),
                ("x", Kind::ShellCommand),
                ("$(", Kind::ShellOperator),
                ("cat", Kind::ShellCommand),
                ("\"", Kind::ShellString),
                ("$f", Kind::ShellVariable),
                ("\"", Kind::ShellString),
                (")", Kind::ShellOperator),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_has_tokens_in_its_order(text in "(a|if|é|\"|'|\\$|\\{|\\}|\\(|\\)|\\\\|`|#|;|\n| |=|\u{1}){0,24}") {
            let mut end = 0;
            for (range, _) in scan(&text) {
                prop_assert!(end <= range.start && range.start <= range.end && text.get(range.clone()).is_some());
                end = range.end;
            }
        }
    }
}
