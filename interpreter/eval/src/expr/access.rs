//! Names, fields, records and variants.

use std::sync::Arc;

use pipe_analysis::typed::{Expr, Function, FunctionParam, Global, LocalId};
use pipe_diagnostics::FileSpan;
use pipe_ops::{Arg, Datum};

use crate::error::{self, Result};
use crate::frame::{Env, Frame};
use crate::intrinsic::{Intrinsic, Kind};
use crate::machine::Machine;
use crate::value::{Items, RecordValue, Value, VariantValue};

impl Machine {
    pub(super) fn local(&mut self, id: LocalId, expr: &Expr, env: &Env) -> Result<Value> {
        let value = env.locals.get(id.0 as usize).and_then(Option::as_ref).cloned();
        value.ok_or_else(|| error::internal("a local has no value", env.place(expr.span)))
    }

    /// The value of a `param`: what was given, else its default.
    pub(crate) fn param(&mut self, global: &Global, place: &FileSpan) -> Result<Value> {
        if let Some(value) = self.memo.params.get(global) {
            return Ok(value.clone());
        }
        let module = self.program.modules.get(&global.module).cloned();
        let param = module.and_then(|module| module.params.get(&global.name).cloned());
        let param = param.ok_or_else(|| error::internal("no such param", place.clone()))?;
        let frame = Frame::item(param.origin.clone(), global.name.clone());
        let value = match (self.params.get(global).cloned(), &param.default) {
            (Some(argument), _) => self.argument(&argument, &frame, param.origin.name)?,
            (None, Some(default)) => {
                let mut env = Env::new(frame, default.locals.len());
                self.eval(&default.expr, &mut env)?
            }
            (None, None) => {
                return Err(error::not_given(&global.name, &param.ty, frame.place(param.origin.name)));
            }
        };
        self.memo.params.insert(global.clone(), value.clone());
        Ok(value)
    }

    pub(super) fn module_let(&mut self, global: &Global, expr: &Expr, env: &mut Env) -> Result<Value> {
        let module = self.program.modules.get(&global.module).cloned();
        let found = module.and_then(|module| module.lets.get(&global.name).cloned());
        let Some(found) = found else { return Err(error::internal("no such let", env.place(expr.span))) };
        match &found.value {
            Some(_) => self.let_value(global, &env.place(expr.span)),
            None => {
                let what = Intrinsic { kind: Kind::Let, global, type_args: &[] };
                self.intrinsic(what, Vec::new(), &[], expr.span, &expr.ty, &env.frame.clone())
            }
        }
    }

    /// The value of a `let` that is written in the language.
    pub(crate) fn let_value(&mut self, global: &Global, place: &FileSpan) -> Result<Value> {
        if let Some(value) = self.memo.lets.get(global) {
            return Ok(value.clone());
        }
        let module = self.program.modules.get(&global.module).cloned();
        let found = module.and_then(|module| module.lets.get(&global.name).cloned());
        let found = found.ok_or_else(|| error::internal("no such let", place.clone()))?;
        let body =
            found.value.clone().ok_or_else(|| error::internal("a let without a value", place.clone()))?;
        let mut env = Env::new(Frame::item(found.origin.clone(), global.name.clone()), body.locals.len());
        let value = self.eval(&body.expr, &mut env)?;
        self.memo.lets.insert(global.clone(), value.clone());
        Ok(value)
    }

    pub(crate) fn function(&self, global: &Global, place: &FileSpan) -> Result<Arc<Function>> {
        let module = self.program.modules.get(&global.module);
        let function = module.and_then(|module| module.functions.get(&global.name).cloned());
        function.ok_or_else(|| error::internal(&format!("no function `{}`", global.name), place.clone()))
    }

    pub(super) fn record(
        &mut self,
        record: &Global,
        fields: &[Option<Expr>],
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let module = self.program.modules.get(&record.module);
        let decl = module.and_then(|module| module.records.get(&record.name).cloned());
        let decl = decl.ok_or_else(|| error::internal("no such record", env.place(expr.span)))?;
        let frame = Frame::item(decl.origin.clone(), record.name.clone());
        let fields = self.members((record, 0), &decl.fields, fields, &frame, expr, env)?;
        Ok(Value::Record(Arc::new(RecordValue { decl, fields })))
    }

    pub(super) fn variant(
        &mut self,
        r#enum: &Global,
        index: usize,
        payload: &[Option<Expr>],
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let module = self.program.modules.get(&r#enum.module);
        let decl = module.and_then(|module| module.enums.get(&r#enum.name).cloned());
        let decl = decl.ok_or_else(|| error::internal("no such enum", env.place(expr.span)))?;
        let Some(variant) = decl.variants.get(index) else {
            return Err(error::internal("no such variant", env.place(expr.span)));
        };
        let frame = Frame::item(decl.origin.clone(), variant.name.clone());
        let payload = self.members((r#enum, index), &variant.payload, payload, &frame, expr, env)?;
        Ok(Value::Variant(Arc::new(VariantValue { decl, index, payload })))
    }

    /// Fields or a payload: what is given, else defaults. `item` and its part name the defaults in the memo.
    fn members(
        &mut self,
        (item, part): (&Global, usize),
        declared: &[FunctionParam],
        given: &[Option<Expr>],
        frame: &Arc<Frame>,
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Items> {
        let mut values = Vec::with_capacity(declared.len());
        for (index, param) in declared.iter().enumerate() {
            values.push(match given.get(index).and_then(Option::as_ref) {
                Some(given) => self.eval(given, env)?,
                None => self.default((item, part, index), param, frame, &env.place(expr.span))?,
            });
        }
        self.items(values, expr, env)
    }

    /// The default of a parameter, field or payload; evaluated once.
    pub(crate) fn default(
        &mut self,
        (item, part, index): (&Global, usize, usize),
        param: &FunctionParam,
        frame: &Arc<Frame>,
        place: &FileSpan,
    ) -> Result<Value> {
        let Some(default) = &param.default else {
            return Err(error::internal(
                &format!("`{}` has no value and no default", param.name),
                place.clone(),
            ));
        };
        let key = (item.clone(), part, index);
        if let Some(value) = self.memo.defaults.get(&key) {
            return Ok(value.clone());
        }
        let mut env = Env::new(frame.clone(), default.locals.len());
        let value = self.eval(&default.expr, &mut env)?;
        self.memo.defaults.insert(key, value.clone());
        Ok(value)
    }

    pub(super) fn update(
        &mut self,
        base: &Expr,
        fields: &[(usize, Expr)],
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let base = self.eval(base, env)?;
        let base = self.resolved_at(base, &env.frame.clone(), expr.span)?;
        let Value::Record(record) = &base else {
            return Err(self.unusable("`with`", &base, env.place(expr.span)));
        };
        let mut values = record.fields.to_vec();
        for (index, field) in fields {
            let value = self.eval(field, env)?;
            let slot = values.get_mut(*index);
            *slot.ok_or_else(|| error::internal("no such field", env.place(expr.span)))? = value;
        }
        let fields = self.items(values, expr, env)?;
        Ok(Value::Record(Arc::new(RecordValue { decl: record.decl.clone(), fields })))
    }

    pub(super) fn all_variants(&mut self, global: &Global, expr: &Expr, env: &Env) -> Result<Value> {
        let module = self.program.modules.get(&global.module);
        let decl = module.and_then(|module| module.enums.get(&global.name).cloned());
        let decl = decl.ok_or_else(|| error::internal("no such enum", env.place(expr.span)))?;
        let variant = |index| {
            Value::Variant(Arc::new(VariantValue {
                decl: decl.clone(),
                index,
                payload: Items::new(Vec::new()),
            }))
        };
        let values = (0..decl.variants.len()).map(variant).collect();
        self.items(values, expr, env).map(Value::List)
    }

    pub(super) fn field(&mut self, base: &Expr, index: usize, expr: &Expr, env: &mut Env) -> Result<Value> {
        let base = self.eval(base, env)?;
        match &base {
            Value::Record(record) => record
                .fields
                .get(index)
                .cloned()
                .ok_or_else(|| error::internal("no such field", env.place(expr.span))),
            Value::Symbolic(symbolic) => {
                let site = self.site(&env.frame.clone(), expr.span);
                let index = Datum::Int(index as i64);
                self.apply_args(
                    "field",
                    vec![Arg::Output(symbolic.output), Arg::Const(index)],
                    &expr.ty,
                    &site,
                )
            }
            _ => Err(self.unusable("a field", &base, env.place(expr.span))),
        }
    }

    pub(super) fn intrinsic_field(
        &mut self,
        base: &Expr,
        field: &Global,
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let span = base.span;
        let base = self.eval(base, env)?;
        let what = Intrinsic { kind: Kind::Field, global: field, type_args: &[] };
        self.intrinsic(what, vec![base], &[Some(span)], expr.span, &expr.ty, &env.frame.clone())
    }

    pub(super) fn optional_chain(
        &mut self,
        base: &Expr,
        local: LocalId,
        body: &Expr,
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let value = self.eval(base, env)?;
        let value = self.resolved_at(value, &env.frame.clone(), base.span)?;
        let Value::Optional(inner) = value else {
            return Err(self.unusable("`?.`", &value, env.place(base.span)));
        };
        let Some(inner) = inner else { return Ok(Value::Optional(None)) };
        self.bind_local(local, (*inner).clone(), expr, env)?;
        let value = self.eval(body, env)?;
        // The type says whether the body is optional itself, which is flattened.
        let optional_body = matches!(body.ty, pipe_analysis::typed::Type::Optional(_));
        Ok(if optional_body { value } else { Value::optional(Some(value)) })
    }

    pub(super) fn bind_local(&mut self, id: LocalId, value: Value, expr: &Expr, env: &mut Env) -> Result<()> {
        let slot = env.locals.get_mut(id.0 as usize);
        match slot {
            Some(slot) => *slot = Some(value),
            None => return Err(error::internal("no such local", env.place(expr.span))),
        }
        Ok(())
    }
}
