//! What is selected when a selection grows.

use pipe_syntax::{Span, parse};

use crate::at::word_at;
use crate::tree::{path_at, whole_item};

/// How many ranges are given: in a chain of thousands of operations each holds those before it.
const MOST: usize = 200;
/// As many of them are the outermost ones: what a selection grows to at last is never left out.
const OUTERMOST: usize = 4;

/// The ranges around a place, each inside the next: the name, expressions, statements, the item, the item with its documentation,
/// the file.
pub fn selections(text: &str, offset: u32) -> Vec<Span> {
    let module = parse(text).module;
    let mut spans: Vec<Span> = word_at(text, offset as usize).into_iter().collect();
    for node in path_at(&module, offset).iter().rev() {
        spans.extend(inside(text, node.span(), offset));
        spans.push(node.span());
    }
    let item = module.items.iter().rfind(|item| item.offset <= offset && offset <= item.offset + item.len);
    if let Some(item) = item {
        spans.push(Span { start: item.offset, end: item.offset + item.len });
        spans.push(whole_item(&module, item));
    }
    spans.push(Span::new(0, text.len()));
    let mut out: Vec<Span> = Vec::new();
    for span in spans {
        let grows =
            out.last().is_none_or(|last| span.start <= last.start && last.end <= span.end && span != *last);
        if grows {
            out.push(span);
        }
    }
    if out.len() > MOST {
        out.drain(MOST - OUTERMOST..out.len() - OUTERMOST);
    }
    out
}

/// What stands between the brackets or quotes of a node.
fn inside(text: &str, span: Span, offset: u32) -> Option<Span> {
    let written = text.get(span.range())?;
    let open = written.find(['"', '[', '{', '('])?;
    let quotes = if written[open..].starts_with("\"\"\"") { 3 } else { 1 };
    let closes = written.ends_with(['"', ']', '}', ')']);
    let starts = written.starts_with(['"', '[', '{', '(', 's', 'b'])
        && (open == 0 || written[open..].starts_with('"'));
    let inner = Span::new(span.start as usize + open + quotes, (span.end as usize).checked_sub(quotes)?);
    (closes && starts && inner.start <= offset && offset <= inner.end).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_from_the_name_to_the_file() {
        let marked = "## Docs.\nfn f() -> Container {\n  let a = 1\n  image(\"al$0pine:3\").run([\"x\"])\n}\n\nlet n: Int = 1\n";
        let offset = marked.find("$0").unwrap();
        let text = marked.replace("$0", "");
        let found: Vec<&str> =
            selections(&text, offset as u32).iter().map(|span| &text[span.range()]).collect();
        assert_eq!(
            found,
            [
                "alpine",
                "alpine:3",
                "\"alpine:3\"",
                "image(\"alpine:3\")",
                "image(\"alpine:3\").run",
                "image(\"alpine:3\").run([\"x\"])",
                "\n  let a = 1\n  image(\"alpine:3\").run([\"x\"])\n",
                "{\n  let a = 1\n  image(\"alpine:3\").run([\"x\"])\n}",
                "fn f() -> Container {\n  let a = 1\n  image(\"alpine:3\").run([\"x\"])\n}",
                "## Docs.\nfn f() -> Container {\n  let a = 1\n  image(\"alpine:3\").run([\"x\"])\n}",
                text.as_str(),
            ]
        );
    }

    #[test]
    fn a_long_chain_still_grows_to_its_item_and_the_file() {
        let text = format!("fn f() -> Int {{ 1{} }}\n\n# Behind it.\nlet n: Int = 1\n", " + 1".repeat(1_000));
        let found = selections(&text, text.find("1 +").unwrap() as u32);
        assert_eq!(found.len(), MOST);
        let item = Span { start: 0, end: text.find("\n\n").unwrap() as u32 };
        assert_eq!(found[MOST - 2..], [item, Span::new(0, text.len())]);
    }

    #[test]
    fn each_holds_the_one_before() {
        let text = include_str!("../../syntax/tests/programs/tour.pipe");
        for offset in 0..=text.len() {
            let found = selections(text, offset as u32);
            for pair in found.windows(2) {
                assert!(pair[1].start <= pair[0].start && pair[0].end <= pair[1].end);
            }
            assert_eq!(found.last(), Some(&Span::new(0, text.len())));
        }
    }
}
