//! What can be folded away.

use pipe_syntax::ast::{ExprKind, ItemKind, Module, TriviaKind};
use pipe_syntax::{Span, parse};

use crate::tree::{Node, for_each_node};

/// A range of lines that can be folded away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// From the first line, which stays, to the last.
    pub span: Span,
    /// What it is.
    pub kind: FoldKind,
}

/// Kinds of [`Fold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldKind {
    /// Code in brackets.
    Code,
    /// Comments that follow each other.
    Comment,
    /// `use` items that follow each other.
    Imports,
}

/// What can be folded away, in the order of the text.
pub fn folds(text: &str) -> Vec<Fold> {
    let module = parse(text).module;
    let mut found = code(&module);
    found.extend(comments(text, &module));
    found.extend(imports(&module));
    found.retain(|fold| text.get(fold.span.range()).is_some_and(|part| part.contains('\n')));
    found.sort_by_key(|fold| (fold.span.start, std::cmp::Reverse(fold.span.end)));
    found.dedup();
    found
}

fn code(module: &Module) -> Vec<Fold> {
    let mut spans = Vec::new();
    for item in &module.items {
        if matches!(*item.kind, ItemKind::Record(_) | ItemKind::Enum(_)) {
            spans.push(Span { start: item.offset, end: item.offset + item.len });
        }
        for_each_node(item, &mut |node| match node {
            Node::Block(_, span) | Node::String(_, span) | Node::Script(_, span) => spans.push(span),
            Node::Expr(e, span) => match &e.kind {
                ExprKind::Call { callee, .. } => {
                    let start = callee.span.end + item.offset;
                    spans.push(Span { start, end: span.end });
                }
                ExprKind::List { .. }
                | ExprKind::Map { .. }
                | ExprKind::Comprehension { .. }
                | ExprKind::Match { .. } => spans.push(span),
                _ => {}
            },
        });
    }
    spans.into_iter().map(|span| Fold { span, kind: FoldKind::Code }).collect()
}

fn comments(text: &str, module: &Module) -> Vec<Fold> {
    let mut found: Vec<Fold> = Vec::new();
    for trivia in &module.trivia {
        let own_line = match &trivia.kind {
            TriviaKind::Doc(_) => true,
            TriviaKind::Comment { own_line, .. } => *own_line,
            TriviaKind::Blank => false,
        };
        if !own_line {
            continue;
        }
        let next_line = |end: u32| {
            let between = text.get(end as usize..trivia.span.start as usize).unwrap_or_default();
            between.matches('\n').count() == 1 && between.trim().is_empty()
        };
        match found.last_mut() {
            Some(fold) if next_line(fold.span.end) => fold.span.end = trivia.span.end,
            _ => found.push(Fold { span: trivia.span, kind: FoldKind::Comment }),
        }
    }
    found
}

fn imports(module: &Module) -> Vec<Fold> {
    let mut found: Vec<Fold> = Vec::new();
    let mut follows = false;
    for item in &module.items {
        let is_use = matches!(*item.kind, ItemKind::Use(_));
        let span = Span { start: item.offset, end: item.offset + item.len };
        match found.last_mut() {
            Some(fold) if is_use && follows => fold.span.end = span.end,
            _ if is_use => found.push(Fold { span, kind: FoldKind::Imports }),
            _ => {}
        }
        follows = is_use;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that are folded, from 1, with their kind.
    #[track_caller]
    fn check(text: &str, wanted: &[(usize, usize, FoldKind)]) {
        let line = |at: u32| text[..at as usize].matches('\n').count() + 1;
        let found: Vec<_> =
            folds(text).iter().map(|f| (line(f.span.start), line(f.span.end), f.kind)).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn code_comments_and_imports() {
        check(
            "\
## About
## this file.

use \"./a.pipe\" as a
use \"./b.pipe\" as b

record R {
  x: Int
}

fn f() -> Container {
  image(\"a\")
    .run([
      \"true\",
    ])
    .run(sh\"\"\"
      true
    \"\"\")
}
",
            &[
                (1, 2, FoldKind::Comment),
                (4, 5, FoldKind::Imports),
                (7, 9, FoldKind::Code),
                (11, 19, FoldKind::Code),
                (13, 15, FoldKind::Code),
                (13, 15, FoldKind::Code),
                (16, 18, FoldKind::Code),
                (16, 18, FoldKind::Code),
            ],
        );
    }

    #[test]
    fn what_is_on_one_line_stays() {
        check("# one\nfn f() -> Int { 1 }\n", &[]);
    }
}
