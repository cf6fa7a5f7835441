//! Fields of containers: configuration that is read back, and results of the last command.

use pipe_analysis::typed::Type;
use pipe_ops::{Arg, Output, Slot};

use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::{Machine, symbolic};
use crate::value::{Base, Items, Value};

pub(super) const TABLE: Table = &[
    ("Container.user", Entry::Run(user)),
    ("Container.workdir", Entry::Run(workdir)),
    ("Container.entrypoint", Entry::Run(|m, call| argv(m, call, "entrypoint"))),
    ("Container.command", Entry::Run(|m, call| argv(m, call, "command"))),
    ("Container.rootfs", Entry::Run(rootfs)),
    ("Container.platform", Entry::Run(platform)),
    ("Container.stdout", Entry::Run(|m, call| result(m, call, Slot::Stdout, Type::String))),
    ("Container.stderr", Entry::Run(|m, call| result(m, call, Slot::Stderr, Type::String))),
    ("Container.exit_code", Entry::Run(|m, call| result(m, call, Slot::ExitCode, Type::Int))),
];

fn user(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    match (&container.config.user, container.config.base) {
        (None, Base::Image(image)) => machine.of_image(image, "user", None, call.ty, call),
        (user, _) => Ok(Value::text(user.as_deref().unwrap_or_default())),
    }
}

fn workdir(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let site = call.site(machine);
    match machine.workdir_of(&container, &site)? {
        Arg::Const(_) => Ok(Value::text(container.workdir())),
        Arg::Output(output) => Ok(symbolic(output, call.ty)),
    }
}

fn argv(machine: &mut Machine, call: &Call<'_>, field: &str) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let set = if field == "entrypoint" { &container.config.entrypoint } else { &container.config.command };
    match (set, container.config.base) {
        (Some(argv), _) => Ok(argv.clone()),
        (None, Base::Bare) => Ok(Value::List(Items::new(Vec::new()))),
        (None, Base::Image(image)) => machine.of_image(image, field, None, call.ty, call),
    }
}

fn platform(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    Ok(Value::Text(call.container(machine, 0)?.config.platform.clone()))
}

fn rootfs(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    Ok(Value::Dir(call.container(machine, 0)?.root))
}

fn result(machine: &mut Machine, call: &Call<'_>, slot: Slot, ty: Type) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let last = container.last.ok_or_else(|| error::no_result(call.name(), call.place()))?;
    Ok(symbolic(Output { node: last.result, slot }, &ty))
}
