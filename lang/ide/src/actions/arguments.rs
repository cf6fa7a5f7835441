//! Arguments of a call.

use pipe_syntax::Span;
use pipe_syntax::ast::{Arg, ExprKind};

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::Node;

/// The call around the place: what it gives, its whole span, and where its bracket opens.
fn call<'a>(site: &Site<'a>) -> Option<(&'a [Arg], Span, u32)> {
    site.path.iter().rev().find_map(|node| match *node {
        Node::Expr(e, span) => match &e.kind {
            ExprKind::Call { callee, args, .. } => Some((&**args, span, site.at(callee.span).end)),
            ExprKind::Pipe(pipe) => {
                Some((pipe.written_args(), span, site.at(pipe.function.last()?.span).end))
            }
            _ => None,
        },
        _ => None,
    })
}

/// Adds what a call needs and is not given.
pub(super) fn fill(site: &Site<'_>) -> Option<Action> {
    let (args, span, open) = call(site)?;
    let found = site.call_at(span)?;
    let positional = args.iter().filter(|arg| arg.name.is_none()).count();
    let given = |name: &str| args.iter().any(|arg| arg.name.as_ref().is_some_and(|given| given.text == name));
    let missing: Vec<String> = found
        .parameters
        .iter()
        .skip(positional)
        .filter(|parameter| parameter.required && !given(&parameter.name))
        .map(|parameter| format!("{}: {}", parameter.name, site.placeholder(&parameter.ty, &parameter.name)))
        .collect();
    if missing.is_empty() || !site.text_of(span).ends_with(')') {
        return None;
    }
    let (at, before) = match args.last() {
        Some(last) => (site.at(last.value.span).end, ", "),
        None => (open + 1, ""),
    };
    let edit = site.insert(at, format!("{before}{}", missing.join(", ")));
    site.action(ActionKind::Complete, "add the missing arguments", vec![edit])
}

/// Writes the names of positional arguments.
pub(super) fn name(site: &Site<'_>) -> Option<Action> {
    let (args, span, _) = call(site)?;
    let found = site.call_at(span)?;
    let positional = args.iter().take_while(|arg| arg.name.is_none());
    let edits: Vec<_> = positional
        .zip(&found.parameters)
        .map(|(arg, parameter)| site.insert(site.at(arg.value.span).start, format!("{}: ", parameter.name)))
        .collect();
    // One alone says what the name of the call says.
    let worth = edits.len() > 1 || (edits.len() == 1 && args.len() > 1);
    if worth { site.action(ActionKind::Rewrite, "name the arguments", edits) } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    #[test]
    fn missing_ones_are_added() {
        check(
            "fn g(a: Int, b: String, c: Bool = true) -> Int { a }\n\nfn f() -> Int { g$0() }\n",
            "add the missing arguments",
            "fn g(a: Int, b: String, c: Bool = true) -> Int { a }\n\nfn f() -> Int { g(a: 0, b: \"\") }\n",
        );
        check(
            "fn f(c: Container) -> Container { c.mount(\"/src\"$0) }\n",
            "add the missing arguments",
            "fn f(c: Container) -> Container { c.mount(\"/src\", tree: fail(\"tree is missing\")) }\n",
        );
        refused("fn f(c: Container) -> Container { c.workdir(\"/src\"$0) }\n", "add the missing arguments");
    }

    #[test]
    fn names_are_written() {
        check(
            "fn g(a: Int, b: Int) -> Int { a - b }\n\nfn f() -> Int { g(1$0, 2) }\n",
            "name the arguments",
            "fn g(a: Int, b: Int) -> Int { a - b }\n\nfn f() -> Int { g(a: 1, b: 2) }\n",
        );
    }
}
