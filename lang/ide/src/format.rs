//! The canonical form of a file, as edits that leave the rest of it alone.

use pipe_syntax::{FormatError, FormattedItems, Span};
use similar::{Algorithm, DiffTag, TextDiff};

/// Replace a range of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// The edits that bring a text into its canonical form, in its order, a run of lines each. In a text with syntax errors each item
/// without any gets its own, and the others stay byte for byte.
///
/// # Errors
/// When the text would not be the same program.
pub fn format(text: &str) -> Result<Vec<TextEdit>, FormatError> {
    match pipe_syntax::format(text) {
        Ok(formatted) => Ok(edits(text, &formatted, 0)),
        Err(FormatError::Syntax(_)) => {
            let parts = pipe_syntax::format_range(text, Span::new(0, text.len()))?;
            let edits =
                parts.iter().flat_map(|part| edits(&text[part.span.range()], &part.text, part.span.start));
            Ok(edits.collect())
        }
        Err(error) => Err(error),
    }
}

/// The edits that bring the lines of a range into the form that they have in their items' canonical form, if these lines can
/// have it while the others stay; else those of the whole items. Items with syntax errors are left alone.
///
/// # Errors
/// When an item would not be the same.
pub fn format_range(text: &str, range: Span) -> Result<Vec<TextEdit>, FormatError> {
    let lines = lines_of(text, range);
    let mut found = Vec::new();
    for part in pipe_syntax::format_range(text, range)? {
        let all = edits(&text[part.span.range()], &part.text, part.span.start);
        let all: Vec<TextEdit> = all.into_iter().flat_map(|edit| by_line(text, edit)).collect();
        let touches = |edit: &TextEdit| {
            edit.span.start < lines.end && lines.start < edit.span.end.max(edit.span.start + 1)
        };
        let chosen: Vec<TextEdit> = all.iter().filter(|edit| touches(edit)).cloned().collect();
        let enough = chosen.len() == all.len() || comes_to(text, &part, &chosen);
        found.extend(if enough { chosen } else { all });
    }
    Ok(found)
}

/// An edit of as many lines as it gives, as one of each line that differs.
fn by_line(text: &str, edit: TextEdit) -> Vec<TextEdit> {
    let old = &text[edit.span.range()];
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (lines(old), lines(&edit.text));
    if before.len() != after.len() {
        return vec![edit];
    }
    let starts = starts(old.split_inclusive('\n'));
    let pairs = starts.into_iter().zip(before).zip(after).filter(|((_, old), new)| old != new);
    let edits = pairs.map(|((start, old), text)| {
        let start = edit.span.start as usize + start;
        TextEdit { span: Span::new(start, start + old.len()), text }
    });
    edits.collect()
}

/// The whole lines of a range; a line of which it has nothing but the begin is none of them.
fn lines_of(text: &str, range: Span) -> Span {
    let start = text[..range.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let last = range.end.max(range.start + 1) as usize - 1;
    let end = text.get(last..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| last + at + 1);
    Span::new(start, end)
}

/// The text with edits that stand in its order.
fn apply(text: &str, edits: &[TextEdit]) -> String {
    let mut edited = text.to_owned();
    for edit in edits.iter().rev() {
        edited.replace_range(edit.span.range(), &edit.text);
    }
    edited
}

/// Whether items that got some of their edits still have the same canonical form.
fn comes_to(text: &str, part: &FormattedItems, edits: &[TextEdit]) -> bool {
    let edited = apply(text, edits);
    let end = part.span.end as usize + edited.len() - text.len();
    let again = pipe_syntax::format_range(&edited, Span::new(part.span.start as usize, end));
    again.is_ok_and(|again| matches!(again.as_slice(), [only] if only.text == part.text))
}

/// What differs between two texts, a run of lines each.
pub(crate) fn line_edits(text: &str, new: &str) -> Vec<TextEdit> {
    edits(text, new, 0)
}

/// What differs between two texts, a run of lines each; the old one begins at an offset.
fn edits(text: &str, formatted: &str, offset: u32) -> Vec<TextEdit> {
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).diff_lines(text, formatted);
    let old: Vec<usize> = starts(text.split_inclusive('\n'));
    let new: Vec<usize> = starts(formatted.split_inclusive('\n'));
    let at = |starts: &[usize], line: usize, end: usize| starts.get(line).copied().unwrap_or(end);
    let changes = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    let edits = changes.map(|op| {
        let (from, to) = (op.old_range(), op.new_range());
        let span = Span::new(at(&old, from.start, text.len()), at(&old, from.end, text.len()));
        let range = at(&new, to.start, formatted.len())..at(&new, to.end, formatted.len());
        TextEdit { span: span.at(offset), text: formatted.get(range).unwrap_or_default().to_owned() }
    });
    edits.collect()
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

    const PROGRAMS: [&str; 3] = [
        include_str!("../../syntax/tests/programs/tour.pipe"),
        include_str!("../../syntax/tests/programs/go_service.pipe"),
        include_str!("../../syntax/tests/programs/node_app.pipe"),
    ];

    #[test]
    fn only_what_differs_is_replaced() {
        let text = "fn a() -> Int { 1 }\n\nfn b()->Int {2}\n\nfn c() -> Int { 3 }\n";
        let edits = format(text).unwrap();
        assert_eq!(edits, [TextEdit { span: Span::new(21, 37), text: "fn b() -> Int { 2 }\n".into() }]);
    }

    #[test]
    fn what_is_broken_is_left_alone() {
        for broken in [
            "fn f( {",
            "fn f( {\n  let  x=1\n  x}",
            "let a  = [1,\n\n  2",
            "  )  )",
            "fn g() -> Int { 1 +  }",
        ] {
            assert_eq!(format(broken), Ok(Vec::new()), "{broken}");
            let text = format!("let a=1\n\n\n\n{broken}\n\n\n\nfn b( )->Int {{2}}  # b\nlet c  = 3");
            let edited = apply(&text, &format(&text).unwrap());
            assert_eq!(
                edited,
                format!("let a = 1\n\n\n\n{broken}\n\n\n\nfn b() -> Int {{ 2 }} # b\nlet c = 3")
            );
        }
    }

    /// Whatever is taken out of a program: what the parser finds wrong stays what it was, the rest of the items get their form, and
    /// doing it again changes nothing.
    #[test]
    fn the_intact_items_of_a_broken_text_have_their_form() {
        let mut broken = 0;
        for neat in PROGRAMS {
            let messy = neat.replace(" = ", "=").replace(") -> ", ")->").replace(" {\n", "  {\n\n");
            for at in
                messy.match_indices(['(', ')', '{', '}', '[', ']', '"', '=']).map(|(at, _)| at).step_by(11)
            {
                let text = format!("{}{}", &messy[..at], &messy[at + 1..]);
                let before = pipe_syntax::parse(&text);
                if before.errors.is_empty() {
                    continue;
                }
                broken += 1;
                let edited = apply(&text, &format(&text).unwrap());
                assert_eq!(format(&edited), Ok(Vec::new()), "again:\n{edited}");
                let after = pipe_syntax::parse(&edited);
                let said = |parsed: &pipe_syntax::Parsed| -> Vec<String> {
                    parsed.errors.iter().map(|error| error.message.clone()).collect()
                };
                assert_eq!(said(&before), said(&after), "{edited}");
                // The items with errors, by their texts.
                let wrong = |parsed: &pipe_syntax::Parsed, text: &str| -> Vec<String> {
                    let items = parsed
                        .module
                        .items
                        .iter()
                        .map(|item| Span::new(0, item.len as usize).at(item.offset));
                    let is_wrong = |item: &Span| {
                        parsed.errors.iter().any(|error| {
                            item.start <= error.primary.place.start && error.primary.place.start < item.end
                        })
                    };
                    items.filter(is_wrong).map(|item| text[item.range()].to_owned()).collect()
                };
                assert_eq!(wrong(&before, &text), wrong(&after, &edited), "{text}");
                // The others are those of the canonical form, but for the one that was changed and its neighbour. A quote may take any
                // number of them along.
                let whole = pipe_syntax::format(neat).unwrap();
                let lost = whole.split("\n\n").filter(|part| !edited.contains(part)).count();
                assert!(lost <= 3 || messy[at..].starts_with('"'), "{lost} of\n{edited}");
            }
        }
        assert!(broken > 30, "{broken}");
    }

    fn in_range(text: &str, part: &str) -> String {
        let start = text.find(part).unwrap();
        apply(text, &format_range(text, Span::new(start, start + part.len())).unwrap())
    }

    #[test]
    fn lines_of_a_block_are_formatted_alone() {
        let text = "fn f() -> Int {\n  let a=1\n  let b=2\n  let c=3\n  a+b+c\n}\n\nlet d=4\n";
        let one = text.replace("b=2", "b = 2");
        assert_eq!(in_range(text, "let b=2"), one);
        // The next line is only begun.
        assert_eq!(in_range(text, "  let b=2\n"), one);
        assert_eq!(in_range(text, "b=2\n  let c"), one.replace("c=3", "c = 3"));
        assert_eq!(in_range(text, "d=4"), text.replace("d=4", "d = 4"));
    }

    #[test]
    fn lines_that_cannot_be_formatted_alone_take_their_item_along() {
        let text = "fn f() -> Int { g(1,\n  2) }\nlet d=4\n";
        assert_eq!(in_range(text, "2)"), "fn f() -> Int {\n  g(\n    1,\n    2,\n  )\n}\nlet d=4\n");
    }

    #[test]
    fn broken_items_are_left_alone() {
        let text = "let a=1\nfn f( -> Int { 1 }\nlet b=2\n";
        let edits = format_range(text, Span::new(0, text.len())).unwrap();
        assert_eq!(apply(text, &edits), "let a = 1\nfn f( -> Int { 1 }\nlet b = 2\n");
    }

    /// Whatever range: the canonical form of the whole is what it was, and only lines of items that it touches change.
    #[test]
    fn a_formatted_range_is_a_step_on_the_way() {
        let mut partial = 0;
        for neat in PROGRAMS {
            let text = neat.replace(" = ", "=").replace(", ", " ,  ").replace(" {\n", "  {\n\n");
            let whole = pipe_syntax::format(&text).unwrap();
            assert_ne!(text, whole);
            let starts = starts(text.split_inclusive('\n'));
            for (i, &start) in starts.iter().enumerate() {
                let end = starts.get(i + 1 + i % 7).copied().unwrap_or(text.len());
                let range = Span::new(start, end);
                let edits = format_range(&text, range).unwrap();
                let edited = apply(&text, &edits);
                assert_eq!(pipe_syntax::format(&edited).as_ref(), Ok(&whole), "{range:?}\n{edited}");
                let items = pipe_syntax::format_range(&text, range).unwrap();
                let inside = |edit: &TextEdit| {
                    items.iter().any(|i| i.span.start <= edit.span.start && edit.span.end <= i.span.end)
                };
                assert!(edits.iter().all(inside), "{range:?}");
                partial += usize::from(items.iter().any(|item| !edited.contains(&item.text)));
            }
        }
        assert!(partial > 50, "{partial} ranges changed less than their items");
    }

    proptest! {
        #[test]
        fn the_edits_make_the_canonical_form(
            lines in prop::collection::vec("(fn a() -> Int \\{ 1 \\}|let  x=1|# c|  # d|\r|)\n", 0..12),
            tail in "(let y = 2)?",
        ) {
            let text = lines.concat() + &tail;
            let edited = apply(&text, &format(&text).unwrap());
            if let Ok(formatted) = pipe_syntax::format(&text) {
                prop_assert_eq!(&edited, &formatted);
            }
            prop_assert_eq!(format(&edited), Ok(Vec::new()));
        }
    }
}
