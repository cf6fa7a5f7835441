//! `terminal`: a place where a person looks around in a container.

use std::sync::Arc;

use pipe_ops::{Arg, Breakpoint, Hints, NodeId, Op, shells};

use super::execute::Command;
use super::{Call, Entry, Table};
use crate::error::Result;
use crate::machine::{Machine, main};
use crate::value::{ContainerValue, LastExec, Value};

pub(super) const TABLE: Table = &[("Container.terminal", Entry::Run(terminal))];

/// The container as it was, read through the breakpoint: whatever needs it waits for the person.
fn terminal(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let command = call.optional(machine, 1)?.cloned();
    let network = machine.network(call, 2)?;
    // Nothing runs in a fake, so there is nothing to look at.
    if container.config.fake.is_some() {
        return Ok(container.as_ref().clone().into());
    }
    let (command, shells) = match &command {
        Some(command) => (machine.command(&container, command, call, 1)?, Vec::new()),
        None => shell(&container, call),
    };
    let site = call.site(machine);
    let hints = Hints { shell: command.shell.clone(), ..Hints::default() };
    let exec = machine.exec_of(&container, command, None, network, &site)?;
    let last = container.last.map(|last| main(last.result));
    let node = machine.add(Op::Breakpoint(Box::new(Breakpoint { exec, shells, last })), &site, hints)?;
    Ok(container.through(node).into())
}

/// A shell without arguments, on a terminal: it asks for commands.
fn shell(container: &ContainerValue, call: &Call<'_>) -> (Command, Vec<String>) {
    let own: Option<&Arc<str>> = container.config.shell.as_ref().and_then(|shell| shell.first());
    let shells = shells(own.map(AsRef::as_ref));
    let argv = shells.first().map(|shell| Arg::text(shell.as_str())).into_iter().collect();
    (Command { argv, variables: Vec::new(), shell: None, place: call.place() }, shells)
}

impl ContainerValue {
    /// It as it is, all that it gives read from a breakpoint.
    fn through(&self, breakpoint: NodeId) -> ContainerValue {
        let mut container = self.read_from(breakpoint);
        container.last = self.last.map(|last| LastExec { result: breakpoint, ..last });
        container
    }
}
