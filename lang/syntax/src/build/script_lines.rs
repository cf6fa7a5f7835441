//! The lines of a script as the formatter moves them.

use super::cook::{first_line_end, indentation, skip_indentation, text_line_end};
use crate::lexer::quoted::Quote;

/// The text between the quotes of a `sh"""…"""` literal, cut into lines without their common indentation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ScriptLines<'t> {
    /// What stands on the line of the opening quotes; empty when the text begins on the next line.
    pub(crate) first: &'t str,
    /// The lines behind it. One that has no text is empty. A hole that goes over several lines is part of one line.
    pub(crate) lines: Vec<&'t str>,
    /// The closing quotes stand on a line of their own.
    pub(crate) closed: bool,
}

impl<'t> ScriptLines<'t> {
    /// Cuts a text as [`super::cook::cook`] reads it.
    pub(crate) fn of(body: &'t str) -> ScriptLines<'t> {
        let quote = Quote { triple: true, script: true };
        let start = first_line_end(body).unwrap_or(0);
        let common = indentation(body, start, quote);
        let (mut torn, mut at) = (false, start);
        let mut out = ScriptLines { first: "", lines: Vec::new(), closed: start > 0 };
        if start == 0 {
            at = text_line_end(body, 0, quote, &mut torn);
            out.first = body[..at].trim_end_matches('\n');
        }
        while at < body.len() {
            let end = text_line_end(body, at, quote, &mut torn);
            let line = &body[at..end];
            out.closed = !line.ends_with('\n') && line.trim().is_empty();
            if !out.closed {
                let from = skip_indentation(body, at, end, common);
                out.lines.push(body[from..end].trim_end_matches('\n'));
            }
            at = end;
        }
        out.closed |= body.ends_with('\n');
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_what_they_share() {
        let lines = ScriptLines::of("\n    a\n\n      b ${{\n x }}\n  \n  ");
        assert_eq!(
            lines,
            ScriptLines { first: "", lines: vec!["a", "", "  b ${{\n x }}", ""], closed: true }
        );
    }

    #[test]
    fn text_may_stand_beside_the_quotes() {
        let lines = ScriptLines::of("a\n  b\n\tc");
        assert_eq!(lines, ScriptLines { first: "a", lines: vec!["  b", "\tc"], closed: false });
    }
}
