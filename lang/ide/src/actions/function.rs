//! The header of an item.

use pipe_analysis::inspect::DeclarationKind as Kind;
use pipe_analysis::typed::Type;
use pipe_syntax::Span;
use pipe_syntax::ast::{BinderKind, Block, Expr, ExprKind, Function, ItemKind, StatementKind, TypeKind};

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::{Node, for_each_node};

fn function<'a>(site: &Site<'a>) -> Option<&'a Function> {
    match &*site.item.kind {
        ItemKind::Function(function) if site.in_header(function.body.span) => Some(function),
        _ => None,
    }
}

/// The expression that gives a block's value.
fn value(block: &Block) -> Option<&Expr> {
    match &block.statements.last()?.kind {
        StatementKind::Expr(e) => Some(e),
        _ => None,
    }
}

/// The type of the result is not written.
fn is_missing(function: &Function) -> bool {
    function.ret.as_ref().is_none_or(|ret| matches!(ret.kind, TypeKind::Error))
}

/// Writes what a function gives.
pub(super) fn add_result(site: &Site<'_>) -> Option<Action> {
    let function = function(site).filter(|function| is_missing(function))?;
    let value = value(&function.body)?;
    let ty = alone(site, site.at(value.span))?;
    if function.action && matches!(value.kind, ExprKind::Do { .. }) {
        return None;
    }
    let head = site.text_of(Span { start: site.item.offset, end: site.at(function.body.span).start });
    let end = site.item.offset + head.trim_end().len() as u32;
    let title = format!("write the result's type: `{ty}`");
    site.action(ActionKind::Complete, title, vec![site.insert(end, format!(" -> {ty}"))])
}

/// The type that an expression has by itself, as it is written: as if a local were bound to it.
fn alone(site: &Site<'_>, span: Span) -> Option<String> {
    const BINDS: &str = "let the_value_of_it = ";
    let (before, behind) = (site.text.get(..span.start as usize)?, site.text.get(span.start as usize..)?);
    let draft = site.snapshot.draft(site.file, format!("{before}{BINDS}{behind}"));
    let inspection = site.snapshot.inspect_edited(site.file, &draft, span.start)?;
    let there = span.at(BINDS.len() as u32);
    site.written(&inspection.types.iter().find(|(known, _)| *known == there)?.1)
}

/// Writes the type of a local.
pub(super) fn add_type(site: &Site<'_>) -> Option<Action> {
    let mut found = None;
    for_each_node(site.item, &mut |node| {
        let Node::Block(Block { statements, .. }, _) = node else { return };
        for statement in statements {
            if let StatementKind::Let { binder, ty: None, .. } = &statement.kind
                && let BinderKind::Name(name) = &binder.kind
                && site.at(statement.span).start <= site.range.start
                && site.range.end <= site.at(name.span).end
            {
                found = Some(site.at(name.span));
            }
        }
    });
    let name = found?;
    let local = site.inspection.uses.iter().find(|u| u.span == name).map(|u| u.meaning.declaration())?;
    let ty = site.written(local.ty.as_ref().filter(|_| local.kind == Kind::Local)?)?;
    site.action(
        ActionKind::Rewrite,
        format!("write its type: `{ty}`"),
        vec![site.insert(name.end, format!(": {ty}"))],
    )
}

/// Makes a function that describes an action one that does it, or one whose parts it can do.
pub(super) fn to_action(site: &Site<'_>) -> Option<Action> {
    let function = function(site).filter(|function| !function.action)?;
    let mut edits = vec![site.edit(keyword(site, "fn")?, "action")];
    if let Some(ret) = &function.ret {
        let value = value(&function.body)?;
        let is_action = matches!(site.type_of(site.at(value.span)), Some(Type::Action(_)));
        let written = site.text_of(site.at(ret.span));
        match written.strip_prefix("Action[").and_then(|inner| inner.strip_suffix(']')) {
            Some(inner) if is_action => {
                edits.push(site.edit(site.at(ret.span), inner));
                edits.push(site.insert(site.at(value.span).start, "do "));
            }
            Some(_) => return None,
            None => {}
        }
    }
    let title = format!("make `{}` an action", function.name.text);
    site.action(ActionKind::Rewrite, title, edits)
}

/// Makes an action a function: one that describes what the last `do` does, or one that does nothing.
pub(super) fn to_function(site: &Site<'_>) -> Option<Action> {
    let function = function(site).filter(|function| function.action)?;
    let value = value(&function.body)?;
    let mut edits = vec![site.edit(keyword(site, "action")?, "fn")];
    let mut effects = 0;
    for_each_node(site.item, &mut |node| match node {
        Node::Expr(Expr { kind: ExprKind::Do { .. }, .. }, _) => effects += 1,
        Node::Block(block, _) => {
            effects += block.statements.iter().filter(|s| matches!(s.kind, StatementKind::Gate(_))).count();
        }
        _ => {}
    });
    match &value.kind {
        ExprKind::Do { do_span, action } if effects == 1 => {
            let Type::Action(result) = site.type_of(site.at(action.span))? else { return None };
            let result = site.written(result)?;
            edits.push(
                site.edit(Span { start: site.at(*do_span).start, end: site.at(action.span).start }, ""),
            );
            match &function.ret {
                Some(ret) => edits.push(site.edit(site.at(ret.span), format!("Action[{result}]"))),
                None => {
                    let head = site
                        .text_of(Span { start: site.item.offset, end: site.at(function.body.span).start });
                    let end = site.item.offset + head.trim_end().len() as u32;
                    edits.push(site.insert(end, format!(" -> Action[{result}]")));
                }
            }
        }
        _ if effects == 0 && function.ret.is_some() => {}
        _ => return None,
    }
    let title = format!("make `{}` a function", function.name.text);
    site.action(ActionKind::Rewrite, title, edits)
}

/// Makes an item public, or private.
pub(super) fn publish(site: &Site<'_>) -> Option<Action> {
    let (name, end) = match &*site.item.kind {
        ItemKind::Function(item) => (&item.name, item.body.span.start),
        ItemKind::Record(item) => (&item.name, item.name.span.end),
        ItemKind::Enum(item) => (&item.name, item.name.span.end),
        ItemKind::Let(item) if item.ty.is_some() => (&item.name, item.name.span.end),
        _ => return None,
    };
    if site.range.start > site.item.offset + end || name.text.is_empty() {
        return None;
    }
    let at = site.item.offset;
    match site.item.public {
        true => {
            let gap = site.text.get(at as usize + 3..)?;
            let len = 3 + (gap.len() - gap.trim_start().len()) as u32;
            let edit = site.edit(Span { start: at, end: at + len }, "");
            site.action(ActionKind::Rewrite, format!("make `{}` private", name.text), vec![edit])
        }
        false => site.action(
            ActionKind::Rewrite,
            format!("make `{}` public", name.text),
            vec![site.insert(at, "pub ")],
        ),
    }
}

/// Where the word that begins the item stands.
fn keyword(site: &Site<'_>, word: &str) -> Option<Span> {
    let head = site.text.get(site.item.offset as usize..)?;
    let at = if site.item.public { 3 + head.get(3..)?.find(word)? } else { 0 };
    head.get(at..)?.starts_with(word).then(|| Span::new(at, at + word.len()).at(site.item.offset))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    #[test]
    fn types_are_written() {
        check(
            "fn f$0(n: Int) { [n] }\n",
            "write the result's type: `List[Int]`",
            "fn f(n: Int) -> List[Int] { [n] }\n",
        );
        check(
            "fn f() -> Int {\n  let x$0 = [1]\n  x.len()\n}\n",
            "write its type: `List[Int]`",
            "fn f() -> Int {\n  let x: List[Int] = [1]\n  x.len()\n}\n",
        );
    }

    #[test]
    fn functions_and_actions() {
        check(
            "pub fn f$0() -> Action[Unit] { sleep(1s) }\n",
            "make `f` an action",
            "pub action f() -> Unit { do sleep(1s) }\n",
        );
        check("fn f$0() -> Int { 1 }\n", "make `f` an action", "action f() -> Int { 1 }\n");
        check(
            "action f$0() { do sleep(1s) }\n",
            "make `f` a function",
            "fn f() -> Action[Unit] { sleep(1s) }\n",
        );
        check(
            "action f$0(c: Container) -> ImageRef { do c.push(\"a.io/b:1\") }\n",
            "make `f` a function",
            "fn f(c: Container) -> Action[ImageRef] { c.push(\"a.io/b:1\") }\n",
        );
        refused("action f$0() {\n  do sleep(1s)\n  do sleep(2s)\n}\n", "make `f` a function");
    }

    #[test]
    fn public_and_private() {
        check("fn f$0() -> Int { 1 }\n", "make `f` public", "pub fn f() -> Int { 1 }\n");
        check("pub record R$0 { a: Int }\n", "make `R` private", "record R { a: Int }\n");
    }
}
