//! Operations of containers that are not there yet and give a container: it keeps its configuration, so that it can be looked at in
//! a test, and stands on a node that planning refuses.

use super::{Call, Entry, Table};
use crate::error::Result;
use crate::machine::Machine;
use crate::value::Value;

pub(super) const TABLE: Table = &[("Container.terminal", Entry::Run(undone))];

fn undone(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut container = call.container(machine, 0)?.as_ref().clone();
    let site = call.site(machine);
    let (mut inputs, args) = machine.described(call.args.get(1..).unwrap_or_default(), &site)?;
    inputs.insert(0, container.root);
    container.root = machine.declared(call.name(), inputs, args, &site)?;
    Ok(container.into())
}
