//! `f(x)`, `x |> f()` and `x.f()`.

use pipe_analysis::inspect::{DeclarationKind as Kind, Snapshot};
use pipe_analysis::typed::Type;
use pipe_syntax::Span;
use pipe_syntax::ast::{Arg, Expr, ExprKind};

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::Node;

/// `f(x, a)` becomes `x |> f(a)`; so does `x.f(a)` when `f` is no operation but a function.
pub(super) fn to_pipe(site: &Site<'_>) -> Option<Action> {
    let (e, span) = innermost(site, |e| matches!(e.kind, ExprKind::Call { .. }))?;
    let ExprKind::Call { callee, args, .. } = &e.kind else { return None };
    let title = "write it with `|>`";
    if let ExprKind::Field { base, name: Some(name), optional: false, .. } = &callee.kind
        && let Some(ty) = site.type_of(site.at(base.span))
        && site.call_at(span).is_none()
    {
        let takes = functions(site.snapshot, site.file, ty).iter().any(|known| name.text == **known);
        let point = Span { start: site.at(base.span).end, end: site.at(name.span).start };
        return takes
            .then(|| site.action(ActionKind::Rewrite, title, vec![site.edit(point, " |> ")]))
            .flatten();
    }
    let call =
        site.call_at(span).filter(|call| matches!(call.declaration.kind, Kind::Function | Kind::Action))?;
    let first = args.first().filter(|arg| arg.name.is_none())?;
    if call.name.end != site.at(callee.span).end || needs_brackets(&first.value) {
        return None;
    }
    let text = format!(
        "{} |> {}({})",
        site.text_of(site.at(first.value.span)),
        site.text_of(site.at(callee.span)),
        rest(site, args.get(1..).unwrap_or_default()),
    );
    site.action(ActionKind::Rewrite, title, vec![site.edit(span, text)])
}

/// `x |> f(a)` becomes `f(x, a)`.
pub(super) fn to_call(site: &Site<'_>) -> Option<Action> {
    let (e, span) = innermost(site, |e| matches!(e.kind, ExprKind::Pipe(_)))?;
    let ExprKind::Pipe(pipe) = &e.kind else { return None };
    let (base, function, args) = (pipe.base(), &pipe.function, pipe.written_args());
    site.call_at(span)?;
    let (first, last) = (function.first()?, function.last()?);
    let name = site.text_of(site.at(first.span.to(last.span)));
    let base = site.text_of(site.at(base.span));
    let rest = rest(site, args);
    let comma = if rest.is_empty() { "" } else { ", " };
    let edit = site.edit(span, format!("{name}({base}{comma}{rest})"));
    site.action(ActionKind::Rewrite, "write it as a call", vec![edit])
}

/// `x |> f(a)` becomes `x.f(a)` when `f` is an operation.
pub(super) fn to_operation(site: &Site<'_>) -> Option<Action> {
    let (e, span) = innermost(site, |e| matches!(e.kind, ExprKind::Pipe(_)))?;
    let ExprKind::Pipe(pipe) = &e.kind else { return None };
    let base = pipe.base();
    let [name] = &*pipe.function else { return None };
    let ty = site.type_of(site.at(base.span))?;
    let members = site.snapshot.members(site.file, ty);
    let is_operation =
        members.iter().any(|member| member.kind == Kind::Operation && *member.name == *name.text);
    if !is_operation || site.call_at(span).is_some() || needs_brackets(base) {
        return None;
    }
    let sign = Span { start: site.at(base.span).end, end: site.at(name.span).start };
    site.action(ActionKind::Rewrite, "write it with `.`", vec![site.edit(sign, ".")])
}

fn functions(snapshot: &Snapshot, file: &str, ty: &Type) -> Vec<String> {
    let found = snapshot.functions_on(file, ty).into_iter();
    found.filter(|(module, _)| module.is_none()).map(|(_, function)| function.name.to_string()).collect()
}

fn innermost<'a>(site: &Site<'a>, wanted: impl Fn(&Expr) -> bool) -> Option<(&'a Expr, Span)> {
    let found = site.path.iter().rev().filter_map(|node| match *node {
        Node::Expr(e, span) => Some((e, span)),
        _ => None,
    });
    // What stands before a point is often meant by the whole.
    found.into_iter().find(|(e, _)| wanted(e))
}

/// Further arguments as they are written.
fn rest(site: &Site<'_>, args: &[Arg]) -> String {
    let (Some(first), Some(last)) = (args.first(), args.last()) else { return String::new() };
    let start = first.name.as_ref().map_or(first.value.span, |name| name.span);
    site.text_of(site.at(start.to(last.value.span))).to_owned()
}

/// Whether an expression would fall apart before `|>` or a point.
fn needs_brackets(e: &Expr) -> bool {
    matches!(
        e.kind,
        ExprKind::Binary { .. }
            | ExprKind::Unary { .. }
            | ExprKind::Lambda { .. }
            | ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::Do { .. }
            | ExprKind::Error
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    const G: &str = "fn g(c: Container, n: Int = 1) -> Container { c.label(\"n\", \"${n}\") }\n\n";

    #[test]
    fn calls_and_pipes() {
        check(
            &format!("{G}fn f(c: Container) -> Container {{ g$0(c, 2) }}\n"),
            "write it with `|>`",
            &format!("{G}fn f(c: Container) -> Container {{ c |> g(2) }}\n"),
        );
        check(
            &format!("{G}fn f(c: Container) -> Container {{ c |> g$0(n: 2) }}\n"),
            "write it as a call",
            &format!("{G}fn f(c: Container) -> Container {{ g(c, n: 2) }}\n"),
        );
        refused(
            &format!("{G}fn f(c: Container) -> Container {{ c.workdir$0(\"/\") }}\n"),
            "write it with `|>`",
        );
    }

    #[test]
    fn points_and_pipes() {
        check(
            &format!("{G}fn f(c: Container) -> Container {{ c.g$0(2) }}\n"),
            "write it with `|>`",
            &format!("{G}fn f(c: Container) -> Container {{ c |> g(2) }}\n"),
        );
        check(
            "fn f(c: Container) -> Container { c |> workdir$0(\"/\") }\n",
            "write it with `.`",
            "fn f(c: Container) -> Container { c.workdir(\"/\") }\n",
        );
    }
}
