//! `[[ … ]]` of bash.

use super::scanner::{Scanner, Unit};
use super::word::Word;
use crate::ast::HoleRefusal;

/// Operators whose operands bash evaluates as arithmetic, subscripts with commands included.
pub(super) const ARITHMETIC: [&str; 8] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-v", "-R"];

impl Scanner {
    /// Reads behind `[[` up to `]]`. A hole in it is one operand, never a list.
    pub(super) fn double_bracket(&mut self) {
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                None => {
                    self.lose();
                    break;
                }
                Some(Unit::Char('\n' | '&' | '|' | '(' | ')' | '<' | '>')) => self.skip(1),
                // In other shells the command ends here.
                Some(Unit::Char(';' | '#')) => {
                    self.lose();
                    self.skip(1);
                }
                Some(_) => {
                    let word = self.word();
                    self.glue_word(&word);
                    if word.reserved() == Some("]]") {
                        break;
                    }
                    words.push(word);
                }
            }
        }
        let arithmetic = words.iter().any(|w| w.literal().is_some_and(|text| ARITHMETIC.contains(&text)));
        if arithmetic {
            for word in words {
                self.refuse(word.holes, HoleRefusal::Arithmetic);
            }
        }
    }
}
