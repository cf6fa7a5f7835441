//! A part of an item becomes something of its own.

use pipe_analysis::typed::Type;
use pipe_syntax::Span;
use pipe_syntax::ast::{Block, Expr, ExprKind, ItemKind, Statement};

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::{Node, for_each_node, whole_item};

/// The selected expression becomes a `let` before its statement.
pub(super) fn to_let(site: &Site<'_>) -> Option<Action> {
    let node = site.selected()?;
    let span = node.span();
    let statement = statement(site, span)?;
    let whole = site.at(statement.span);
    // What the statement itself binds is not known before it.
    let bound_inside = |start: u32, end: u32| whole.start <= start && end <= whole.end;
    if site.locals_into(span).iter().any(|(_, _, place)| bound_inside(place.start, place.end))
        || has_do(site, span)
    {
        return None;
    }
    let name = site.free_name(&suggested(&node));
    let line = site.text.get(..whole.start as usize)?.rsplit('\n').next()?;
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    let edits = vec![
        site.insert(whole.start, format!("let {name} = {}\n{indent}", site.text_of(span))),
        site.edit(span, name),
    ];
    site.action(ActionKind::Extract, "extract a `let`", edits)
}

/// The selected expression becomes a function, with the locals that it needs as parameters.
pub(super) fn to_function(site: &Site<'_>) -> Option<Action> {
    let node = site.selected()?;
    let span = node.span();
    let ty = site.type_of(span).and_then(|ty| site.written(ty))?;
    if generic(site) || has_do(site, span) {
        return None;
    }
    let mut parameters = Vec::new();
    let mut arguments = Vec::new();
    for (name, ty, _) in site.locals_into(span) {
        parameters.push(format!("{name}: {}", site.written(&ty?)?));
        arguments.push(name);
    }
    // The host is read in defaults only, where no function of its own can.
    if !in_body(site, span) {
        return None;
    }
    let name = site.free_name("extracted");
    let item = whole_item(site.module, site.item);
    let function = format!("\n\nfn {name}({}) -> {ty} {{ {} }}", parameters.join(", "), site.text_of(span));
    let edits =
        vec![site.edit(span, format!("{name}({})", arguments.join(", "))), site.insert(item.end, function)];
    site.action(ActionKind::Extract, "extract a function", edits)
}

/// The selected constant becomes a `param` of the package.
pub(super) fn to_param(site: &Site<'_>) -> Option<Action> {
    let (span, ty) = constant(site)?;
    let entry = site.snapshot.entry_file().is_some_and(|entry| **entry == *site.file);
    if !entry || matches!(*site.item.kind, ItemKind::Param(_)) {
        return None;
    }
    let name = site.free_name("value");
    let item = whole_item(site.module, site.item);
    let edits = vec![
        site.insert(item.start, format!("param {name}: {ty} = {}\n\n", site.text_of(span))),
        site.edit(span, name),
    ];
    site.action(ActionKind::Extract, "extract a `param`", edits)
}

/// The selected constant becomes a parameter of its function, with itself as default.
pub(super) fn to_parameter(site: &Site<'_>) -> Option<Action> {
    let (span, ty) = constant(site)?;
    let ItemKind::Function(function) = &*site.item.kind else { return None };
    if !in_body(site, span) {
        return None;
    }
    let name = site.free_name("value");
    let parameter = format!("{name}: {ty} = {}", site.text_of(span));
    let insert = match function.params.last() {
        Some(last) => site.insert(site.at(last.span).end, format!(", {parameter}")),
        None => {
            let after = site.at(function.name.span).end;
            let open = site.text.get(after as usize..)?.find('(')? as u32;
            site.insert(after + open + 1, parameter)
        }
    };
    let title = format!("extract a parameter of `{}`", function.name.text);
    site.action(ActionKind::Extract, title, vec![insert, site.edit(span, name)])
}

/// The selected literal, or the one at the cursor, with the type that its place takes.
fn constant(site: &Site<'_>) -> Option<(Span, String)> {
    let node = match site.selected() {
        Some(node) => node,
        None => *site.path.last()?,
    };
    let is_constant = match node {
        Node::String(string, _) => string.constant().is_some(),
        Node::Expr(Expr { kind: ExprKind::Number(_) | ExprKind::Bool(_), .. }, _) => true,
        _ => false,
    };
    let span = node.span();
    let ty = site.expected_at(span).filter(|ty| !matches!(ty, Type::Error)).or_else(|| site.type_of(span));
    let ty = match ty? {
        Type::Optional(inner) => &**inner,
        ty => ty,
    };
    is_constant.then_some((span, site.written(ty)?))
}

/// The innermost statement around a span.
fn statement<'a>(site: &Site<'a>, span: Span) -> Option<&'a Statement> {
    let mut found: Option<&Statement> = None;
    for_each_node(site.item, &mut |node| {
        if let Node::Block(Block { statements, .. }, _) = node {
            for statement in statements {
                let whole = site.at(statement.span);
                let smaller = found.is_none_or(|found| {
                    statement.span.end - statement.span.start < found.span.end - found.span.start
                });
                if whole.start <= span.start && span.end <= whole.end && smaller {
                    found = Some(statement);
                }
            }
        }
    });
    found
}

/// Whether a span is in a block: not in a default or a header.
fn in_body(site: &Site<'_>, span: Span) -> bool {
    statement(site, span).is_some()
}

fn has_do(site: &Site<'_>, span: Span) -> bool {
    let mut found = false;
    for_each_node(site.item, &mut |node| {
        let inside = span.start <= node.span().start && node.span().end <= span.end;
        found |= inside && matches!(node, Node::Expr(Expr { kind: ExprKind::Do { .. }, .. }, _));
    });
    found
}

fn generic(site: &Site<'_>) -> bool {
    matches!(&*site.item.kind, ItemKind::Function(function) if !function.type_params.is_empty())
}

/// A name for a value, after what makes it.
fn suggested(node: &Node<'_>) -> String {
    let called = match node {
        Node::Expr(e, _) => match &e.kind {
            ExprKind::Call { callee, .. } => match &callee.kind {
                ExprKind::Name(name) => Some(name.text.to_string()),
                ExprKind::Field { name: Some(name), .. } => Some(name.text.to_string()),
                _ => None,
            },
            ExprKind::Field { name: Some(name), .. } => Some(name.text.to_string()),
            _ => None,
        },
        _ => None,
    };
    // A value is not named as what makes it.
    called.map_or_else(|| "value".to_owned(), |name| format!("the_{name}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    #[test]
    fn a_let() {
        check(
            "fn f() -> Container {\n  $0image(\"alpine:3\")$0.run([\"true\"])\n}\n",
            "extract a `let`",
            "fn f() -> Container {\n  let the_image = image(\"alpine:3\")\n  the_image.run([\"true\"])\n}\n",
        );
        check(
            "fn f(n: Int) -> Int { $0n + 1$0 + n }\n",
            "extract a `let`",
            "fn f(n: Int) -> Int {\n  let value = n + 1\n  value + n\n}\n",
        );
        refused("fn f(ns: List[Int]) -> List[Int] {\n  [for n in ns => $0n + 1$0]\n}\n", "extract a `let`");
    }

    #[test]
    fn a_function() {
        check(
            "fn f(n: Int, m: Int) -> Int { $0n + 1$0 + m }\n",
            "extract a function",
            "fn f(n: Int, m: Int) -> Int { extracted(n) + m }\n\nfn extracted(n: Int) -> Int { n + 1 }\n",
        );
        refused("fn f[T](n: T) -> List[T] { $0[n]$0 }\n", "extract a function");
    }

    #[test]
    fn a_param_and_a_parameter() {
        check(
            "fn f() -> Container { image(\"alp$0ine:3\") }\n",
            "extract a `param`",
            "param value: ImageRef = \"alpine:3\"\n\nfn f() -> Container { image(value) }\n",
        );
        check(
            "fn f(a: Int) -> Int { a + 4$02 }\n",
            "extract a parameter of `f`",
            "fn f(a: Int, value: Int = 42) -> Int { a + value }\n",
        );
        check(
            "fn f() -> Container { image(\"alp$0ine:3\") }\n",
            "extract a parameter of `f`",
            "fn f(value: ImageRef = \"alpine:3\") -> Container { image(value) }\n",
        );
    }
}
