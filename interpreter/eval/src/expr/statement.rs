//! Blocks, `do`, `gate` and `expect`.

use pipe_analysis::typed::{Expr, ExprKind, Statement};
use pipe_ops::Arg;
use pipe_syntax::Span;
use pipe_syntax::ast::BinaryOp;

use crate::error::Result;
use crate::frame::Env;
use crate::machine::{Machine, Site};
use crate::test_plan::{Expectation, Sides};
use crate::value::Value;

impl Machine {
    pub(super) fn block(&mut self, statements: &[Statement], env: &mut Env) -> Result<Value> {
        let mut value = Value::Unit;
        for statement in statements {
            value = Value::Unit;
            match statement {
                Statement::Let(binder, expr) => {
                    let bound = self.eval(expr, env)?;
                    self.bind(binder, bound, expr, env)?;
                }
                Statement::Expect(condition, span) => self.expect(condition, *span, env)?,
                Statement::Gate(check, span) => self.gate(check, *span, env)?,
                Statement::Value(expr) => value = self.eval(expr, env)?,
            }
        }
        Ok(value)
    }

    /// Does an action, after everything before it; gives its result.
    pub(super) fn do_(&mut self, action: &Expr, env: &mut Env) -> Result<Value> {
        let value = self.eval(action, env)?;
        match &value {
            Value::Action(action_value) => self.act(action_value, &env.place(action.span)),
            Value::Waiting(_) => {
                self.stop_course(&value);
                Ok(value)
            }
            other => Err(self.unusable("`do`", other, env.place(action.span))),
        }
    }

    fn gate(&mut self, check: &Expr, span: Span, env: &mut Env) -> Result<()> {
        let value = self.eval(check, env)?;
        let site = self.site(&env.frame.clone(), span);
        match &value {
            Value::Check(check) => self.gate_on(check, &site),
            Value::Waiting(_) => {
                self.stop_course(&value);
                Ok(())
            }
            other => Err(self.unusable("`gate`", other, env.place(check.span))),
        }
    }

    /// Notes what a test expects: whether it holds may be known only when steps have run.
    fn expect(&mut self, condition: &Expr, span: Span, env: &mut Env) -> Result<()> {
        let noted = self.expectation(condition, span, env).map(|()| Value::Unit);
        let noted = noted.or_else(|error| self.waits(error, Vec::new()))?;
        self.expectation_waits |= noted.waits();
        Ok(())
    }

    fn expectation(&mut self, condition: &Expr, span: Span, env: &mut Env) -> Result<()> {
        let (holds, sides) = match &condition.kind {
            ExprKind::Binary { op, left, right } if is_comparison(*op) => {
                self.comparison(*op, left, right, condition, env)?
            }
            _ => (self.eval(condition, env)?, None),
        };
        let site = self.site(&env.frame.clone(), span);
        let holds = self.arg(&holds, &site)?;
        let subject = self.subject(condition, &site, env)?;
        let sides_of = sides.iter().flat_map(|sides: &Sides| [&sides.left, &sides.right]);
        let needed = [&holds].into_iter().chain(sides_of).chain(&subject).filter_map(Arg::output);
        self.check_not_simulated("`expect`", needed, &site.place)?;
        self.expectations.push(Expectation { place: site.place, holds, sides, subject });
        Ok(())
    }

    /// What `expect x.f(…)` asks about, when it is data: `expect names.contains("a")` is not much of an explanation without it.
    fn subject(&mut self, condition: &Expr, site: &Site, env: &mut Env) -> Result<Option<Arg>> {
        let ExprKind::Call { function, args, .. } = &condition.kind else { return Ok(None) };
        let is_operation = function.name.contains('.');
        let Some(receiver) = args.first().and_then(Option::as_ref).filter(|_| is_operation) else {
            return Ok(None);
        };
        let value = self.eval(receiver, env)?;
        if self.is_data(&value) { self.arg(&value, site).map(Some) } else { Ok(None) }
    }

    /// A comparison with both its sides, for the difference that is shown.
    fn comparison(
        &mut self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        condition: &Expr,
        env: &mut Env,
    ) -> Result<(Value, Option<Sides>)> {
        let a = self.eval(left, env)?;
        let b = self.eval(right, env)?;
        let site = self.site(&env.frame.clone(), condition.span);
        let sides = Sides { operator: op, left: self.arg(&a, &site)?, right: self.arg(&b, &site)? };
        let holds = self.operate(op, &left.ty, &a, &b, &condition.ty, &site)?;
        Ok((holds, Some(sides)))
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    matches!(op, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
}
