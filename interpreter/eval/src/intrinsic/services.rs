//! Services: what they are, and what is bound to them.

use pipe_ops::{Act, Arg, Binding, Exec, Hints, Op, Output, Probe, Service};

use super::execute::Command;
use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::{Machine, main};
use crate::value::{ContainerValue, Value};

pub(super) const TABLE: Table = &[
    ("Container.service", Entry::Run(service)),
    ("Container.bind", Entry::Run(bind)),
    ("Service.shared", Entry::Run(shared)),
];

/// More ports of one service are not led to.
const MOST_PORTS: usize = 32;

fn service(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let site = call.site(machine);
    let command = started(machine, &container, call)?;
    let ready = match call.optional(machine, 2)?.cloned() {
        None => None,
        Some(ready) => {
            let Command { argv, variables, .. } = machine.command(&container, &ready, call, 2)?;
            Some(Probe { argv, env: variables.into_iter().collect() })
        }
    };
    let ports = container.config.ports.iter().map(|port| number(port, call, 0)).collect::<Result<_>>()?;
    let patience = machine.time_limit(call, 3, "`ready_timeout`", call.arg(3)?)?;
    let hints = Hints { timeout: Some(patience), shell: command.shell.clone(), ..Hints::default() };
    let network = machine.default_network(call);
    let exec = machine.exec_of(&container, command, None, network, &site)?;
    let service = Service { exec, ready, ports, shared: false };
    let node = machine.add(Op::Service(Box::new(service)), &site, hints)?;
    Ok(value(main(node)))
}

fn value(output: Output) -> Value {
    Value::Opaque { ty: "Service".into(), output }
}

/// What a service runs: a script by itself, a list behind the entrypoint, as `command:` says or the container.
fn started(machine: &mut Machine, container: &ContainerValue, call: &Call<'_>) -> Result<Command> {
    let said = call.optional(machine, 1)?.cloned();
    if let Some(script @ Value::Script(_)) = &said {
        return machine.command(container, script, call, 1);
    }
    let site = call.site(machine);
    let command = match said {
        Some(command) => command,
        None => machine.argv_of(container, "command", call)?,
    };
    let entrypoint = machine.argv_of(container, "entrypoint", call)?;
    let mut argv: Vec<Arg> = Vec::new();
    for part in [&entrypoint, &command] {
        match part {
            Value::List(items) => {
                for item in items.iter() {
                    argv.push(machine.arg(item, &site)?);
                }
            }
            other => argv.push(machine.arg(other, &site)?),
        }
    }
    if argv.is_empty() {
        let help = "name one: `service(command: [\"program\"])`, or give the container an `entrypoint`";
        return Err(error::invalid("this service starts no program", call.place()).help(help));
    }
    Ok(Command { argv, variables: Vec::new(), shell: None, place: call.place() })
}

fn number(port: &str, call: &Call<'_>, index: usize) -> Result<u16> {
    port.parse().map_err(|_| error::internal("a port that is no number", call.arg_place(index)))
}

fn bind(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut container = call.container(machine, 0)?.as_ref().clone();
    let alias = call.text(machine, 1)?;
    check_alias(&alias, call)?;
    let (service, localhost) = (receiver(machine, call, 2)?, call.bool(machine, 3)?);
    if localhost && of(machine, service, call)?.ports.is_empty() {
        let message = "nothing of this service can be offered on 127.0.0.1: it has no port";
        let help = "name its ports with `.expose(PORT)`, before `.service()`";
        return Err(error::invalid(message, call.arg_place(2)).help(help));
    }
    container.services.retain(|known| known.alias != *alias);
    container.services.push(Binding { alias: alias.to_string(), service, localhost });
    Ok(container.into())
}

/// A name that programs can look up, and that nothing else has.
fn check_alias(alias: &str, call: &Call<'_>) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let label = |label: &str| (1..=63).contains(&label.len()) && label.chars().all(plain);
    let is_name = alias.len() < 254 && alias.split('.').all(label) && !alias.starts_with('-');
    if !is_name || !alias.chars().any(|c| c.is_ascii_alphabetic()) {
        let message = format!("`{}` cannot be the name of a service", alias.escape_debug());
        let help = "it is a host name: letters, digits, `-`, `_` and `.`";
        return Err(error::invalid(message, call.arg_place(1)).help(help));
    }
    if alias.eq_ignore_ascii_case("localhost") {
        let message = "`localhost` is the step itself";
        let help = "give the service a name of its own; `localhost: true` offers its ports on 127.0.0.1, too";
        return Err(error::invalid(message, call.arg_place(1)).help(help));
    }
    Ok(())
}

fn receiver(machine: &Machine, call: &Call<'_>, index: usize) -> Result<Output> {
    match call.arg(index)? {
        Value::Opaque { output, .. } => Ok(*output),
        other => Err(machine.unusable(&format!("`{}`", call.name()), other, call.arg_place(index))),
    }
}

/// What a service is.
fn of<'a>(machine: &'a Machine, service: Output, call: &Call<'_>) -> Result<&'a Service> {
    match machine.graph.get(service.node).map(|node| &node.op) {
        Some(Op::Service(service)) => Ok(service),
        _ => Err(error::internal("a service is something else", call.place())),
    }
}

fn shared(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let own = receiver(machine, call, 0)?;
    let service = Service { shared: true, ..of(machine, own, call)?.clone() };
    let hints = machine.graph.get(own.node).map(|node| (*node.hints).clone()).unwrap_or_default();
    let origin = machine.graph.get(own.node).and_then(|node| node.origins.first().cloned());
    let mut site = call.site(machine);
    // It is the same service, and is called as it was.
    if let Some(origin) = origin {
        site.name = origin.name;
    }
    let node = machine.add(Op::Service(Box::new(service)), &site, hints)?;
    Ok(value(main(node)))
}

/// `up`, as it is done.
pub(super) fn up(machine: &Machine, call: &Call<'_>) -> Result<Act> {
    let service = receiver(machine, call, 0)?;
    let Value::Map(map) = call.arg(1)? else {
        return Err(machine.unusable("`ports`", call.arg(1)?, call.arg_place(1)));
    };
    let mut ports = Vec::new();
    for (host, port) in &map.entries {
        let (Some(host), Value::Text(port)) = (host.as_text(), port) else {
            return Err(machine.unusable("`ports`", port, call.arg_place(1)));
        };
        ports.push((number(host, call, 1)?, number(port, call, 1)?));
    }
    if map.entries.is_empty() {
        ports = of(machine, service, call)?.ports.iter().map(|port| (*port, *port)).collect();
    }
    if ports.is_empty() {
        let help = "say `up(ports: [8080: 80])`, or name its ports with `.expose(PORT)`, before `.service()`";
        return Err(error::invalid("nothing leads to this service: it has no port", call.place()).help(help));
    }
    if ports.len() > MOST_PORTS {
        let message = format!("at most {MOST_PORTS} ports lead to one service");
        return Err(error::invalid(message, call.arg_place(1)));
    }
    Ok(Act::Up { service, ports })
}

/// A step in the host's own network sees no others.
pub(super) fn check_network(exec: &Exec, place: &pipe_diagnostics::FileSpan) -> Result<()> {
    match exec.services.first() {
        Some(binding) if exec.network == pipe_ops::Network::Host => {
            let message =
                format!("the service `{}` cannot be reached from the host's own network", binding.alias);
            let help = "leave `network: Host` out: a step with services has a network of its own";
            Err(error::invalid(message, place.clone()).help(help))
        }
        _ => Ok(()),
    }
}
