//! Effects happen in actions only, where `do` stands.

use std::sync::Arc;

use pipe_syntax::{Span, ast};

use crate::infer::{BodyKind, Infer, Nest};
use crate::nearest::with_nearest;
use crate::place::{Finding, ItemTag};
use crate::typed::Type;

/// Reports a `do` where none can stand.
pub(crate) fn misplaced_do(infer: &Infer<'_>, do_span: Span) -> Option<Finding> {
    if let Some(nest) = infer.nests.last().filter(|_| infer.kind == BodyKind::Action) {
        let (inside, help) = match nest {
            Nest::Lambda => ("a lambda", "give the actions to `sequence(…)` or `parallel(…)` and `do` that"),
            Nest::Comprehension => {
                ("a comprehension", "make a list of actions, and `do sequence(…)` or `do parallel(…)` of it")
            }
        };
        let message = format!("`do` cannot stand inside {inside}");
        return Some(infer.error("effect-outside-action", message, do_span).help(help));
    }
    if infer.kind == BodyKind::Action {
        return None;
    }
    let found = infer.error("effect-outside-action", "`do` is allowed in an `action` only", do_span);
    Some(match infer.kind {
        BodyKind::Function => match function(infer) {
            Some((name, keyword)) => {
                let place = infer.place(keyword);
                found.help("a `fn` describes, an `action` does: its callers `do` it").suggestion(
                    format!("make `{name}` an action"),
                    vec![pipe_diagnostics::Edit { place, text: "action".into() }],
                )
            }
            None => found,
        },
        BodyKind::Test => found.help("a test looks at what an action would do: `plan(…)`, `simulate(…)`"),
        BodyKind::CommandLine => found.help("an action given to `pipe run` is run without `do`"),
        _ => found.help("a default or a constant describes a value; nothing happens there"),
    })
}

/// The name of the function and the place of its `fn`.
fn function(infer: &Infer<'_>) -> Option<(String, Span)> {
    let node = infer.item?;
    let ast::ItemKind::Function(function) = &**node.tree(infer.db) else { return None };
    // The item begins with `pub`, when it has one, and `fn` stands directly before the name.
    let end = function.name.span.start.checked_sub(1)?;
    let start = end.checked_sub(2)?;
    Some((function.name.text.to_string(), Span { start, end }))
}

/// `do` of something that is no action.
pub(crate) fn not_an_action(infer: &Infer<'_>, ty: &Type, do_span: Span, span: Span) -> Finding {
    let shown = infer.show(ty);
    let message = format!("`do` runs an action; this is {}", crate::infer::article(&shown));
    let found = infer.error("not-an-action", message, span);
    let remove = Span { start: do_span.start, end: span.start };
    match ty {
        Type::Opaque(global, _) if &*global.name == "Check" => {
            found.help("a check is demanded by `gate`").fix("use `gate`", infer.place(do_span), "gate")
        }
        _ => found.help("what has no effect needs no `do`").fix("remove `do`", infer.place(remove), ""),
    }
}

/// `gate` outside an action.
pub(crate) fn gate_outside_action(infer: &Infer<'_>, span: Span) -> Finding {
    let found = infer.error("gate-outside-action", "`gate` is allowed in an `action` only", span);
    found.help("a check is tied to a value by `.requires(check)`")
}

/// `expect` outside a test.
pub(crate) fn expect_outside_test(infer: &Infer<'_>, span: Span) -> Finding {
    let found = infer.error("expect-outside-test", "`expect` is allowed in a `test` only", span);
    found.help("in a pipeline, `fail(\"…\")` ends with a message")
}

/// `with` of a test names something that is no param of this module.
pub(crate) fn no_such_param(infer: &Infer<'_>, name: &ast::Name) -> Finding {
    let own = infer.names.all_own().values.iter();
    let params: Vec<Arc<str>> = own
        .filter(|(_, node)| node.key(infer.db).kind == ItemTag::Param)
        .map(|(name, _)| name.clone())
        .collect();
    let found = infer.error("unknown-argument", format!("there is no param `{}`", name.text), name.span);
    let found = with_nearest(found, &name.text, &params, infer.place(name.span));
    if found.help.is_some() { found } else { found.help("`with` gives values to the params of this module") }
}
