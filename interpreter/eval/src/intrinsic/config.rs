//! Configuration of containers: environment, user, working folder, what the image starts.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_ops::{Arg, Datum};

use super::{Call, Entry, Table};
use crate::environment::{DEFAULT_PATH, default_variable, is_reserved};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::{Base, Config, ContainerValue, Items, Value};

pub(super) const TABLE: Table = &[
    ("Container.env", Entry::Run(env)),
    ("Container.envs", Entry::Run(envs)),
    ("Container.volatile_env", Entry::Run(volatile_env)),
    ("Container.unset_env", Entry::Run(unset_env)),
    ("Container.env_of", Entry::Run(env_of)),
    ("Container.prepend_path", Entry::Run(prepend_path)),
    ("Container.workdir", Entry::Run(workdir)),
    ("Container.user", Entry::Run(user)),
    ("Container.entrypoint", Entry::Run(entrypoint)),
    ("Container.command", Entry::Run(command)),
    ("Container.label", Entry::Run(label)),
    ("Container.annotation", Entry::Run(annotation)),
    ("Container.expose", Entry::Run(expose)),
    ("Container.shell", Entry::Run(shell)),
];

impl Call<'_> {
    /// A container, which is about to be copied with a change.
    pub(super) fn container(&self, machine: &mut Machine, index: usize) -> Result<Arc<ContainerValue>> {
        match self.arg(index)? {
            Value::Container(container) => {
                machine.step(container.weight(), self.frame, self.span())?;
                Ok(container.clone())
            }
            _ => Err(self.unusable(machine, index)),
        }
    }

    /// The receiver with its configuration changed.
    fn configured(&self, machine: &mut Machine, change: impl FnOnce(&mut Config)) -> Result<Value> {
        let mut container = self.container(machine, 0)?.as_ref().clone();
        change(&mut container.config);
        Ok(container.into())
    }
}

/// The name of a variable that may be set.
pub(super) fn variable(name: &Arc<str>, call: &Call<'_>, index: usize) -> Result<()> {
    if is_reserved(name) {
        let message = format!("`{name}` is a name that scripts use for the values inserted into them");
        return Err(error::invalid(message, call.arg_place(index)).help("choose another name"));
    }
    Ok(())
}

/// A value without NUL, which no environment can hold.
fn without_nul(value: &Value, what: &str, call: &Call<'_>, index: usize) -> Result<()> {
    match value {
        Value::Text(text) if text.contains('\0') => {
            Err(error::invalid(format!("{what} cannot hold a NUL character"), call.arg_place(index)))
        }
        _ => Ok(()),
    }
}

fn env(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    set_env(machine, call, false)
}

/// A variable whose value makes no step run again, and that no image has.
fn volatile_env(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    set_env(machine, call, true)
}

fn set_env(machine: &mut Machine, call: &Call<'_>, volatile: bool) -> Result<Value> {
    let (name, value) = (call.text(machine, 1)?, call.arg(2)?.clone());
    variable(&name, call, 1)?;
    without_nul(&value, "a variable", call, 2)?;
    call.configured(machine, |config| {
        config.set_env(name.clone(), Some(value));
        if volatile {
            config.volatile.insert(name);
        }
    })
}

fn envs(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(values) = call.arg(1)? else { return Err(call.unusable(machine, 1)) };
    let mut added = Vec::with_capacity(values.entries.len());
    for (name, value) in &values.entries {
        let Datum::Text(name) = name else {
            return Err(error::internal("a name is no text", call.arg_place(1)));
        };
        variable(name, call, 1)?;
        without_nul(value, "a variable", call, 1)?;
        added.push((name.clone(), value.clone()));
    }
    call.configured(machine, |config| {
        added.into_iter().for_each(|(name, value)| config.set_env(name, Some(value)));
    })
}

fn unset_env(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let name = call.text(machine, 1)?;
    call.configured(machine, |config| config.set_env(name, None))
}

fn env_of(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (container, name) = (call.container(machine, 0)?, call.text(machine, 1)?);
    machine.variable(&container, &name, call)
}

impl Machine {
    /// The value of a variable, as a `String?`.
    pub(super) fn variable(
        &mut self,
        container: &ContainerValue,
        name: &str,
        call: &Call<'_>,
    ) -> Result<Value> {
        if container.config.is_secret(name) {
            let message = format!("`{name}` holds a secret, which has no text form");
            return Err(
                error::invalid(message, call.place()).help("use it in a step, as `\"$NAME\"` of a script")
            );
        }
        match (container.config.env.get(name), container.config.base) {
            (Some(value), _) => Ok(Value::optional(value.clone())),
            (None, Base::Bare) => {
                Ok(Value::optional(default_variable(name, &container.config).map(Value::text)))
            }
            (None, Base::Image(image)) => {
                let ty = Type::Optional(Type::String.into());
                self.of_image(image, "env_of", Some(name), &ty, call)
            }
        }
    }

    /// Something of an image's own configuration, which is known only when it was pulled.
    pub(super) fn of_image(
        &mut self,
        image: pipe_ops::Output,
        field: &str,
        of: Option<&str>,
        ty: &Type,
        call: &Call<'_>,
    ) -> Result<Value> {
        let site = call.site(self);
        let args = std::iter::once(Arg::Output(image)).chain(of.map(Arg::text)).collect();
        self.apply_args(&format!("image.{field}"), args, ty, &site)
    }
}

/// The folder before what `PATH` is: as it was set, else the default.
fn prepend_path(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let folder = machine.known_path(&container, call, 1)?;
    if folder.contains(':') {
        return Err(error::invalid("a folder on `PATH` cannot have `:` in its name", call.arg_place(1)));
    }
    let value = match machine.variable(&container, "PATH", call)? {
        Value::Optional(Some(path)) => {
            let site = call.site(machine);
            let args = vec![Arg::text(format!("{folder}:")), machine.arg(&path, &site)?];
            machine.apply_args("concat", args, &Type::String, &site)?
        }
        Value::Optional(None) => Value::text(folder),
        known_later => {
            let site = call.site(machine);
            let path = machine.apply(
                "default",
                &[&known_later, &Value::text(DEFAULT_PATH)],
                &Type::String,
                &site,
            )?;
            let args = vec![Arg::text(format!("{folder}:")), machine.arg(&path, &site)?];
            machine.apply_args("concat", args, &Type::String, &site)?
        }
    };
    call.configured(machine, |config| {
        config.set_env("PATH".into(), Some(value));
    })
}

fn workdir(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let path = container.absolute(&call.text(machine, 1)?);
    call.configured(machine, |config| config.workdir = Some(path.into()))
}

fn user(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let user = call.text(machine, 1)?;
    check_user(&user, call, 1)?;
    call.configured(machine, |config| config.user = Some(user))
}

/// `user[:group]`, by name or number.
pub(super) fn check_user(user: &str, call: &Call<'_>, index: usize) -> Result<()> {
    let part = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    if user.split(':').count() > 2 || !user.split(':').all(part) {
        let message = format!("`{}` is not of the form `user[:group]`", user.escape_debug());
        return Err(error::invalid(message, call.arg_place(index)));
    }
    Ok(())
}

fn entrypoint(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let argv = call.arg(1)?.clone();
    call.configured(machine, |config| {
        config.entrypoint = Some(argv);
        // What an image says of the command was meant for its own entrypoint.
        config.command.get_or_insert_with(|| Value::List(Items::new(Vec::new())));
    })
}

fn command(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let argv = call.arg(1)?.clone();
    call.configured(machine, |config| config.command = Some(argv))
}

fn label(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (name, value) = (call.text(machine, 1)?, call.arg(2)?.clone());
    call.configured(machine, |config| {
        config.labels.insert(name, value);
    })
}

fn annotation(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (name, value) = (call.text(machine, 1)?, call.arg(2)?.clone());
    call.configured(machine, |config| {
        config.annotations.insert(name, value);
    })
}

fn expose(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let port = call.text(machine, 1)?;
    call.configured(machine, |config| {
        if !config.ports.contains(&port) {
            config.ports.push(port);
        }
    })
}

fn shell(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let argv = call.texts(machine, 1)?;
    if argv.first().is_none_or(|program| program.is_empty()) {
        return Err(error::invalid(
            "a shell is a program and its arguments, as in `[\"/bin/ash\", \"-c\"]`",
            call.arg_place(1),
        ));
    }
    call.configured(machine, |config| config.shell = Some(argv))
}
