//! Lambdas.

use std::sync::Arc;

use pipe_syntax::ast;

use super::binder::BoundBy;
use super::context::{Nest, broken, typed};
use super::expected::Want;
use super::table::Unknown;
use super::{Expected, Infer};
use crate::typed::{Expr, ExprKind, Type};

impl Infer<'_> {
    pub(crate) fn lambda(
        &mut self,
        e: &ast::Expr,
        params: &[ast::LambdaParam],
        body: &ast::LambdaBody,
        want: Want<'_>,
    ) -> Expr {
        let wanted = match self.target(want) {
            Some(Type::Function { params, ret }) => Some((params, ret)),
            Some(Type::Error) => Some((params.iter().map(|_| Type::Error).collect(), Arc::new(Type::Error))),
            _ => None,
        };
        if let Some((wanted, _)) = &wanted
            && wanted.len() != params.len()
        {
            let many = |n: usize| format!("{n} parameter{}", if n == 1 { "" } else { "s" });
            let message = format!(
                "a function of {} is expected; this one has {}",
                many(wanted.len()),
                many(params.len())
            );
            let mut found = self.error("type-mismatch", message, e.span);
            if let Some((place, text)) = want.expected().and_then(|expected| expected.because.clone()) {
                found = found.label(place, text);
            }
            self.report(found);
            return broken(e.span);
        }
        self.nests.push(Nest::Lambda);
        self.scopes.push(Vec::new());
        let mut types = Vec::with_capacity(params.len());
        let mut binders = Vec::with_capacity(params.len());
        for (i, param) in params.iter().enumerate() {
            let wanted = wanted.as_ref().and_then(|(types, _)| types.get(i));
            let ty = self.lambda_param(param, wanted);
            binders.push(self.bind(&param.binder, &ty, BoundBy::Other));
            types.push(ty);
        }
        let body = self.lambda_body(body, wanted.as_ref().map(|(_, ret)| &**ret));
        self.leave_scope(e.span.end);
        self.nests.pop();
        let ty = Type::Function { params: types.into(), ret: Arc::new(body.ty.clone()) };
        typed(ExprKind::Lambda { params: binders.into(), body: Arc::new(body) }, ty, e.span)
    }

    fn lambda_param(&mut self, param: &ast::LambdaParam, wanted: Option<&Type>) -> Type {
        match (&param.ty, wanted) {
            (Some(written), wanted) => {
                let ty = self.lower(written);
                if let Some(wanted) = wanted
                    && !self.table.try_unify(&ty, wanted)
                {
                    let (shown, wanted) = (self.show(&ty), self.show(wanted));
                    let message = format!("this parameter gets `{wanted}`, not `{shown}`");
                    self.report(self.error("type-mismatch", message, written.span));
                    return Type::Error;
                }
                ty
            }
            (None, Some(wanted)) => wanted.clone(),
            (None, None) => self.table.fresh(param.binder.span, Unknown::LambdaParameter),
        }
    }

    fn lambda_body(&mut self, body: &ast::LambdaBody, ret: Option<&Type>) -> Expr {
        let expected = ret.map(|ret| Expected::new(ret.clone()));
        let want = expected.as_ref().map_or(Want::Infer, Want::Check);
        let body = match body {
            ast::LambdaBody::Expr(body) => self.expr(body, want),
            ast::LambdaBody::Block(block) => self.block(block, want),
        };
        match &expected {
            // A body that never returns has the type that is expected of it.
            Some(expected) if matches!(self.table.resolve(&body.ty), Type::Never) => {
                Expr { ty: expected.ty.clone(), ..body }
            }
            _ => body,
        }
    }
}
