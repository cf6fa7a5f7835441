//! `x?.f`: what is done when there is a value.

use std::sync::Arc;

use pipe_syntax::{Nested, Span};

use super::Infer;
use super::context::{Local, broken, typed};
use super::text::article;
use crate::typed::{Expr, ExprKind, LocalDecl, LocalId, Type};

impl<'db> Infer<'db> {
    /// Binds the value of an optional and goes on with it; what comes out is optional, once.
    pub(crate) fn chain(
        &mut self,
        base: Expr,
        span: Span,
        go_on: impl FnOnce(&mut Infer<'db>, Expr) -> Expr,
    ) -> Expr {
        let inner = match self.table.resolve(&base.ty) {
            Type::Optional(inner) => (*inner).clone(),
            Type::Error => {
                go_on(self, broken(base.span));
                return broken(span);
            }
            other => {
                let shown = self.show(&other);
                let message = format!("`?.` is for values that may be none; this is {}", article(&shown));
                let found = self.error("needless-optional", message, base.span);
                self.report(found.help("write `.`"));
                go_on(self, base);
                return broken(span);
            }
        };
        let local = self.hidden_local(inner.clone(), base.span);
        let value = typed(ExprKind::Local(local), inner, base.span);
        let body = go_on(self, value);
        let ty = match self.table.resolve(&body.ty) {
            Type::Error => return broken(span),
            optional @ Type::Optional(_) => optional,
            other => Type::Optional(Arc::new(other)),
        };
        typed(ExprKind::OptionalChain { base: Nested::new(base), local, body: Nested::new(body) }, ty, span)
    }

    /// A local that no name leads to.
    fn hidden_local(&mut self, ty: Type, span: Span) -> LocalId {
        let id = LocalId(self.locals.len() as u32);
        let decl = LocalDecl { name: Arc::from("_"), ty, span, id };
        self.locals.push(Local { decl, unused_let: false, value: None });
        id
    }
}
