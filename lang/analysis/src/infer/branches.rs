//! `if` and `match`. Later branches follow the first.

use std::sync::Arc;

use pipe_diagnostics::Severity;
use pipe_syntax::{Nested, Span, ast};

use super::context::{broken, typed};
use super::expected::Want;
use super::table::Unknown;
use super::text::article;
use super::{Expected, Infer};
use crate::checks;
use crate::typed::{Arm, Expr, ExprKind, Statement, Type};

/// What the branches of one expression have in common.
struct Branches {
    /// `None` when their values are dropped.
    expected: Option<Expected>,
    /// A branch has decided the type, or it was known from the start.
    decided: bool,
}

impl Infer<'_> {
    fn branches(&mut self, span: Span, want: Want<'_>) -> Branches {
        match want.expected() {
            // `T` or `T?` is for the expression as a whole to decide.
            Some(expected) if !expected.or_optional => {
                Branches { expected: Some(expected.clone()), decided: true }
            }
            _ => {
                let ty = self.table.fresh(span, Unknown::Branches);
                Branches { expected: Some(Expected::new(ty)), decided: false }
            }
        }
    }

    fn branch_block(&mut self, block: &ast::Block, branches: &mut Branches) -> Expr {
        let expr = match &branches.expected {
            Some(expected) => {
                let expected = expected.clone();
                self.block(block, Want::Check(&expected))
            }
            None => self.discarded_block(block),
        };
        self.decide(&expr, branches);
        expr
    }

    fn branch_expr(&mut self, e: &ast::Expr, branches: &mut Branches) -> Expr {
        let expr = match &branches.expected {
            Some(expected) => {
                let expected = expected.clone();
                self.check(e, &expected)
            }
            None => self.discard(e),
        };
        self.decide(&expr, branches);
        expr
    }

    /// The first branch that has a type gives it to the rest.
    fn decide(&mut self, branch: &Expr, branches: &mut Branches) {
        let undecided = branches.expected.as_mut().filter(|_| !branches.decided);
        let Some(expected) = undecided else { return };
        if !matches!(self.table.resolve(&expected.ty), Type::Variable(_)) {
            branches.decided = true;
            let ty = self.table.follow(&expected.ty).to_string();
            let text = format!("this branch gives {}, so the others must", article(&ty));
            *expected = expected.clone().because(self.place(value_span(branch)), text);
        }
    }

    pub(crate) fn if_expr(
        &mut self,
        e: &ast::Expr,
        if_span: Span,
        condition: &ast::Expr,
        then: &ast::Block,
        otherwise: Option<&ast::Else>,
        want: Want<'_>,
    ) -> Expr {
        if otherwise.is_none() {
            return self.if_without_else(e, if_span, condition, then, want);
        }
        let mut branches = self.branches(e.span, want);
        self.if_with(e, condition, then, otherwise, &mut branches)
    }

    pub(crate) fn discarded_if(
        &mut self,
        e: &ast::Expr,
        condition: &ast::Expr,
        then: &ast::Block,
        otherwise: Option<&ast::Else>,
    ) -> Expr {
        self.if_with(e, condition, then, otherwise, &mut Branches { expected: None, decided: true })
    }

    fn if_with(
        &mut self,
        e: &ast::Expr,
        condition: &ast::Expr,
        then: &ast::Block,
        otherwise: Option<&ast::Else>,
        branches: &mut Branches,
    ) -> Expr {
        let condition = self.check(condition, &Expected::new(Type::Bool));
        let then = self.branch_block(then, branches);
        let otherwise = otherwise.map(|otherwise| match otherwise {
            ast::Else::Block(block) => Nested::new(self.branch_block(block, branches)),
            ast::Else::If(e) => Nested::new(self.else_if(e, branches)),
        });
        let ty = branches.expected.as_ref().map_or(Type::Unit, |expected| expected.ty.clone());
        let kind = ExprKind::If { condition: Nested::new(condition), then: Nested::new(then), otherwise };
        typed(kind, ty, e.span)
    }

    fn else_if(&mut self, e: &ast::Expr, branches: &mut Branches) -> Expr {
        match &e.kind {
            ast::ExprKind::If { if_span, condition, then, otherwise } => {
                if otherwise.is_none() && branches.expected.is_some() {
                    let want = branches.expected.clone();
                    let want = want.as_ref().map_or(Want::Infer, Want::Check);
                    return self.if_without_else(e, *if_span, condition, then, want);
                }
                self.if_with(e, condition, then, otherwise.as_deref(), branches)
            }
            _ => self.branch_expr(e, branches),
        }
    }

    /// Without `else` it gives nothing, so a value cannot be asked of it.
    fn if_without_else(
        &mut self,
        e: &ast::Expr,
        if_span: Span,
        condition: &ast::Expr,
        then: &ast::Block,
        want: Want<'_>,
    ) -> Expr {
        let wanted = want.expected().map(|expected| self.table.resolve(&expected.ty));
        match wanted {
            None | Some(Type::Unit | Type::Error) => self.discarded_if(e, condition, then, None),
            Some(_) => {
                self.check(condition, &Expected::new(Type::Bool));
                self.block(then, want);
                let found = self.error("missing-else", "`if` without `else` gives no value", if_span);
                self.report(found.help("add `else { … }` with the value for the other case"));
                broken(e.span)
            }
        }
    }

    pub(crate) fn match_expr(
        &mut self,
        e: &ast::Expr,
        match_span: Span,
        scrutinee: &ast::Expr,
        arms: &[ast::Arm],
        want: Want<'_>,
    ) -> Expr {
        let mut branches = self.branches(e.span, want);
        self.match_with(e, match_span, scrutinee, arms, &mut branches)
    }

    pub(crate) fn discarded_match(
        &mut self,
        e: &ast::Expr,
        match_span: Span,
        scrutinee: &ast::Expr,
        arms: &[ast::Arm],
    ) -> Expr {
        let mut branches = Branches { expected: None, decided: true };
        self.match_with(e, match_span, scrutinee, arms, &mut branches)
    }

    fn match_with(
        &mut self,
        e: &ast::Expr,
        match_span: Span,
        scrutinee: &ast::Expr,
        arms: &[ast::Arm],
        branches: &mut Branches,
    ) -> Expr {
        let matched = match &scrutinee.kind {
            ast::ExprKind::Name(name) => Some(name.text.as_str()),
            _ => None,
        };
        let scrutinee = self.infer(scrutinee);
        let ty = scrutinee.ty.clone();
        let mut patterns_fit = true;
        let mut typed_arms = Vec::with_capacity(arms.len());
        for arm in arms {
            typed_arms.push(self.arm(arm, &ty, matched, branches, &mut patterns_fit));
        }
        let ty = self.table.follow(&ty);
        if patterns_fit && !matches!(ty, Type::Error | Type::Never) {
            let found = checks::exhaustive(self, &ty, match_span, arms, &typed_arms);
            self.findings.extend(found);
        }
        let ty = branches.expected.as_ref().map_or(Type::Unit, |expected| expected.ty.clone());
        typed(ExprKind::Match { scrutinee: Nested::new(scrutinee), arms: typed_arms.into() }, ty, e.span)
    }

    fn arm(
        &mut self,
        arm: &ast::Arm,
        ty: &Type,
        matched: Option<&str>,
        branches: &mut Branches,
        fits: &mut bool,
    ) -> Arm {
        self.scopes.push(Vec::new());
        let before = self.findings.len();
        self.matched = matched.map(Arc::from);
        let pattern = self.pattern(&arm.pattern, ty);
        self.matched = None;
        *fits &= !self.findings.iter().skip(before).any(|found| found.severity == Severity::Error);
        let guard = arm.guard.as_ref().map(|guard| self.check(guard, &Expected::new(Type::Bool)));
        let body = match &arm.body {
            ast::ArmBody::Expr(e) => self.branch_expr(e, branches),
            ast::ArmBody::Block(block) => self.branch_block(block, branches),
        };
        self.leave_scope(arm.span.end);
        Arm { pattern, guard, body }
    }
}

/// Where the value of a branch stands.
fn value_span(branch: &Expr) -> Span {
    match &branch.kind {
        ExprKind::Block(statements) => match statements.last() {
            Some(Statement::Value(value)) => value_span(value),
            _ => branch.span,
        },
        _ => branch.span,
    }
}
