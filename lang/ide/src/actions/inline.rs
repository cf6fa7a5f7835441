//! A local becomes a part of what uses it.

use pipe_analysis::inspect::DeclarationKind as Kind;
use pipe_syntax::Span;
use pipe_syntax::ast::{BinderKind, Block, Expr, ExprKind, StatementKind};

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::{Node, for_each_node};

/// Writes the value of a `let` wherever its name is used.
pub(super) fn local(site: &Site<'_>) -> Option<Action> {
    let here = site
        .inspection
        .uses
        .iter()
        .find(|u| u.span.start <= site.range.start && site.range.end <= u.span.end)?;
    let declaration = here.meaning.declaration();
    let place = declaration.place.as_ref().filter(|_| declaration.kind == Kind::Local)?;
    let (statement, value) = binding(site, place.start)?;
    if !is_pure(site, site.at(value.span)) {
        return None;
    }
    let text = site.text_of(site.at(value.span));
    let text = if stands_alone(value) { text.to_owned() } else { format!("({text})") };
    let uses = site
        .inspection
        .uses
        .iter()
        .filter(|u| u.meaning.declaration().place.as_ref() == Some(place) && u.span.start != place.start);
    let mut edits: Vec<_> = uses.map(|u| site.edit(u.span, text.clone())).collect();
    edits.dedup();
    if edits.is_empty() {
        return None;
    }
    edits.push(site.edit(line_of(site.text, statement), ""));
    site.action(
        ActionKind::Inline,
        format!("write the value of `{}` where it is used", declaration.name),
        edits,
    )
}

/// The `let` that binds the name at a place, with its value.
fn binding<'a>(site: &Site<'a>, start: u32) -> Option<(Span, &'a Expr)> {
    let mut found = None;
    for_each_node(site.item, &mut |node| {
        let Node::Block(Block { statements, .. }, _) = node else { return };
        for statement in statements {
            if let StatementKind::Let { binder, ty: None, value } = &statement.kind
                && let BinderKind::Name(name) = &binder.kind
                && site.at(name.span).start == start
            {
                found = Some((site.at(statement.span), value));
            }
        }
    });
    found
}

/// Whether a value means the same wherever it stands, and however often.
fn is_pure(site: &Site<'_>, span: Span) -> bool {
    let mut pure = true;
    for_each_node(site.item, &mut |node| {
        let inside = span.start <= node.span().start && node.span().end <= span.end;
        pure &= !(inside && matches!(node, Node::Expr(Expr { kind: ExprKind::Do { .. }, .. }, _)));
    });
    pure
}

/// A value that needs no brackets around it.
fn stands_alone(e: &Expr) -> bool {
    !matches!(
        e.kind,
        ExprKind::Binary { .. }
            | ExprKind::Unary { .. }
            | ExprKind::Lambda { .. }
            | ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::Do { .. }
    )
}

/// A statement with the rest of its line, if nothing else stands there.
fn line_of(text: &str, span: Span) -> Span {
    let before = text.get(..span.start as usize).unwrap_or_default();
    let start = before.trim_end_matches([' ', '\t']).len();
    let behind = text.get(span.end as usize..).unwrap_or_default();
    let end = behind.find(|c: char| !c.is_whitespace()).unwrap_or(behind.len());
    match behind.get(..end).is_some_and(|gap| gap.contains('\n'))
        && before.get(..start).is_some_and(|b| b.ends_with('\n'))
    {
        true => Span::new(start, span.end as usize + behind.find('\n').map_or(0, |at| at + 1)),
        false => Span::new(span.start as usize, span.end as usize + end),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    #[test]
    fn a_value_is_written_where_it_is_used() {
        check(
            "fn f(n: Int) -> Int {\n  let x$0 = n + 1\n  let y = 2\n  x * y\n}\n",
            "write the value of `x` where it is used",
            "fn f(n: Int) -> Int {\n  let y = 2\n  (n + 1) * y\n}\n",
        );
        check(
            "fn f() -> Container {\n  let c = image(\"alpine:3\")\n  $0c.run([\"true\"])\n}\n",
            "write the value of `c` where it is used",
            "fn f() -> Container {\n  image(\"alpine:3\").run([\"true\"])\n}\n",
        );
        refused(
            "action f() {\n  let x$0 = do approval(\"a\")\n  do notify(\"${x}\")\n}\n",
            "write the value of `x` where it is used",
        );
    }
}
