//! The canonical form of a part of a file: of whole items, because what an item looks like depends on nothing outside it
//! but the names of modules.

use super::{FormatError, deep, modules, print, same::same_items};
use crate::Span;
use crate::ast::Item;
use crate::{Parsed, parse};
use std::collections::BTreeSet;

/// Some items that follow each other, with the comments that belong to them, in their canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormattedItems {
    /// The lines they stand on, without empty lines around them and without the last line's end.
    pub span: Span,
    /// What belongs there.
    pub text: String,
}

/// The canonical form of the items that a range touches, also of those that have it already. Items with syntax errors
/// are left out, so that a mistake elsewhere does not matter; where there is one, so are those that begin with white space, for
/// they may be what is inside the broken one. Line ends stay as they are in those lines.
///
/// # Errors
/// When the result would not be the same program.
pub fn format_range(source: &str, range: Span) -> Result<Vec<FormattedItems>, FormatError> {
    deep(|| {
        let Parsed { module, errors } = parse(source);
        let is_broken = !errors.is_empty();
        let names = modules(&module);
        let touched = regions(source, &module.items).into_iter().filter(|region| {
            let is_inside =
                is_broken && module.items[region.items.clone()].iter().any(|item| is_indented(source, item));
            !is_inside && region.span.start < range.end.max(range.start + 1) && range.start < region.span.end
        });
        let mut parts = Vec::new();
        for run in runs(source, &module.items, touched) {
            let span = trimmed(source, run.span);
            let text = &source[span.range()];
            parts.push(FormattedItems { span, text: part(text, &names)? });
        }
        Ok(parts)
    })
}

/// Whether an item does not begin its line.
fn is_indented(source: &str, item: &Item) -> bool {
    let before = source.get(..item.offset as usize).unwrap_or_default();
    !before.is_empty() && !before.ends_with(['\n', '\u{feff}'])
}

/// Items that share no line with others, and the lines from the item before on.
#[derive(Clone, Debug)]
struct Region {
    span: Span,
    items: std::ops::Range<usize>,
}

/// The whole text, cut behind lines in which an item ends.
fn regions(source: &str, items: &[Item]) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    let mut start = 0;
    for (i, item) in items.iter().enumerate() {
        let end = (item.offset + item.len) as usize;
        let end = source[end..].find('\n').map_or(source.len(), |at| end + at + 1);
        let end = if i + 1 == items.len() { source.len() } else { end };
        match regions.last_mut() {
            Some(last) if (item.offset as usize) < start => {
                last.span.end = last.span.end.max(end as u32);
                last.items.end = i + 1;
            }
            _ => regions.push(Region { span: Span::new(start, end), items: i..i + 1 }),
        }
        start = start.max(end);
    }
    regions
}

/// Regions without errors, as few as possible. One that does not read alone as it does in the file is left out.
fn runs(source: &str, items: &[Item], regions: impl Iterator<Item = Region>) -> Vec<Region> {
    let reads = |region: &Region| {
        let Parsed { module: alone, errors } = parse(&source[region.span.range()]);
        errors.is_empty() && same_items(&at_top(&alone.items), &at_top(&items[region.items.clone()]))
    };
    let mut runs: Vec<Region> = Vec::new();
    for region in regions {
        // What stands above it, but for the comments right above, may be what cannot be read.
        let Some(region) = [region.clone(), near(source, items, region)].into_iter().find(reads) else {
            continue;
        };
        match runs.last_mut() {
            Some(last) if last.span.end == region.span.start => {
                last.span.end = region.span.end;
                last.items.end = region.items.end;
            }
            _ => runs.push(region),
        }
    }
    runs
}

/// A region without what an empty line separates from its items.
fn near(source: &str, items: &[Item], region: Region) -> Region {
    let begin = items.get(region.items.start).map_or(region.span.end, |item| item.offset);
    let above = &source[region.span.start as usize..begin as usize];
    let mut start = region.span.start as usize;
    let mut at = start;
    for line in above.split_inclusive('\n') {
        at += line.len();
        if line.trim().is_empty() && line.ends_with('\n') {
            start = at;
        }
    }
    Region { span: Span::new(start, region.span.end as usize), ..region }
}

/// Items without the documentation of the first, which at the top of a file may be the file's.
fn at_top(items: &[Item]) -> Vec<Item> {
    let mut items = items.to_vec();
    if let Some(first) = items.first_mut() {
        first.docs.clear();
    }
    items
}

/// A span of lines without the empty ones around it.
fn trimmed(source: &str, span: Span) -> Span {
    let text = &source[span.range()];
    let first = text.len() - text.trim_start().len();
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    Span::new(span.start as usize + start, span.start as usize + text.trim_end().len())
}

/// Items in their canonical form, with the line ends they had.
fn part(source: &str, names: &BTreeSet<&str>) -> Result<String, FormatError> {
    let text = source.replace("\r\n", "\n");
    let module = parse(&text).module;
    let formatted = print(&text, &module, names.clone());
    let again = parse(&formatted);
    if !again.errors.is_empty() || !super::same_program(&module, &again.module) {
        return Err(FormatError::Changed);
    }
    let formatted = formatted.trim_end();
    Ok(if text.len() == source.len() { formatted.to_owned() } else { formatted.replace('\n', "\r\n") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;

    /// The text with the items of a range in form.
    fn apply(text: &str, range: Span) -> String {
        let mut out = text.to_owned();
        for part in format_range(text, range).unwrap().into_iter().rev() {
            out.replace_range(part.span.range(), &part.text);
        }
        out
    }

    fn at(text: &str, part: &str) -> Span {
        let start = text.find(part).unwrap();
        Span::new(start, start + part.len())
    }

    #[test]
    fn only_what_is_touched_is_formatted() {
        let text = "let a=1\n\n\n## Two.\nlet b=2  # b\n  let c  = 3\n";
        assert_eq!(apply(text, at(text, "b=")), "let a=1\n\n\n## Two.\nlet b = 2 # b\n  let c  = 3\n");
        assert_eq!(apply(text, at(text, "# b\n  let c")), "let a=1\n\n\n## Two.\nlet b = 2 # b\nlet c = 3\n");
        assert_eq!(apply(text, Span::new(0, text.len())), format(text).unwrap());
    }

    #[test]
    fn a_mistake_elsewhere_does_not_matter() {
        let text = "let a=1\nfn broken( -> Int { 1 }\nlet b=2\n";
        assert_eq!(apply(text, Span::new(0, text.len())), "let a = 1\nfn broken( -> Int { 1 }\nlet b = 2\n");
        assert_eq!(apply(text, at(text, "broken")), text);
        assert_eq!(apply("let a = \"\"\"\nlet b=2\n", Span::new(0, 14)), "let a = \"\"\"\nlet b = 2\n");
    }

    #[test]
    fn what_may_be_inside_a_broken_item_is_left_alone() {
        for broken in [
            "fn f( {\n  let a=1\n\n  let b=2\n",
            "fn f() -> Int\n  let a=1\n  let b=2\n",
            "fn f() -> Int:\n  let a=1\n\n  let b=2\n  a+b\n",
            "fn f() -> Int =\n  let a=1\n",
            "fn f() ->\n  let a=1\n  a\n",
            "fn f()\n\n  let a=1\n\n  let b=2\n",
            "pub fn\n  let a=1\n",
            "test \"x\"\n  let a=1\n  expect a==1\n",
            "let x = 1 +\n  let a=1\n",
            "record R:\n  let a=1\n",
            "func f()\n  let a=1\nend\n",
            "enum E\n  record A {b:Int}\n",
            "fn f() -> Int { 1 } }\n  let a=1\n",
            "let a = [1, 2]]\n  let b=1\n",
            ")\n",
        ] {
            let text = format!("{broken}\n# c\nlet c=3\n");
            assert_eq!(apply(&text, Span::new(0, text.len())), text.replace("c=3", "c = 3"), "{broken}");
        }
    }

    #[test]
    fn line_ends_stay() {
        let text = "let a=[1, 2,\r\n3]\r\nlet b=2\r\n";
        assert_eq!(apply(text, Span::new(0, 1)), "let a = [1, 2, 3]\r\nlet b=2\r\n");
        let text = "fn a()->Int{\r\n1 }\r\nlet b=2\n";
        assert_eq!(apply(text, Span::new(0, 1)), "fn a() -> Int {\r\n  1\r\n}\r\nlet b=2\n");
    }

    #[test]
    fn a_module_named_elsewhere_is_known() {
        let chain = "let x = charts.draw(1)\n  .a()\n";
        let long = "let x = charts.draw(\"a text that is long enough to break the chain\").first(\"another text\").second(\"and one more\")\n";
        for text in [format!("use charts\n{chain}"), format!("use charts\n{long}"), long.to_owned()] {
            assert_eq!(apply(&text, at(&text, "draw")), format(&text).unwrap());
        }
    }

    #[test]
    fn what_is_no_item_is_left_alone() {
        for text in ["", "\n\n", "#  only this \n", "???\n"] {
            assert_eq!(apply(text, Span::new(0, text.len())), text);
        }
    }
}
