//! `x |> m.f(a)`: a call of a function with what stands before as its first argument.

use pipe_syntax::{Nested, ast};

use super::Infer;
use super::context::broken;
use super::expected::Want;
use crate::typed::Expr;

impl Infer<'_> {
    pub(crate) fn pipe(&mut self, e: &ast::Expr, pipe: &ast::Pipe, want: Want<'_>) -> Expr {
        let Some(callee) = path(&pipe.function) else {
            self.unfinished(pipe.base());
            self.args_silently(pipe.written_args());
            return broken(e.span);
        };
        match self.entity(&callee) {
            Some(entity) => self.call_entity(entity, e, &callee, &pipe.args, callee.span, want),
            None => self.not_a_function(e, pipe.base(), &pipe.function, pipe.written_args()),
        }
    }

    /// The name after `|>` means nothing; perhaps an operation was meant.
    fn not_a_function(
        &mut self,
        e: &ast::Expr,
        base: &ast::Expr,
        function: &[ast::Name],
        args: &[ast::Arg],
    ) -> Expr {
        let base = self.infer(base);
        self.args_silently(args);
        let (Some(first), Some(last)) = (function.first(), function.last()) else { return broken(e.span) };
        let operation = self.names.operation(&self.table.resolve(&base.ty), &last.text);
        if function.len() == 1 && operation.is_some() {
            let message = format!("`{}` is an operation, not a function", last.text);
            let found = self.error("unknown-name", message, last.span);
            self.report(found.help(format!("write `.{}(…)`", last.text)));
        } else {
            self.name(first);
        }
        broken(e.span)
    }
}

/// The names after `|>` as the expression that they would be elsewhere.
fn path(names: &[ast::Name]) -> Option<ast::Expr> {
    let (first, rest) = names.split_first()?;
    let start = ast::Expr { kind: ast::ExprKind::Name(first.clone()), span: first.span };
    Some(rest.iter().fold(start, |base, name| {
        let span = base.span.to(name.span);
        let base = Nested::new(base);
        let kind = ast::ExprKind::Field { base, optional: false, name: Some(name.clone()), broken: false };
        ast::Expr { kind, span }
    }))
}
