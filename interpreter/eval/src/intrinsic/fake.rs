//! Stand-ins for tests.

use std::sync::Arc;

use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::{Items, RecordValue, SecretSource, Value};

pub(super) const TABLE: Table = &[("secret", Entry::Run(secret)), ("auth", Entry::Run(auth))];

fn secret(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    Ok(Value::Secret(SecretSource::Fake(call.text(machine, 0)?)))
}

fn auth(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let decl = machine.record_named("std/prelude.RegistryAuth").cloned();
    let decl =
        decl.ok_or_else(|| error::internal("the standard library has no `RegistryAuth`", call.place()))?;
    let fields = vec![Value::text("fake"), Value::Secret(SecretSource::Fake("password".into()))];
    Ok(Value::Record(Arc::new(RecordValue { decl, fields: Items::new(fields) })))
}
