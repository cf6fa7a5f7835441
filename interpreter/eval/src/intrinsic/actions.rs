//! Actions: effects that are planned, and how they are combined. Running them is not there yet: each effect stands on a node that
//! planning refuses, by its operation.

use std::sync::Arc;

use pipe_analysis::typed::Type;

use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::{Machine, symbolic};
use crate::value::{ActionStep, ActionValue, Effect, Group, Items, RecordValue, Value};

pub(super) const TABLE: Table = &[
    ("Container.push", Entry::Run(|m, call| effect(m, call, "push", None))),
    ("Container.load", Entry::Run(|m, call| effect(m, call, "load", None))),
    ("Container.perform", Entry::Run(|m, call| effect(m, call, "perform", Some(2)))),
    ("Dir.export", Entry::Run(|m, call| effect(m, call, "export", None))),
    ("File.export", Entry::Run(|m, call| effect(m, call, "export", None))),
    ("Service.up", Entry::Run(|m, call| effect(m, call, "up", None))),
    ("Index.push", Entry::Run(|m, call| effect(m, call, "push", None))),
    ("ImageRef.attach", Entry::Run(|m, call| effect(m, call, "attach", None))),
    ("sleep", Entry::Run(|m, call| effect(m, call, "sleep", None))),
    ("approval", Entry::Run(|m, call| effect(m, call, "approval", Some(1)))),
    ("notify", Entry::Run(|m, call| effect(m, call, "notify", None))),
    ("plan", Entry::Run(plan)),
    ("simulate", Entry::Run(simulate)),
    ("parallel", Entry::Run(parallel)),
    ("sequence", Entry::Run(sequence)),
    ("retry", Entry::Run(retry)),
    ("on_failure", Entry::Run(|m, call| pair(m, call, Group::OnFailure))),
    ("finally", Entry::Run(|m, call| pair(m, call, Group::Finally))),
    ("allow_failure", Entry::Run(allow_failure)),
];

/// An effect; `name` is where its name is given, if it can be.
fn effect(machine: &mut Machine, call: &Call<'_>, operation: &str, name: Option<usize>) -> Result<Value> {
    let name = match name {
        Some(index) => call.optional_text(machine, index)?,
        None => None,
    };
    let site = call.site(machine);
    let (inputs, args) = machine.described(&call.args, &site)?;
    let output = machine.declared(operation, inputs, args, &site)?;
    let result = match call.ty {
        Type::Action(ty) => machine.standing_on(output, ty),
        other => machine.standing_on(output, other),
    };
    let name = name.unwrap_or_else(|| operation.into());
    let effect = Effect { name, operation: operation.into(), output, place: site.place };
    finish(machine, call, vec![ActionStep::Effect(Arc::new(effect))], result)
}

fn finish(machine: &mut Machine, call: &Call<'_>, steps: Vec<ActionStep>, result: Value) -> Result<Value> {
    let action = ActionValue::new(steps, result);
    machine.check_depth(action.depth, call.frame, call.span())?;
    Ok(Value::Action(Arc::new(action)))
}

fn action(machine: &Machine, call: &Call<'_>, index: usize) -> Result<Arc<ActionValue>> {
    match call.arg(index)? {
        Value::Action(action) => Ok(action.clone()),
        _ => Err(call.unusable(machine, index)),
    }
}

fn actions(machine: &Machine, call: &Call<'_>) -> Result<Vec<Arc<ActionValue>>> {
    let action = |value: &Value| match value {
        Value::Action(action) => Ok(action.clone()),
        other => Err(machine.unusable(&format!("`{}`", call.name()), other, call.arg_place(0))),
    };
    call.list(machine, 0)?.iter().map(action).collect()
}

fn results(actions: &[Arc<ActionValue>]) -> Value {
    Value::List(Items::new(actions.iter().map(|action| action.result.clone()).collect()))
}

fn parallel(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let actions = actions(machine, call)?;
    let limit = match call.optional(machine, 1)? {
        None => None,
        Some(Value::Int(limit)) if *limit > 0 => Some(*limit),
        Some(Value::Int(_)) => return Err(error::invalid("at least one runs at once", call.arg_place(1))),
        Some(other) => return Err(machine.unusable("`limit`", other, call.arg_place(1))),
    };
    let result = results(&actions);
    finish(machine, call, vec![ActionStep::Group(Group::Parallel { limit }, actions)], result)
}

fn sequence(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let actions = actions(machine, call)?;
    let result = results(&actions);
    finish(machine, call, vec![ActionStep::Group(Group::Sequence, actions)], result)
}

fn retry(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (inner, times) = (action(machine, call, 0)?, call.int(machine, 1)?);
    if times < 1 {
        return Err(error::invalid("an action is tried at least once", call.arg_place(1)));
    }
    let result = inner.result.clone();
    finish(machine, call, vec![ActionStep::Group(Group::Retry { times }, vec![inner])], result)
}

/// `on_failure` and `finally`: an action with another one beside it.
fn pair(machine: &mut Machine, call: &Call<'_>, group: Group) -> Result<Value> {
    let (inner, other) = (action(machine, call, 0)?, action(machine, call, 1)?);
    let result = inner.result.clone();
    finish(machine, call, vec![ActionStep::Group(group, vec![inner, other])], result)
}

/// Whether it failed is known only when it ran.
fn allow_failure(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let inner = action(machine, call, 0)?;
    let site = call.site(machine);
    let output = machine.declared("allow_failure", Vec::new(), Vec::new(), &site)?;
    let ty = match call.ty {
        Type::Action(ty) => ty.as_ref(),
        other => other,
    };
    finish(machine, call, vec![ActionStep::Group(Group::AllowFailure, vec![inner])], symbolic(output, ty))
}

/// The effects of an action by name, in order.
fn plan(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let action = action(machine, call, 0)?;
    let steps = machine.action_steps(&action, &call.place())?;
    let missing = || error::internal("the standard library has no `Plan`", call.place());
    let planned = machine.record_named("std/prelude.PlannedAction").cloned().ok_or_else(missing)?;
    let plan = machine.record_named("std/prelude.Plan").cloned().ok_or_else(missing)?;
    let record = |step: &ActionStep| {
        let ActionStep::Effect(effect) = step else { return None };
        let fields = Items::new(vec![Value::Text(effect.name.clone())]);
        Some(Value::Record(Arc::new(RecordValue { decl: planned.clone(), fields })))
    };
    let actions = Value::List(Items::new(steps.iter().filter_map(record).collect()));
    Ok(Value::Record(Arc::new(RecordValue { decl: plan, fields: Items::new(vec![actions]) })))
}

fn simulate(_: &mut Machine, call: &Call<'_>) -> Result<Value> {
    Err(error::not_there_yet("simulate", call.place()))
}
