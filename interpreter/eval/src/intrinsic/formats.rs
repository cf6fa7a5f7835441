//! `json`, `toml`, `yaml`, `dotenv`: `encode` is pure; `decode` takes the type that is expected along as an argument.

use pipe_ops::Arg;

use super::shape::Defaults;
use super::{Call, Entry, Table};
use crate::error::Result;
use crate::machine::Machine;
use crate::value::Value;

pub(super) const JSON: Table = &[
    ("encode", Entry::Pure("json.encode")),
    ("decode", Entry::Run(|m, call| decode(m, call, "json.decode"))),
];
pub(super) const TOML: Table = &[
    ("encode", Entry::Pure("toml.encode")),
    ("decode", Entry::Run(|m, call| decode(m, call, "toml.decode"))),
];
pub(super) const YAML: Table = &[
    ("encode", Entry::Pure("yaml.encode")),
    ("decode", Entry::Run(|m, call| decode(m, call, "yaml.decode"))),
];
pub(super) const DOTENV: Table = &[
    ("encode", Entry::Pure("dotenv.encode")),
    ("decode", Entry::Run(|m, call| decode(m, call, "dotenv.decode"))),
];

fn decode(machine: &mut Machine, call: &Call<'_>, function: &str) -> Result<Value> {
    let (ty, site) = (call.type_arg(0)?, call.site(machine));
    let shapes = machine.shapes(ty, Defaults::Kept, &site)?;
    let args = vec![machine.arg(call.arg(0)?, &site)?, Arg::Const(shapes)];
    machine.apply_args(function, args, ty, &site)
}
