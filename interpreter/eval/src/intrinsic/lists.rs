//! Operations of lists. Elements may be anything: containers, checks, functions.

use indexmap::IndexMap;
use pipe_ops::Datum;
use pipe_ops::pure::{chunk_length, slice_range};

use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::{Items, Value, map_value};

pub(super) const TABLE: Table = &[
    ("List.len", Entry::Run(len)),
    ("List.map", Entry::Run(map)),
    ("List.filter", Entry::Run(filter)),
    ("List.fold", Entry::Run(fold)),
    ("List.any", Entry::Run(|machine, call| quantified(machine, call, "or", false))),
    ("List.every", Entry::Run(|machine, call| quantified(machine, call, "and", true))),
    ("List.first", Entry::Run(|machine, call| one(machine, call, "List.first", |items| items.first()))),
    ("List.last", Entry::Run(|machine, call| one(machine, call, "List.last", |items| items.last()))),
    ("List.get", Entry::Run(get)),
    ("List.zip", Entry::Run(zip)),
    ("List.flatten", Entry::Run(flatten)),
    ("List.reverse", Entry::Run(reverse)),
    ("List.slice", Entry::Run(slice)),
    ("List.join", Entry::Pure("List.join")),
    ("List.is_empty", Entry::Run(is_empty)),
    ("List.find", Entry::Run(find)),
    ("List.filter_map", Entry::Run(filter_map)),
    ("List.flat_map", Entry::Run(flat_map)),
    ("List.partition", Entry::Run(partition)),
    ("List.group_by", Entry::Run(group_by)),
    ("List.take", Entry::Run(|machine, call| part(machine, call, "List.take", |items, at| items.get(..at)))),
    ("List.drop", Entry::Run(|machine, call| part(machine, call, "List.drop", |items, at| items.get(at..)))),
    ("List.enumerate", Entry::Run(enumerate)),
    ("List.chunks", Entry::Run(chunks)),
    ("List.product", Entry::Run(product)),
];

impl Call<'_> {
    /// A new list.
    pub(super) fn made(&self, machine: &mut Machine, values: Vec<Value>) -> Result<Value> {
        machine.charge(values.len() * size_of::<Value>(), self.frame, self.span())?;
        let items = Items::new(values);
        machine.check_depth(items.depth(), self.frame, self.span())?;
        Ok(Value::List(items))
    }

    /// What the function in argument `function` gives for each element, as known data.
    pub(super) fn keys(&self, machine: &mut Machine, function: usize) -> Result<Vec<Datum>> {
        let site = self.site(machine);
        let mut keys = Vec::new();
        for item in self.list(machine, 0)? {
            let key = apply(machine, self, function, vec![item.clone()])?;
            let key = machine.resolved_at(key, self.frame, self.span())?;
            let Some(datum) = machine.known_datum(&key, &site)? else {
                return Err(machine.unusable(&format!("`{}`", self.name()), &key, self.place()));
            };
            machine.charge(size_of::<Datum>(), self.frame, self.span())?;
            keys.push(datum);
        }
        Ok(keys)
    }

    /// Whether the function in argument `function` accepts these.
    pub(super) fn accepts(&self, machine: &mut Machine, function: usize, args: Vec<Value>) -> Result<bool> {
        let taken = apply(machine, self, function, args)?;
        match machine.resolved_at(taken, self.frame, self.span())? {
            Value::Bool(taken) => Ok(taken),
            other => Err(machine.unusable(&format!("`{}`", self.name()), &other, self.place())),
        }
    }
}

fn len(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    match call.arg(0)? {
        Value::List(items) => Ok(Value::Int(items.len() as i64)),
        _ => machine.pure_call("List.len", call),
    }
}

/// Calls the function in argument `function`.
pub(super) fn apply(
    machine: &mut Machine,
    call: &Call<'_>,
    function: usize,
    args: Vec<Value>,
) -> Result<Value> {
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
        if call.accepts(machine, 1, vec![item.clone()])? {
            values.push(item.clone());
        }
    }
    call.made(machine, values)
}

fn find(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    for item in call.list(machine, 0)? {
        if call.accepts(machine, 1, vec![item.clone()])? {
            return Ok(Value::optional(Some(item.clone())));
        }
    }
    Ok(Value::Optional(None))
}

fn partition(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (mut taken, mut left) = (Vec::new(), Vec::new());
    for item in call.list(machine, 0)? {
        let side = if call.accepts(machine, 1, vec![item.clone()])? { &mut taken } else { &mut left };
        side.push(item.clone());
    }
    let sides = vec![call.made(machine, taken)?, call.made(machine, left)?];
    Ok(Value::Tuple(Items::new(sides)))
}

fn filter_map(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut values = Vec::new();
    for item in call.list(machine, 0)? {
        let found = apply(machine, call, 1, vec![item.clone()])?;
        match machine.resolved_at(found, call.frame, call.span())? {
            Value::Optional(found) => values.extend(found.map(|found| (*found).clone())),
            other => return Err(machine.unusable("`filter_map`", &other, call.place())),
        }
    }
    call.made(machine, values)
}

fn flat_map(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut values = Vec::new();
    for item in call.list(machine, 0)? {
        let list = apply(machine, call, 1, vec![item.clone()])?;
        match machine.resolved_at(list, call.frame, call.span())? {
            Value::List(items) => {
                machine.charge(items.len() * size_of::<Value>(), call.frame, call.span())?;
                values.extend(items.iter().cloned());
            }
            other => return Err(machine.unusable("`flat_map`", &other, call.place())),
        }
    }
    call.made(machine, values)
}

/// A map from each key to the elements that have it, in order; keys in order of their first element.
fn group_by(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut groups: IndexMap<Datum, Vec<Value>> = IndexMap::new();
    let keys = call.keys(machine, 1)?;
    for (key, item) in keys.into_iter().zip(call.list(machine, 0)?) {
        groups.entry(key).or_default().push(item.clone());
    }
    let mut entries = IndexMap::with_capacity(groups.len());
    for (key, items) in groups {
        entries.insert(key, call.made(machine, items)?);
    }
    let map = map_value(entries);
    machine.check_depth(map.depth(), call.frame, call.span())?;
    Ok(map)
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

fn is_empty(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    match call.arg(0)? {
        Value::List(items) => Ok(Value::Bool(items.is_empty())),
        _ => machine.pure_call("List.is_empty", call),
    }
}

/// A negative count takes none.
fn part(
    machine: &mut Machine,
    call: &Call<'_>,
    function: &str,
    choose: for<'a> fn(&'a [Value], usize) -> Option<&'a [Value]>,
) -> Result<Value> {
    match (call.arg(0)?, call.arg(1)?) {
        (Value::List(items), Value::Int(count)) => {
            let count = usize::try_from((*count).max(0)).unwrap_or(usize::MAX).min(items.len());
            call.made(machine, choose(items, count).unwrap_or_default().to_vec())
        }
        _ => machine.pure_call(function, call),
    }
}

fn enumerate(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::List(items) = call.arg(0)? else { return machine.pure_call("List.enumerate", call) };
    let pairs = items.iter().zip(0..);
    let pairs = pairs.map(|(item, index)| Value::Tuple(Items::new(vec![Value::Int(index), item.clone()])));
    call.made(machine, pairs.collect())
}

fn chunks(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (Value::List(items), Value::Int(size)) = (call.arg(0)?, call.arg(1)?) else {
        return machine.pure_call("List.chunks", call);
    };
    let size = chunk_length(*size).map_err(|e| error::pure(&e, call.arg_place(1)))?;
    machine.charge(items.len() * size_of::<Value>(), call.frame, call.span())?;
    let chunks = items.chunks(size).map(|chunk| Value::List(Items::new(chunk.to_vec())));
    call.made(machine, chunks.collect())
}

fn product(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (Value::List(left), Value::List(right)) = (call.arg(0)?, call.arg(1)?) else {
        return machine.pure_call("List.product", call);
    };
    let mut pairs = Vec::new();
    for a in left.iter() {
        for b in right.iter() {
            machine.step(1, call.frame, call.span())?;
            machine.charge(3 * size_of::<Value>(), call.frame, call.span())?;
            pairs.push(Value::Tuple(Items::new(vec![a.clone(), b.clone()])));
        }
    }
    call.made(machine, pairs)
}
