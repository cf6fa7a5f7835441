//! The canonical form of a file, as edits that leave the rest of it alone.

use pipe_syntax::{FormatError, Span};
use similar::{Algorithm, DiffTag, TextDiff};

/// Replace a range of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// The edits that bring a text into its canonical form, in its order, a run of lines each.
///
/// # Errors
/// When the text has syntax errors: then it is left alone.
pub fn format(text: &str) -> Result<Vec<TextEdit>, FormatError> {
    let formatted = pipe_syntax::format(text)?;
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).diff_lines(text, formatted.as_str());
    let old: Vec<usize> = starts(text.split_inclusive('\n'));
    let new: Vec<usize> = starts(formatted.split_inclusive('\n'));
    let at = |starts: &[usize], line: usize, end: usize| starts.get(line).copied().unwrap_or(end);
    let changes = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    let edits = changes.map(|op| {
        let (from, to) = (op.old_range(), op.new_range());
        let span = Span::new(at(&old, from.start, text.len()), at(&old, from.end, text.len()));
        let range = at(&new, to.start, formatted.len())..at(&new, to.end, formatted.len());
        TextEdit { span, text: formatted.get(range).unwrap_or_default().to_owned() }
    });
    Ok(edits.collect())
}

/// Where each line begins.
fn starts<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<usize> {
    let mut at = 0;
    let starts = lines.map(|line| {
        at += line.len();
        at - line.len()
    });
    starts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apply(text: &str, edits: &[TextEdit]) -> String {
        let mut out = text.to_owned();
        for edit in edits.iter().rev() {
            out.replace_range(edit.span.range(), &edit.text);
        }
        out
    }

    #[test]
    fn only_what_differs_is_replaced() {
        let text = "fn a() -> Int { 1 }\n\nfn b()->Int {2}\n\nfn c() -> Int { 3 }\n";
        let edits = format(text).unwrap();
        assert_eq!(edits, [TextEdit { span: Span::new(21, 37), text: "fn b() -> Int { 2 }\n".into() }]);
    }

    #[test]
    fn broken_text_is_left_alone() {
        assert!(matches!(format("fn f( {"), Err(FormatError::Syntax(_))));
    }

    proptest! {
        #[test]
        fn the_edits_make_the_canonical_form(
            lines in prop::collection::vec("(fn a() -> Int \\{ 1 \\}|let  x=1|# c|  # d|\r|)\n", 0..12),
            tail in "(let y = 2)?",
        ) {
            let text = lines.concat() + &tail;
            if let Ok(edits) = format(&text) {
                prop_assert_eq!(apply(&text, &edits), pipe_syntax::format(&text).unwrap());
            }
        }
    }
}
