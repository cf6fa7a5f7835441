//! Every named function writes the type of its result.

use pipe_syntax::{Span, ast};

use crate::infer::Infer;
use crate::place::Finding;
use crate::typed::{Expr, Type};

/// A `fn` without `->`. The fix writes the type that its body has.
pub(crate) fn missing_return_type(infer: &Infer<'_>, tree: &ast::Function, body: &Expr) -> Finding {
    let message = format!("`{}` does not say what it gives", tree.name.text);
    let found = infer.error("missing-return-type", message, tree.name.span);
    let ty = infer.table.follow(&body.ty);
    let before_body = tree.body.span.start;
    let place = infer.place(Span { start: before_body, end: before_body });
    match ty {
        Type::Error | Type::Never | Type::Variable(_) => found.help("write `-> T` before its body"),
        ty => found.help(format!("write `-> {ty}` before its body")).fix(
            format!("write `-> {ty}`"),
            place,
            format!("-> {ty} "),
        ),
    }
}
