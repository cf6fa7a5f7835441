//! What the call at a place takes.

use std::ops::Range;

use pipe_analysis::inspect::{CallSpan, Draft, Snapshot};
use pipe_syntax::Span;
use pipe_syntax::ast::{Arg, Expr, ExprKind};

use crate::at::{closed, filled};
use crate::render::markdown;
use crate::tree::{Node, path_at};

/// What a call takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHelp {
    /// The name with the parameters and the result.
    pub label: String,
    /// The parameters: where each stands in `label`, and its documentation.
    pub parameters: Vec<(Range<u32>, String)>,
    /// Which one is being written; `None` behind the last.
    pub active: Option<u32>,
    /// Markdown.
    pub documentation: String,
}

/// What the innermost call around a place takes, also while its bracket is open.
pub fn signature_help(snapshot: &Snapshot, file: &str, offset: u32) -> Option<SignatureHelp> {
    let text = snapshot.source(file)?;
    let draft = snapshot.draft(file, filled(&text, offset)?);
    of_call(snapshot, file, &draft, offset).or_else(|| {
        // What stands behind may be what the open bracket took: the call alone, closed.
        let alone = snapshot.draft(file, closed(draft.text(), offset)?);
        of_call(snapshot, file, &alone, offset)
    })
}

fn of_call(snapshot: &Snapshot, file: &str, draft: &Draft, offset: u32) -> Option<SignatureHelp> {
    let path = path_at(draft.module(), offset);
    let mut around = path.iter().rev().take_while(|node| !matches!(node, Node::Block(..)));
    let (args, span) = around.find_map(|node| arguments(node, offset))?;
    let inspection = snapshot.inspect_edited(file, draft, offset)?;
    let call = inspection.calls.iter().find(|call| call.span == span)?;
    Some(help(call, &args, offset))
}

/// The arguments of a call that a place is among.
fn arguments<'t>(node: &Node<'t>, offset: u32) -> Option<(Arguments<'t>, Span)> {
    let Node::Expr(e, span) = *node else { return None };
    let base = span.start - e.span.start;
    let (from, args) = match &e.kind {
        ExprKind::Call { callee, args, .. } => (callee.span.end, &**args),
        ExprKind::Pipe(pipe) => (pipe.function.last()?.span.end, pipe.written_args()),
        _ => return None,
    };
    let inside = from + base < offset && (offset < span.end || !is_closed(e));
    inside.then_some((Arguments { args, base }, span))
}

/// Arguments with where their item begins.
struct Arguments<'t> {
    args: &'t [Arg],
    base: u32,
}

/// Whether a call ends behind its last argument.
fn is_closed(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Call { args, .. } => ends_behind(e, args),
        ExprKind::Pipe(pipe) => ends_behind(e, pipe.written_args()),
        _ => true,
    }
}

fn ends_behind(call: &Expr, args: &[Arg]) -> bool {
    args.last().is_none_or(|last| last.value.span.end < call.span.end)
}

fn help(call: &CallSpan, args: &Arguments<'_>, offset: u32) -> SignatureHelp {
    let mut label = format!("{}(", call.declaration.name);
    let mut parameters = Vec::new();
    for (i, parameter) in call.parameters.iter().enumerate() {
        if i > 0 {
            label.push_str(", ");
        }
        let start = label.len() as u32;
        label.push_str(&parameter.to_string());
        parameters.push((start..label.len() as u32, parameter.docs.join("\n")));
    }
    label.push(')');
    if let Some(result) = &call.declaration.result {
        label.push_str(&format!(" -> {result}"));
    }
    let here = args.args.iter().find(|arg| {
        let start =
            arg.name.as_ref().map_or(arg.value.span, |name| name.span.to(arg.value.span)).at(args.base);
        start.start <= offset && offset <= start.end
    });
    let index = match here.and_then(|arg| arg.name.as_ref()) {
        Some(name) => call.parameters.iter().position(|parameter| name.text == *parameter.name),
        None => Some(args.args.iter().filter(|arg| arg.value.span.at(args.base).end < offset).count()),
    };
    let active = index.filter(|index| *index < parameters.len()).map(|index| index as u32);
    SignatureHelp { label, parameters, active, documentation: markdown(&call.declaration) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    /// The label with the active parameter in `<…>`.
    #[track_caller]
    fn check(text: &str, wanted: Option<&str>) {
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let found = signature_help(&fixture.snapshot(), &file, offset).map(|help| {
            let mut label = help.label.clone();
            if let Some(active) = help.active {
                let (range, _) = &help.parameters[active as usize];
                label.insert(range.end as usize, '>');
                label.insert(range.start as usize, '<');
            }
            label
        });
        assert_eq!(found.as_deref(), wanted);
    }

    const F: &str = "fn f(a: Int, b: List[Int] = [1, 2], c: Bool = true) -> Int { a }\n";
    const FIRST: Option<&str> = Some("f(<a: Int>, b: List[Int] = [1, 2], c: Bool = true) -> Int");
    const SECOND: Option<&str> = Some("f(a: Int, <b: List[Int] = [1, 2]>, c: Bool = true) -> Int");
    const THIRD: Option<&str> = Some("f(a: Int, b: List[Int] = [1, 2], <c: Bool = true>) -> Int");

    #[test]
    fn the_argument_being_written() {
        check(&format!("{F}fn g() -> Int {{ f($0) }}\n"), FIRST);
        check(&format!("{F}fn g() -> Int {{ f(1$0) }}\n"), FIRST);
        check(&format!("{F}fn g() -> Int {{ f(1, $0) }}\n"), SECOND);
        check(&format!("{F}fn g() -> Int {{ f(1, [$0]) }}\n"), SECOND);
        check(&format!("{F}fn g() -> Int {{ f(1, c: $0) }}\n"), THIRD);
        check(&format!("{F}fn g() -> Int {{ f(1, c: tr$0ue) }}\n"), THIRD);
        check(&format!("{F}fn g() -> Int {{ f(f(1), $0) }}\n"), SECOND);
        check(&format!("{F}fn g() -> Int {{ f(1)$0 }}\n"), None);
        check(&format!("{F}fn g() -> Int {{ $0f(1) }}\n"), None);
        check("fn g(xs: List[Int]) -> List[Int] { xs.map(fn(x) => { $0 }) }\n", None);
    }

    #[test]
    fn in_broken_text() {
        check(&format!("{F}fn g() -> Int {{ f(1, $0\n}}\nfn h() -> Int {{ 1 }}\n"), SECOND);
        check(&format!("{F}fn g() -> Int {{ f($0"), FIRST);
        check(&format!("{F}fn g() -> Int {{ 1 + f(1, $0\nfn h() -> Int {{ 1 }}\n"), SECOND);
        check(&format!("{F}fn g() -> Int {{ let x = f(1, $0\n  x + \n}}\n"), SECOND);
        check(&format!("fn broken( {{\n{F}fn g() -> Int {{ f(1, $0"), SECOND);
    }

    #[test]
    fn operations_records_and_pipes() {
        check(
            "fn f() -> Container { image(\"a\").workdir($0) }\n",
            Some("workdir(<path: Path>) -> Container"),
        );
        check(
            "record App { name: String, n: Int }\nfn f() -> App { App(n: $0) }\n",
            Some("App(name: String, <n: Int>)"),
        );
        check(
            &format!("{F}fn g() -> Int {{ 1 |> f($0) }}\n"),
            Some("f(<b: List[Int] = [1, 2]>, c: Bool = true) -> Int"),
        );
    }
}
