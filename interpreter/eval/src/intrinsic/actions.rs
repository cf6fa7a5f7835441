//! Actions: effects, and how they are combined.

use std::sync::Arc;

use pipe_ops::pure::normalise_path;
use pipe_ops::{Act, Arg, Hints};

use super::starts::tree_of;
use super::{Call, Entry, Table};
use crate::course::{Course, State};
use crate::error::{self, Result};
use crate::machine::{Machine, Site};
use crate::memo::Memo;
use crate::rounds::Wait;
use crate::simulation::{SIMULATED, Simulation};
use crate::value::{ActionValue, Deed, Described, Effect, Gives, Items, RecordValue, Value};

pub(super) const TABLE: Table = &[
    ("Container.perform", Entry::Run(perform)),
    ("Dir.export", Entry::Run(export)),
    ("File.export", Entry::Run(export)),
    ("Service.up", Entry::Run(up)),
    ("sleep", Entry::Run(sleep)),
    ("approval", Entry::Run(approval)),
    ("notify", Entry::Run(notify)),
    ("plan", Entry::Run(plan)),
    ("simulate", Entry::Run(simulate)),
    ("parallel", Entry::Run(parallel)),
    ("sequence", Entry::Run(sequence)),
    ("retry", Entry::Run(retry)),
    ("on_failure", Entry::Run(|m, call| pair(m, call, Deed::OnFailure))),
    ("finally", Entry::Run(|m, call| pair(m, call, Deed::Finally))),
    ("allow_failure", Entry::Run(allow_failure)),
];

/// An effect of the engine without a result.
fn simple(
    machine: &mut Machine,
    call: &Call<'_>,
    name: Arc<str>,
    operation: &str,
    act: Act,
) -> Result<Value> {
    made(machine, call, name, operation, act, Hints::default(), Gives::Nothing)
}

/// An effect, described.
pub(super) fn made(
    machine: &mut Machine,
    call: &Call<'_>,
    name: Arc<str>,
    operation: &str,
    act: Act,
    hints: Hints,
    gives: Gives,
) -> Result<Value> {
    let site = Site { name: name.clone(), ..call.site(machine) };
    let described = Described { name, operation: operation.into(), site, act, hints, gives };
    finish(machine, call, Deed::Effect(Arc::new(described)))
}

fn finish(machine: &mut Machine, call: &Call<'_>, deed: Deed) -> Result<Value> {
    let action = ActionValue::new(deed);
    machine.check_depth(action.depth, call.frame, call.span())?;
    Ok(Value::Action(Arc::new(action)))
}

fn export(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (source, is_file) = tree_of(machine, call, call.arg(0)?)?;
    let path = normalise_path(&call.text(machine, 1)?);
    simple(machine, call, "export".into(), "export", Act::Export { source, is_file, path })
}

fn up(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let act = super::services::up(machine, call)?;
    simple(machine, call, "up".into(), "up", act)
}

fn sleep(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    if let Value::Duration(nanoseconds) = call.arg(0)?
        && *nanoseconds < 0
    {
        return Err(error::invalid("nobody can wait for less than nothing", call.arg_place(0)));
    }
    let act = Act::Sleep(said(machine, call)?);
    simple(machine, call, "sleep".into(), "sleep", act)
}

fn notify(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let act = Act::Notify(said(machine, call)?);
    simple(machine, call, "notify".into(), "notify", act)
}

fn approval(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let name = call.optional_text(machine, 1)?.unwrap_or_else(|| "approval".into());
    let act = Act::Approve(said(machine, call)?);
    simple(machine, call, name, "approval", act)
}

/// The first argument, known or not.
fn said(machine: &mut Machine, call: &Call<'_>) -> Result<Arg> {
    let site = call.site(machine);
    machine.arg(call.arg(0)?, &site)
}

fn perform(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let name = call.optional_text(machine, 2)?.unwrap_or_else(|| "perform".into());
    let timeout = machine.timeout(call, 3)?;
    let command = machine.command(&container, call.arg(1)?, call, 1)?;
    let site = Site { place: command.place.clone(), name: name.clone() };
    let hints = Hints { timeout, shell: command.shell.clone(), ..Hints::default() };
    let network = machine.default_network(call);
    let exec = machine.exec_of(&container, command, None, network, &site)?;
    made(machine, call, name, "perform", Act::Perform(exec), hints, Gives::Container(container))
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

fn parallel(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let actions = actions(machine, call)?;
    let limit = match call.optional(machine, 1)? {
        None => None,
        Some(Value::Int(limit)) if *limit > 0 => usize::try_from(*limit).ok(),
        Some(Value::Int(_)) => return Err(error::invalid("at least one runs at once", call.arg_place(1))),
        Some(other) => return Err(machine.unusable("`limit`", other, call.arg_place(1))),
    };
    finish(machine, call, Deed::Parallel(actions, limit))
}

fn sequence(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let actions = actions(machine, call)?;
    finish(machine, call, Deed::Sequence(actions))
}

fn retry(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (inner, times) = (action(machine, call, 0)?, call.int(machine, 1)?);
    if times < 1 {
        return Err(error::invalid("an action is tried at least once", call.arg_place(1)));
    }
    finish(machine, call, Deed::Retry(inner, times))
}

/// `on_failure` and `finally`: an action with another one beside it.
fn pair(
    machine: &mut Machine,
    call: &Call<'_>,
    deed: fn(Arc<ActionValue>, Arc<ActionValue>) -> Deed,
) -> Result<Value> {
    let (inner, other) = (action(machine, call, 0)?, action(machine, call, 1)?);
    finish(machine, call, deed(inner, other))
}

fn allow_failure(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let inner = action(machine, call, 0)?;
    finish(machine, call, Deed::AllowFailure(inner))
}

/// The effects of an action, in order.
fn plan(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let action = action(machine, call, 0)?;
    let (course, _) = machine.course_of(&action, Course::rehearsal(), &call.place())?;
    if course.state != State::Going {
        return Err(error::waits(Wait::Along(course.lost), call.place()));
    }
    let actions = effects(machine, call, &course.effects)?;
    record(machine, call, "Plan", vec![actions])
}

/// What an action does when steps, effects and persons give what is said of them.
fn simulate(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let action = action(machine, call, 0)?;
    let simulation = Simulation::new(super::answers::given(machine, call, 1)?, call.arg_place(1));
    // What is known here only is remembered here only.
    let params = machine.memo.params.clone();
    let kept = std::mem::replace(&mut machine.memo, Memo { params, ..Memo::default() });
    let done = gone_through(machine, call, &action, simulation);
    machine.memo = kept;
    let (course, result) = done?;
    if course.state == State::Waits {
        return Err(error::waits(Wait::Along(course.lost), call.place()));
    }
    if let Some(simulation) = course.simulation {
        simulation.end()?;
    }
    let actions = effects(machine, call, &course.effects)?;
    let failed = Value::Bool(course.state == State::Lost);
    record(machine, call, "Simulation", vec![actions, failed, Value::optional(result)])
}

/// The course of a simulated action, and what it gives unless it fails: as far as it is known in the simulation, for nobody knows it
/// afterwards.
fn gone_through(
    machine: &mut Machine,
    call: &Call<'_>,
    action: &ActionValue,
    simulation: Simulation,
) -> Result<(Course, Option<Value>)> {
    let site = call.site(machine);
    machine.has_simulated = true;
    let mark = machine.declared(SIMULATED, Vec::new(), Vec::new(), &site)?;
    let (course, value) = machine.course_of(action, Course::simulated(simulation, mark), &site.place)?;
    if course.state != State::Going {
        return Ok((course, None));
    }
    let outer = machine.course.replace(course);
    let told = machine.told(&value, &site);
    let course = std::mem::replace(&mut machine.course, outer).unwrap_or_default();
    Ok((course, Some(told?)))
}

fn effects(machine: &Machine, call: &Call<'_>, effects: &[Arc<Effect>]) -> Result<Value> {
    let one = |effect: &Arc<Effect>| {
        let texts = [&effect.name, &effect.operation, &effect.detail];
        let fields = texts.into_iter().cloned().map(Value::Text).chain([Value::Bool(effect.failed)]);
        record(machine, call, "PlannedAction", fields.collect())
    };
    Ok(Value::List(Items::new(effects.iter().map(one).collect::<Result<_>>()?)))
}

/// A record of the prelude.
pub(super) fn record(machine: &Machine, call: &Call<'_>, name: &str, fields: Vec<Value>) -> Result<Value> {
    let decl = machine.record_named(&format!("std/prelude.{name}")).cloned();
    let decl =
        decl.ok_or_else(|| error::internal(&format!("the standard library has no `{name}`"), call.place()))?;
    Ok(Value::Record(Arc::new(RecordValue { decl, fields: Items::new(fields) })))
}
