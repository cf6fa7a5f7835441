//! Operations of maps. Values may be anything; keys are plain data.

use super::lists::apply;
use super::{Call, Entry, Table};
use crate::error::Result;
use crate::machine::Machine;
use crate::value::{Items, Value, map_value};
use indexmap::IndexMap;
use pipe_ops::{Arg, Datum};

pub(super) const TABLE: Table = &[
    ("Map.len", Entry::Run(len)),
    ("Map.get", Entry::Run(get)),
    ("Map.insert", Entry::Run(insert)),
    ("Map.keys", Entry::Run(keys)),
    ("Map.values", Entry::Run(values)),
    ("Map.is_empty", Entry::Run(is_empty)),
    ("Map.contains", Entry::Run(contains)),
    ("Map.remove", Entry::Run(remove)),
    ("Map.entries", Entry::Run(entries)),
    ("Map.merge", Entry::Run(merge)),
    ("Map.map_values", Entry::Run(map_values)),
    ("Map.filter", Entry::Run(filter)),
];

impl Call<'_> {
    /// A new map.
    fn made_map(&self, machine: &mut Machine, entries: IndexMap<Datum, Value>) -> Result<Value> {
        machine.charge(entries.len() * 2 * size_of::<Value>(), self.frame, self.span())?;
        let map = map_value(entries);
        machine.check_depth(map.depth(), self.frame, self.span())?;
        Ok(map)
    }
}

fn len(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    match call.arg(0)? {
        Value::Map(map) => Ok(Value::Int(map.entries.len() as i64)),
        _ => machine.pure_call("Map.len", call),
    }
}

fn get(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(map) = call.arg(0)? else { return machine.pure_call("Map.get", call) };
    let (key, site) = (call.arg(1)?.clone(), call.site(machine));
    match machine.arg(&key, &site)? {
        Arg::Const(key) => Ok(Value::optional(map.entries.get(&key).cloned())),
        Arg::Output(_) => machine.pure_call("Map.get", call),
    }
}

fn insert(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(map) = call.arg(0)? else { return machine.pure_call("Map.insert", call) };
    let (key, site) = (call.arg(1)?.clone(), call.site(machine));
    let Arg::Const(key) = machine.arg(&key, &site)? else { return machine.pure_call("Map.insert", call) };
    let mut entries = map.entries.clone();
    entries.insert(key, call.arg(2)?.clone());
    call.made_map(machine, entries)
}

fn is_empty(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    match call.arg(0)? {
        Value::Map(map) => Ok(Value::Bool(map.entries.is_empty())),
        _ => machine.pure_call("Map.is_empty", call),
    }
}

fn contains(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(map) = call.arg(0)? else { return machine.pure_call("Map.contains", call) };
    let site = call.site(machine);
    match machine.arg(call.arg(1)?, &site)? {
        Arg::Const(key) => Ok(Value::Bool(map.entries.contains_key(&key))),
        Arg::Output(_) => machine.pure_call("Map.contains", call),
    }
}

/// Without the pair of a key; the others keep their order.
fn remove(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(map) = call.arg(0)? else { return machine.pure_call("Map.remove", call) };
    let site = call.site(machine);
    let Arg::Const(key) = machine.arg(call.arg(1)?, &site)? else {
        return machine.pure_call("Map.remove", call);
    };
    let mut entries = map.entries.clone();
    entries.shift_remove(&key);
    call.made_map(machine, entries)
}

fn entries(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(map) = call.arg(0)? else { return machine.pure_call("Map.entries", call) };
    let site = call.site(machine);
    let pairs = map.entries.iter().map(|(key, value)| {
        let key = machine.datum_value(key.clone(), &site)?;
        Ok(Value::Tuple(Items::new(vec![key, value.clone()])))
    });
    let pairs = pairs.collect::<Result<Vec<_>>>()?;
    call.made(machine, pairs)
}

fn merge(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (Value::Map(map), Value::Map(other)) = (call.arg(0)?, call.arg(1)?) else {
        return machine.pure_call("Map.merge", call);
    };
    let mut entries = map.entries.clone();
    entries.extend(other.entries.iter().map(|(key, value)| (key.clone(), value.clone())));
    call.made_map(machine, entries)
}

fn map_values(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(map) = call.arg(0)? else { return Err(call.unusable(machine, 0)) };
    let mut entries = IndexMap::with_capacity(map.entries.len());
    for (key, value) in &map.entries {
        let value = apply(machine, call, 1, vec![value.clone()])?;
        entries.insert(key.clone(), value);
    }
    call.made_map(machine, entries)
}

/// The pairs that a function of key and value accepts.
fn filter(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(map) = call.arg(0)? else { return Err(call.unusable(machine, 0)) };
    let site = call.site(machine);
    let mut entries = IndexMap::new();
    for (key, value) in &map.entries {
        let args = vec![machine.datum_value(key.clone(), &site)?, value.clone()];
        if call.accepts(machine, 1, args)? {
            entries.insert(key.clone(), value.clone());
        }
    }
    call.made_map(machine, entries)
}

fn keys(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(map) = call.arg(0)? else { return machine.pure_call("Map.keys", call) };
    let site = call.site(machine);
    let keys =
        map.entries.keys().map(|key| machine.datum_value(key.clone(), &site)).collect::<Result<Vec<_>>>()?;
    Ok(Value::List(Items::new(keys)))
}

fn values(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(map) = call.arg(0)? else { return machine.pure_call("Map.values", call) };
    machine.charge(map.entries.len() * size_of::<Value>(), call.frame, call.span())?;
    Ok(Value::List(Items::new(map.entries.values().cloned().collect())))
}
