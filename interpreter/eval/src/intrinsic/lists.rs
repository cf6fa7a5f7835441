//! Operations of lists. Elements may be anything: containers, checks, functions.

use pipe_ops::pure::slice_range;

use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::{Items, Value};

pub(super) const TABLE: Table = &[
    ("List.len", Entry::Run(len)),
    ("List.map", Entry::Run(map)),
    ("List.filter", Entry::Run(filter)),
    ("List.fold", Entry::Run(fold)),
    ("List.any", Entry::Run(|machine, call| quantified(machine, call, "or", false))),
    ("List.every", Entry::Run(|machine, call| quantified(machine, call, "and", true))),
    ("List.contains", Entry::Pure("List.contains")),
    ("List.first", Entry::Run(|machine, call| one(machine, call, "List.first", |items| items.first()))),
    ("List.last", Entry::Run(|machine, call| one(machine, call, "List.last", |items| items.last()))),
    ("List.get", Entry::Run(get)),
    ("List.zip", Entry::Run(zip)),
    ("List.sort", Entry::Pure("List.sort")),
    ("List.unique", Entry::Pure("List.unique")),
    ("List.flatten", Entry::Run(flatten)),
    ("List.reverse", Entry::Run(reverse)),
    ("List.slice", Entry::Run(slice)),
    ("List.join", Entry::Pure("List.join")),
];

impl Call<'_> {
    /// A new list.
    fn made(&self, machine: &mut Machine, values: Vec<Value>) -> Result<Value> {
        machine.charge(values.len() * size_of::<Value>(), self.frame, self.span())?;
        let items = Items::new(values);
        machine.check_depth(items.depth(), self.frame, self.span())?;
        Ok(Value::List(items))
    }
}

fn len(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    match call.arg(0)? {
        Value::List(items) => Ok(Value::Int(items.len() as i64)),
        _ => machine.pure_call("List.len", call),
    }
}

/// Calls the function in argument `function`.
fn apply(machine: &mut Machine, call: &Call<'_>, function: usize, args: Vec<Value>) -> Result<Value> {
    machine.step(1, call.frame, call.span())?;
    machine.call_value(call.arg(function)?, args, call.span(), call.frame)
}

fn map(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut values = Vec::new();
    for item in call.list(machine, 0)? {
        values.push(apply(machine, call, 1, vec![item.clone()])?);
    }
    call.made(machine, values)
}

fn filter(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut values = Vec::new();
    for item in call.list(machine, 0)? {
        let taken = apply(machine, call, 1, vec![item.clone()])?;
        match machine.resolved_at(taken, call.frame, call.span())? {
            Value::Bool(true) => values.push(item.clone()),
            Value::Bool(false) => {}
            other => return Err(machine.unusable("`filter`", &other, call.place())),
        }
    }
    call.made(machine, values)
}

fn fold(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut value = call.arg(1)?.clone();
    for item in call.list(machine, 0)? {
        value = apply(machine, call, 2, vec![value, item.clone()])?;
    }
    Ok(value)
}

/// `any` and `every`: goes on as long as nothing is decided, and joins what is known only later.
fn quantified(machine: &mut Machine, call: &Call<'_>, joint: &str, empty: bool) -> Result<Value> {
    let mut result = Value::Bool(empty);
    for item in call.list(machine, 0)? {
        let holds = apply(machine, call, 1, vec![item.clone()])?;
        match (&holds, &result) {
            (Value::Bool(holds), _) if *holds != empty => return Ok(Value::Bool(*holds)),
            (Value::Bool(_), _) => {}
            (_, Value::Bool(_)) => result = holds,
            _ => {
                let site = call.site(machine);
                result = machine.apply(joint, &[&result, &holds], call.ty, &site)?;
            }
        }
    }
    Ok(result)
}

fn one(
    machine: &mut Machine,
    call: &Call<'_>,
    function: &str,
    choose: for<'a> fn(&'a [Value]) -> Option<&'a Value>,
) -> Result<Value> {
    match call.arg(0)? {
        Value::List(items) => Ok(Value::optional(choose(items).cloned())),
        _ => machine.pure_call(function, call),
    }
}

fn get(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    match (call.arg(0)?, call.arg(1)?) {
        (Value::List(items), Value::Int(index)) => {
            Ok(Value::optional(usize::try_from(*index).ok().and_then(|index| items.get(index)).cloned()))
        }
        _ => machine.pure_call("List.get", call),
    }
}

fn zip(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (Value::List(a), Value::List(b)) = (call.arg(0)?, call.arg(1)?) else {
        return machine.pure_call("List.zip", call);
    };
    let pairs = a.iter().zip(b.iter()).map(|(a, b)| Value::Tuple(Items::new(vec![a.clone(), b.clone()])));
    call.made(machine, pairs.collect())
}

fn flatten(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::List(lists) = call.arg(0)? else { return machine.pure_call("List.flatten", call) };
    let mut values = Vec::new();
    for list in lists.iter() {
        match list {
            Value::List(items) => {
                machine.charge(items.len() * size_of::<Value>(), call.frame, call.span())?;
                values.extend(items.iter().cloned());
            }
            Value::Symbolic(_) => return machine.pure_call("List.flatten", call),
            other => return Err(error::internal(&format!("`flatten` of {}", other.kind()), call.place())),
        }
    }
    call.made(machine, values)
}

fn reverse(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    match call.arg(0)? {
        Value::List(items) => call.made(machine, items.iter().rev().cloned().collect()),
        _ => machine.pure_call("List.reverse", call),
    }
}

fn slice(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let end = match call.arg(2)? {
        Value::Optional(None) => Some(None),
        Value::Optional(Some(end)) => match end.as_ref() {
            Value::Int(end) => Some(Some(*end)),
            _ => None,
        },
        _ => None,
    };
    match (call.arg(0)?, call.arg(1)?, end) {
        (Value::List(items), Value::Int(start), Some(end)) => {
            let range = slice_range(items.len(), *start, end);
            call.made(machine, items.get(range).unwrap_or_default().to_vec())
        }
        _ => machine.pure_call("List.slice", call),
    }
}
