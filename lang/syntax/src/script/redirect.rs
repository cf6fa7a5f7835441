//! Redirections.

use super::list::Command;
use super::scanner::Scanner;

/// Operators in the order in which they are tried.
const OPERATORS: [&str; 11] = ["<<<", "<<", "<&", "<>", "<", "&>>", "&>", ">>", ">&", ">|", ">"];

impl Scanner {
    /// Takes a redirection with its target.
    pub(super) fn redirect(&mut self, command: &mut Command) {
        let Some(operator) = OPERATORS.into_iter().find(|operator| self.take(operator)) else {
            return self.skip(1);
        };
        if operator == "<<" {
            let heredoc = self.heredoc_start();
            self.pending.push(heredoc);
            return;
        }
        self.blanks();
        let word = self.word();
        // A list would give words to the command, or be refused by the shell.
        self.glue_word(&word);
        // The name of a file is not what is read from it; the text of a here-string or a substitution is.
        if operator == "<<<" || (operator.starts_with('<') && !word.own_hole) {
            command.input.push(word.holes);
        }
    }
}
