//! What is put right while one types.

use pipe_syntax::Span;

use crate::format::{TextEdit, format_range};

/// The edits that bring what has just been ended by a `}` or a new line into its canonical form: the lines of the item before the
/// place. Lines that do not end before it, and items with syntax errors, are left alone.
pub fn format_on_type(text: &str, offset: u32, typed: char) -> Vec<TextEdit> {
    let Some(before) = text.get(..offset as usize) else { return Vec::new() };
    let end = match typed {
        '\n' => before.trim_end().len(),
        _ => before.len(),
    };
    let start = before.get(..end).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    if start >= end {
        return Vec::new();
    }
    let edits = format_range(text, Span::new(start, end)).unwrap_or_default();
    let here = |edit: &TextEdit| edit.span.start as usize <= end && start <= edit.span.end as usize;
    // The line that is being written stays as it is, and so does its indent.
    let behind = |edit: &TextEdit| typed != '\n' || edit.span.end <= offset.saturating_sub(indent(before));
    match edits.iter().all(behind) && edits.iter().any(here) {
        true => edits,
        false => Vec::new(),
    }
}

/// The white space that the last line begins with, in bytes.
fn indent(before: &str) -> u32 {
    before.rsplit('\n').next().map_or(0, |line| line.len() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(marked: &str, typed: char, wanted: &str) {
        let offset = marked.find("$0").unwrap();
        let mut text = marked.replace("$0", "");
        for edit in format_on_type(&text, offset as u32, typed).iter().rev() {
            text.replace_range(edit.span.range(), &edit.text);
        }
        assert_eq!(text, wanted);
    }

    #[test]
    fn what_is_ended_is_put_right() {
        check("fn f( )->Int {1}$0\n", '}', "fn f() -> Int { 1 }\n");
        check("let a=1\n$0\nlet b=2\n", '\n', "let a = 1\n\nlet b=2\n");
        check(
            "fn f() -> Int {\n  let a=1\n  $0\n  a\n}\n",
            '\n',
            "fn f() -> Int {\n  let a = 1\n  \n  a\n}\n",
        );
    }

    #[test]
    fn broken_text_stays() {
        check("fn f( ->Int {1}$0\n", '}', "fn f( ->Int {1}\n");
        check("\n$0", '\n', "\n");
        check("$0", '}', "");
    }
}
