//! Fields of containers: configuration that is read back, and results of the last command.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_ops::{Arg, Datum, Output, Slot};

use super::{Call, Entry, Table};
use crate::environment::{DEFAULTS, default_variable};
use crate::error::{self, Result};
use crate::machine::{Machine, symbolic};
use crate::value::{Base, ContainerValue, Items, Value, map_value};

pub(super) const TABLE: Table = &[
    ("Container.user", Entry::Run(user)),
    ("Container.workdir", Entry::Run(workdir)),
    ("Container.entrypoint", Entry::Run(|m, call| argv(m, call, "entrypoint"))),
    ("Container.command", Entry::Run(|m, call| argv(m, call, "command"))),
    ("Container.env", Entry::Run(env)),
    ("Container.labels", Entry::Run(labels)),
    ("Container.annotations", Entry::Run(annotations)),
    ("Container.ports", Entry::Run(ports)),
    ("Container.shell", Entry::Run(shell)),
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
    machine.argv_of(&container, field, call)
}

/// Every variable, as [`Machine::variable`] has it one by one.
fn env(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let config = &container.config;
    let set = config.env.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    match config.base {
        Base::Bare => {
            let defaults = DEFAULTS.into_iter().filter(|name| !config.env.contains_key(name));
            let defaults = defaults.filter_map(|name| Some((name.into(), default_variable(name, config)?)));
            let defaults = defaults.map(|(name, value): (Arc<str>, _)| (name, Value::text(value)));
            let mut all: Vec<(Arc<str>, Value)> = set.chain(defaults).collect();
            all.sort_by(|(a, _), (b, _)| a.cmp(b));
            Ok(map(all))
        }
        Base::Image(image) => {
            let unset = config.env.iter().filter(|(_, value)| value.is_none());
            let unset = texts(unset.map(|(name, _)| name));
            machine.over_image(image, "env", &[map(set), unset], call)
        }
    }
}

fn labels(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let set = map(container.config.labels.iter().map(|(name, value)| (name.clone(), value.clone())));
    match container.config.base {
        Base::Bare => Ok(set),
        Base::Image(image) => machine.over_image(image, "labels", &[set], call),
    }
}

/// Those that were set: they are of the manifest that is pushed, not of the image that it begins with.
fn annotations(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    Ok(map(container.config.annotations.iter().map(|(name, value)| (name.clone(), value.clone()))))
}

fn ports(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let set = texts(container.config.ports.iter());
    match container.config.base {
        Base::Bare => Ok(set),
        Base::Image(image) => machine.over_image(image, "ports", &[set], call),
    }
}

fn shell(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    match (&container.config.shell, container.config.base) {
        (Some(argv), _) => Ok(texts(argv.iter())),
        (None, Base::Bare) => Ok(texts(std::iter::empty())),
        (None, Base::Image(image)) => machine.of_image(image, "shell", None, call.ty, call),
    }
}

fn map(pairs: impl IntoIterator<Item = (Arc<str>, Value)>) -> Value {
    map_value(pairs.into_iter().map(|(name, value)| (Datum::Text(name), value)).collect())
}

fn texts<'a>(texts: impl Iterator<Item = &'a Arc<str>>) -> Value {
    Value::List(Items::new(texts.map(|text| Value::Text(text.clone())).collect()))
}

impl Machine {
    /// The `entrypoint` or the `command` of a container, a list of texts.
    pub(super) fn argv_of(
        &mut self,
        container: &ContainerValue,
        field: &str,
        call: &Call<'_>,
    ) -> Result<Value> {
        let config = &container.config;
        let set = if field == "entrypoint" { &config.entrypoint } else { &config.command };
        match (set, config.base) {
            (Some(argv), _) => Ok(argv.clone()),
            (None, Base::Bare) => Ok(Value::List(Items::new(Vec::new()))),
            (None, Base::Image(image)) => {
                let ty = Type::List(Arc::new(Type::String));
                self.of_image(image, field, None, &ty, call)
            }
        }
    }

    /// A field of an image's own configuration, with what was set over it.
    fn over_image(&mut self, image: Output, field: &str, set: &[Value], call: &Call<'_>) -> Result<Value> {
        let site = call.site(self);
        let mut args = vec![Arg::Output(image)];
        for value in set {
            args.push(self.arg(value, &site)?);
        }
        self.apply_args(&format!("image.{field}"), args, call.ty, &site)
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
    result_of(machine, call, &container, slot, &ty)
}

/// What the last command of a container gave.
pub(super) fn result_of(
    machine: &mut Machine,
    call: &Call<'_>,
    container: &ContainerValue,
    slot: Slot,
    ty: &Type,
) -> Result<Value> {
    if let Some(told) = &container.told {
        return machine.told_value(told, slot, call);
    }
    let last = container.last.ok_or_else(|| error::no_result(call.name(), call.place()))?;
    Ok(symbolic(Output { node: last.result, slot }, ty))
}
