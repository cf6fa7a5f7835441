//! Operations of maps. Values may be anything; keys are plain data.

use super::{Call, Entry, Table};
use crate::error::Result;
use crate::machine::Machine;
use crate::value::{Items, Value, map_value};
use pipe_ops::Arg;

pub(super) const TABLE: Table = &[
    ("Map.len", Entry::Run(len)),
    ("Map.get", Entry::Run(get)),
    ("Map.insert", Entry::Run(insert)),
    ("Map.keys", Entry::Run(keys)),
    ("Map.values", Entry::Run(values)),
];

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
    machine.charge((map.entries.len() + 1) * 2 * size_of::<Value>(), call.frame, call.span())?;
    let mut entries = map.entries.clone();
    entries.insert(key, call.arg(2)?.clone());
    let map = map_value(entries);
    machine.check_depth(map.depth(), call.frame, call.span())?;
    Ok(map)
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
