//! What is asked of a `Result`; the rest of it is written in the language.

use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::Value;

pub(super) const TABLE: Table = &[
    ("Result.ok", Entry::Run(|machine, call| asked(machine, call, "Result.ok"))),
    ("Result.err", Entry::Run(|machine, call| asked(machine, call, "Result.err"))),
    ("Result.is_ok", Entry::Run(|machine, call| asked(machine, call, "Result.is_ok"))),
    ("Result.or_fail", Entry::Run(|machine, call| asked(machine, call, "Result.or_fail"))),
];

fn asked(machine: &mut Machine, call: &Call<'_>, function: &str) -> Result<Value> {
    let Value::Variant(result) = call.arg(0)? else { return machine.pure_call(function, call) };
    // `Ok` is declared first.
    let ok = result.index == 0;
    let Some(held) = result.payload.first().cloned() else {
        return Err(error::internal("a result without a payload", call.place()));
    };
    match function {
        "Result.is_ok" => Ok(Value::Bool(ok)),
        "Result.ok" => Ok(Value::optional(ok.then_some(held))),
        "Result.err" => Ok(Value::optional((!ok).then_some(held))),
        _ => match held {
            held if ok => Ok(held),
            Value::Text(message) => Err(error::failed(&message, call.place())),
            _ => machine.pure_call(function, call),
        },
    }
}
