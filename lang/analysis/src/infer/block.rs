//! Blocks and statements.

use pipe_syntax::ast::{self, StatementKind as Tree};
use pipe_syntax::{Nested, Span};

use super::binder::BoundBy;
use super::context::{BodyKind, broken, typed};
use super::expected::Want;
use super::text::article;
use super::{Expected, Infer};
use crate::checks;
use crate::typed::{Binder, Expr, ExprKind, Global, Statement, Type, Types};

impl Infer<'_> {
    /// A block whose last expression is its value.
    pub(crate) fn block(&mut self, block: &ast::Block, want: Want<'_>) -> Expr {
        self.scopes.push(Vec::new());
        let expr = match block.statements.split_last() {
            Some((last, rest)) => {
                let mut statements: Vec<Statement> = rest.iter().filter_map(|s| self.statement(s)).collect();
                match &last.kind {
                    Tree::Expr(value) => {
                        let value = self.expr(value, want);
                        let ty = value.ty.clone();
                        statements.push(Statement::Value(value));
                        typed(ExprKind::Block(statements.into()), ty, block.span)
                    }
                    Tree::Error => broken(block.span),
                    _ => {
                        statements.extend(self.statement(last));
                        self.no_value(block, statements, want)
                    }
                }
            }
            None => self.no_value(block, Vec::new(), want),
        };
        self.leave_scope(block.span.end);
        expr
    }

    /// A block that ends in a statement that gives nothing.
    fn no_value(&mut self, block: &ast::Block, statements: Vec<Statement>, want: Want<'_>) -> Expr {
        if let Some(expected) = want.expected() {
            let wanted = self.table.resolve(&expected.ty);
            if !matches!(wanted, Type::Unit | Type::Error | Type::Variable(_)) {
                let end = Span { start: block.span.end.saturating_sub(1), end: block.span.end };
                let message =
                    format!("this block gives no value; {} is expected", article(&self.show(&wanted)));
                let mut found = self.error("missing-value", message, end);
                if let Some((place, text)) = &expected.because {
                    found = found.label(place.clone(), text.clone());
                }
                self.report(found.help("its last line is its value"));
                return broken(block.span);
            }
        }
        typed(ExprKind::Block(statements.into()), Type::Unit, block.span)
    }

    /// A block whose value nobody takes: an action without a result, a test, an arm of a statement.
    pub(crate) fn discarded_block(&mut self, block: &ast::Block) -> Expr {
        self.scopes.push(Vec::new());
        let mut statements: Vec<Statement> =
            block.statements.iter().filter_map(|s| self.statement(s)).collect();
        self.leave_scope(block.span.end);
        let end = Span { start: block.span.end.saturating_sub(1), end: block.span.end };
        statements.push(Statement::Value(typed(ExprKind::Unit, Type::Unit, end)));
        typed(ExprKind::Block(statements.into()), Type::Unit, block.span)
    }

    fn statement(&mut self, statement: &ast::Statement) -> Option<Statement> {
        match &statement.kind {
            Tree::Let { binder, ty, value } => {
                let value = self.let_value(ty.as_deref(), value);
                // The name is not known in its own value.
                let bound = value.ty.clone();
                let binder = self.bind(binder, &bound, BoundBy::Let);
                if let Binder::Local(id) = binder
                    && let Some(local) = self.locals.get_mut(id.0 as usize)
                {
                    local.value = Some(value.span);
                }
                Some(Statement::Let(binder, value))
            }
            Tree::Expect(condition) => {
                if self.kind != BodyKind::Test || !self.nests.is_empty() {
                    self.report(checks::expect_outside_test(self, statement.span));
                }
                Some(Statement::Expect(self.check(condition, &Expected::new(Type::Bool)), statement.span))
            }
            Tree::Gate(check) => {
                if self.kind != BodyKind::Action || !self.nests.is_empty() {
                    self.report(checks::gate_outside_action(self, statement.span));
                }
                let check = self.check(check, &Expected::new(check_type()));
                Some(Statement::Gate(check, statement.span))
            }
            Tree::Expr(e) => Some(Statement::Value(self.discard(e))),
            Tree::Error => None,
        }
    }

    fn let_value(&mut self, ty: Option<&ast::TypeExpr>, value: &ast::Expr) -> Expr {
        let Some(written) = ty else { return self.infer(value) };
        let ty = self.lower(written);
        let expected =
            Expected::new(ty.clone()).because(self.place(written.span), "expected because of this type");
        let value = self.check(value, &expected);
        // What never returns still has the type that is written.
        Expr { ty, ..value }
    }

    /// An expression whose value nobody takes: only the result of a `do` may be dropped, also behind `if` and `match`.
    pub(crate) fn discard(&mut self, e: &ast::Expr) -> Expr {
        match &e.kind {
            ast::ExprKind::Paren(inner) => self.discard(inner),
            ast::ExprKind::Do { .. } => self.infer(e),
            ast::ExprKind::If { condition, then, otherwise, .. } => {
                self.discarded_if(e, condition, then, otherwise.as_deref())
            }
            ast::ExprKind::Match { match_span, scrutinee, arms } => {
                self.discarded_match(e, *match_span, scrutinee, arms)
            }
            _ => {
                let value = self.infer(e);
                let ty = self.table.follow(&value.ty);
                if let Some(found) = checks::unused_value(self, &ty, e.span) {
                    self.report(found);
                }
                value
            }
        }
    }

    pub(crate) fn do_expr(&mut self, e: &ast::Expr, do_span: Span, action: &ast::Expr) -> Expr {
        if let Some(found) = checks::misplaced_do(self, do_span) {
            self.report(found);
        }
        let action = self.infer(action);
        let ty = match self.table.resolve(&action.ty) {
            Type::Action(result) => (*result).clone(),
            Type::Error | Type::Never => return broken(e.span),
            other => {
                self.report(checks::not_an_action(self, &other, do_span, action.span));
                return broken(e.span);
            }
        };
        typed(ExprKind::Do(Nested::new(action)), ty, e.span)
    }
}

/// `Check`.
fn check_type() -> Type {
    let module = crate::typed::ModuleId("std/prelude".into());
    Type::Opaque(Global::new(module, "Check"), Types::default())
}
