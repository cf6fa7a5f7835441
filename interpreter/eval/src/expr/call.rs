//! Calls of functions, operations and lambdas.

use std::sync::Arc;

use pipe_analysis::typed::{Binder, Body, Expr, FunctionBody, Global, Type};
use pipe_diagnostics::FileSpan;
use pipe_syntax::Span;

use crate::error::{self, Result};
use crate::frame::{Env, Frame};
use crate::intrinsic::{Intrinsic, Kind};
use crate::machine::Machine;
use crate::memo::CallKey;
use crate::value::{ActionValue, Callee, Closure, ClosureValue, Deed, Value};

impl Machine {
    pub(super) fn call(
        &mut self,
        (function, type_args): (&Global, &[Type]),
        args: &[Option<Expr>],
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let callee = self.callee(function, type_args, expr, env)?;
        let mut given = Vec::with_capacity(args.len());
        let mut spans = Vec::with_capacity(args.len());
        for arg in args {
            spans.push(arg.as_ref().map(|arg| arg.span));
            given.push(arg.as_ref().map(|arg| self.eval(arg, env)).transpose()?);
        }
        let frame = env.frame.clone();
        self.invoke(&callee, given, &spans, expr.span, &expr.ty, &frame)
    }

    /// A named function with the types that its type parameters have here.
    pub(super) fn callee(
        &self,
        function: &Global,
        type_args: &[Type],
        expr: &Expr,
        env: &Env,
    ) -> Result<Callee> {
        let function = self.function(function, &env.place(expr.span))?;
        Ok(Callee { function, type_args: type_args.iter().map(|ty| env.frame.settled(ty)).collect() })
    }

    /// Calls a named function: `None` takes a parameter's default. `span` and `arg_spans` are places in `frame`.
    pub(crate) fn invoke(
        &mut self,
        callee: &Callee,
        given: Vec<Option<Value>>,
        arg_spans: &[Option<Span>],
        span: Span,
        ty: &Type,
        frame: &Arc<Frame>,
    ) -> Result<Value> {
        let Callee { function, type_args } = callee;
        let mut args = Vec::with_capacity(function.params.len());
        let declaration = Frame::item(function.origin.clone(), function.global.name.clone());
        for (index, param) in function.params.iter().enumerate() {
            args.push(match given.get(index) {
                Some(Some(value)) => value.clone(),
                _ => self.default((&function.global, 0, index), param, &declaration, &frame.place(span))?,
            });
        }
        match &function.body {
            FunctionBody::Intrinsic => {
                let what = Intrinsic { kind: Kind::Function, global: &function.global, type_args };
                self.intrinsic(what, args, arg_spans, span, ty, frame)
            }
            // Done when something does it.
            FunctionBody::Source(_) if function.action => {
                let place = frame.place(span);
                let callee = Frame::function(callee.clone(), given);
                let call = Deed::Call { function: function.clone(), args, frame: callee, place };
                let action = ActionValue::new(call);
                self.check_depth(action.depth, frame, span)?;
                Ok(Value::Action(Arc::new(action)))
            }
            FunctionBody::Source(body) => {
                let key = CallKey::new(callee, &args);
                if let Some(value) = key.as_ref().and_then(|key| self.memo.calls.get(key)) {
                    return Ok(value.clone());
                }
                self.note_entered(&function.global);
                let callee = Frame::function(callee.clone(), given);
                let value = self.enter(span, frame, |machine| machine.run_body(body, args, callee));
                // A call by the command line has no place in the program: it is made at the function's own name.
                let written = span != function.origin.name || frame.origin != function.origin;
                let value = value.map_err(|error| {
                    if written { error.called_at(frame.place(span), &function.global.name) } else { error }
                })?;
                if let Some(key) = key {
                    self.memo.calls.insert(key, value.clone());
                }
                Ok(value)
            }
        }
    }

    /// Counts a call; refuses one too many inside each other.
    fn enter<T>(
        &mut self,
        span: Span,
        frame: &Frame,
        run: impl FnOnce(&mut Machine) -> Result<T>,
    ) -> Result<T> {
        self.entered(&frame.place(span), run)
    }

    /// As [`Machine::enter`], at a place.
    pub(crate) fn entered<T>(
        &mut self,
        place: &FileSpan,
        run: impl FnOnce(&mut Machine) -> Result<T>,
    ) -> Result<T> {
        let most = self.meter.budget().calls;
        if self.calls >= most {
            return Err(error::limit(&format!("{most} calls inside each other"), place.clone()));
        }
        self.calls += 1;
        let result = run(self);
        self.calls -= 1;
        result
    }

    /// Notes that a function is entered, when that is asked for.
    pub(crate) fn note_entered(&mut self, function: &Global) {
        if let Some(coverage) = &mut self.coverage {
            coverage.enter(function);
        }
    }

    fn run_body(&mut self, body: &Arc<Body>, args: Vec<Value>, frame: Arc<Frame>) -> Result<Value> {
        let mut env = Env::new(frame, body.locals.len());
        for (slot, arg) in env.locals.iter_mut().zip(args) {
            *slot = Some(arg);
        }
        self.eval(&body.expr, &mut env)
    }

    pub(super) fn call_function_value(
        &mut self,
        callee: &Expr,
        args: &[Expr],
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let function = self.eval(callee, env)?;
        let args = args.iter().map(|arg| self.eval(arg, env)).collect::<Result<Vec<_>>>()?;
        let frame = env.frame.clone();
        self.call_value(&function, args, expr.span, &frame)
    }

    /// Calls a function value.
    pub(crate) fn call_value(
        &mut self,
        callee: &Value,
        args: Vec<Value>,
        span: Span,
        frame: &Arc<Frame>,
    ) -> Result<Value> {
        match callee {
            Value::Closure(ClosureValue(closure)) => {
                self.enter(span, frame, |machine| machine.call_closure(closure, args))
            }
            Value::Function(callee) => {
                let given = args.into_iter().map(Some).collect();
                let Callee { function, type_args } = callee;
                let ret = function.ret.substituted(&function.type_params, type_args);
                let ty = if function.action { Type::Action(ret.into()) } else { ret };
                self.invoke(callee, given, &[], span, &ty, frame)
            }
            other => Err(self.unusable("a call", other, frame.place(span))),
        }
    }

    fn call_closure(&mut self, closure: &Closure, args: Vec<Value>) -> Result<Value> {
        let mut env = Env { frame: closure.frame.clone(), locals: closure.locals.clone() };
        for (binder, arg) in closure.params.iter().zip(args) {
            self.bind(binder, arg, &closure.body, &mut env)?;
        }
        self.eval(&closure.body, &mut env)
    }

    pub(super) fn lambda(
        &mut self,
        params: &[Binder],
        body: &Arc<Expr>,
        expr: &Expr,
        env: &Env,
    ) -> Result<Value> {
        self.charge(env.locals.len() * size_of::<Option<Value>>(), &env.frame, expr.span)?;
        let depth = env.locals.iter().flatten().map(Value::depth).max().unwrap_or(0) + 1;
        self.check_depth(depth, &env.frame, expr.span)?;
        Ok(Value::Closure(ClosureValue(Arc::new(Closure {
            params: params.to_vec(),
            body: body.clone(),
            locals: env.locals.clone(),
            frame: env.frame.clone(),
            depth,
            waits: env.locals.iter().flatten().any(Value::waits),
        }))))
    }
}
