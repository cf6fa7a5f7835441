//! Values that nobody uses.

use pipe_syntax::Span;

use crate::infer::{BodyKind, Infer, article};
use crate::place::Finding;
use crate::typed::Type;

/// Reports a value that is dropped, though it is not what a `do` gave.
pub(crate) fn unused_value(infer: &Infer<'_>, ty: &Type, span: Span) -> Option<Finding> {
    let start = infer.place(Span { start: span.start, end: span.start });
    let acts = infer.kind == BodyKind::Action && infer.nests.is_empty();
    Some(match ty {
        Type::Unit | Type::Never | Type::Error => return None,
        Type::Action(_) => {
            let message = "an action value is never used; `do` runs it";
            let found =
                infer.error("unused-value", message, span).role("describes an effect that does not happen");
            match infer.kind {
                _ if acts => found.fix("insert `do`", start, "do "),
                BodyKind::Function => {
                    found.help("a `fn` runs nothing: give it back, or make this an `action`")
                }
                BodyKind::Test => found.help("a test runs nothing: look at `plan(…)` or `simulate(…)` of it"),
                _ => found.help("use it, or remove it"),
            }
        }
        Type::Opaque(global, _) if &*global.name == "Check" => {
            let message = "this check is described and dropped: nothing asks for it";
            let found = infer.error("unused-value", message, span);
            if acts {
                found.help("`gate` stops the action when it fails").fix("insert `gate`", start, "gate ")
            } else {
                found.help("give it back, or put it into `all([…])`")
            }
        }
        Type::Opaque(global, _) if &*global.name == "Container" => {
            let message = "this container is built and dropped: nothing uses it";
            let found = infer.error("unused-value", message, span);
            found.help(
                "every operation gives a new container; go on from it: `let c = c.run(…)`, or one chain",
            )
        }
        Type::Bool if infer.kind == BodyKind::Test => {
            let found = infer.error("unused-value", "this is compared and dropped", span);
            found.help("`expect` makes it a part of the test").fix("insert `expect`", start, "expect ")
        }
        Type::List(element) if matches!(**element, Type::Action(_)) => {
            let message = "actions that are never used; `do parallel(…)` or `do sequence(…)` runs them";
            infer.error("unused-value", message, span).role("describe effects that do not happen")
        }
        other => {
            let message = format!("{} is made and dropped: nothing uses it", article(&infer.show(other)));
            infer.error("unused-value", message, span).help("use it, or remove it")
        }
    })
}
