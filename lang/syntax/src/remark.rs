//! Comments that speak to a tool, with the code that they are about.

use crate::Span;
use crate::ast::TriviaKind;
use crate::lexer;
use crate::token::{Token, TokenKind};

/// A comment that begins with a marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What follows the marker.
    pub text: String,
    /// Where that stands.
    pub text_span: Span,
    /// The whole comment.
    pub comment: Span,
    /// The comment stands alone in its line.
    pub own_line: bool,
    /// The code that it is about: what begins in the same line, or in the next one with code when the comment stands alone, up to
    /// where every bracket is closed that is opened there, and with the lines that only go on what these began. Empty at the
    /// end of a file.
    pub about: Span,
}

/// The comments of a file that begin with `marker`, as in `# marker text`. All places are absolute.
pub fn remarks(text: &str, marker: &str) -> Vec<Remark> {
    // Most files have none, and need not be read again.
    if !text.contains(marker) || text.len() > crate::MAX_FILE_BYTES {
        return Vec::new();
    }
    let lexed = lexer::lex(text, 0..text.len());
    let mut found = Vec::new();
    for trivia in &lexed.trivia {
        let TriviaKind::Comment { text: comment, own_line } = &trivia.kind else { continue };
        let Some(rest) = comment.trim_start().strip_prefix(marker) else { continue };
        let start = trivia.span.end - rest.len() as u32;
        found.push(Remark {
            text: rest.to_owned(),
            text_span: Span { start, end: trivia.span.end },
            comment: trivia.span,
            own_line: *own_line,
            about: about(&lexed.tokens, trivia.span, *own_line),
        });
    }
    found
}

fn about(tokens: &[Token], comment: Span, own_line: bool) -> Span {
    let behind = tokens.partition_point(|token| token.start < comment.start);
    let first = if own_line {
        behind + tokens[behind..].iter().take_while(|token| token.kind == TokenKind::Newline).count()
    } else {
        tokens[..behind].iter().rposition(|token| token.kind == TokenKind::Newline).map_or(0, |at| at + 1)
    };
    let Some(begin) = tokens.get(first) else { return Span { start: comment.end, end: comment.end } };
    // A link of a chain speaks for itself only.
    let link = begin.kind.continues_line();
    let (mut depth, mut begun) = (0_usize, false);
    let mut end = begin.end;
    for (at, token) in tokens.iter().enumerate().skip(first) {
        match token.kind {
            TokenKind::LeftParen | TokenKind::LeftSquare | TokenKind::LeftBrace => depth += 1,
            // A bracket that was opened before: what the line began is over, unless the line begins with it.
            TokenKind::RightParen | TokenKind::RightSquare | TokenKind::RightBrace if depth == 0 => {
                if begun {
                    break;
                }
                end = token.end;
                continue;
            }
            TokenKind::RightParen | TokenKind::RightSquare | TokenKind::RightBrace => depth -= 1,
            TokenKind::Newline if depth == 0 => {
                let next = tokens[at..].iter().find(|token| token.kind != TokenKind::Newline);
                if link || !next.is_some_and(|next| next.kind.continues_line()) {
                    break;
                }
                continue;
            }
            TokenKind::Newline => continue,
            _ => {}
        }
        (begun, end) = (true, token.end);
    }
    Span { start: begin.start, end }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code that the first remark is about.
    fn about(text: &str) -> (&str, String) {
        let first = remarks(text, "pipe:").swap_remove(0);
        let Span { start, end } = first.about;
        (&text[start as usize..end as usize], first.text.trim().to_owned())
    }

    #[test]
    fn a_remark_alone_is_about_what_the_next_line_begins() {
        let text = "# pipe: one\n\nfn f() -> Int {\n  1\n}\nfn g() -> Int { 2 }\n";
        assert_eq!(about(text), ("fn f() -> Int {\n  1\n}", "one".to_owned()));
        let text = "fn f() {\n  # pipe: x\n  let a = b\n    .c(\n      1,\n    )\n  a\n}\n";
        assert_eq!(about(text).0, "let a = b\n    .c(\n      1,\n    )");
    }

    #[test]
    fn a_link_of_a_chain_speaks_for_itself() {
        let text = "fn f() {\n  a\n    # pipe: x\n    .b(sh\"\"\"\n      x\n    \"\"\")\n    .c()\n}\n";
        assert_eq!(about(text).0, ".b(sh\"\"\"\n      x\n    \"\"\")");
    }

    #[test]
    fn a_remark_behind_code_is_about_its_line() {
        assert_eq!(about("let a = 1 # pipe: x\nlet b = 2\n").0, "let a = 1");
        assert_eq!(about("f([\n  1, # pipe: x\n  2,\n])\n").0, "1,");
        assert_eq!(about("f([\n  1\n]).g(2) # pipe: x\n").0, "]).g(2)");
    }

    #[test]
    fn text_in_strings_and_the_end_of_a_file() {
        assert_eq!(remarks("let a = \"# pipe: x\"\n", "pipe:"), []);
        assert_eq!(remarks("## pipe: x\nlet a = 1\n", "pipe:"), []);
        assert_eq!(about("let a = 1\n# pipe: x\n").0, "");
    }
}
