//! Containers as images that leave: pushed, put into an index, saved, loaded.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_ops::{Account, Act, Arg, Assembly, BaseImage, Hints, Op, Output, Slot};

use super::actions::made;
use super::starts::tree_of;
use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::{Machine, Site};
use crate::value::{ContainerValue, Gives, Value};

pub(super) const TABLE: Table = &[
    ("index", Entry::Run(index)),
    ("Container.tarball", Entry::Run(tarball)),
    ("Container.push", Entry::Run(push)),
    ("Container.load", Entry::Run(load)),
    ("Index.push", Entry::Run(push)),
    ("ImageRef.attach", Entry::Run(attach)),
];

/// One image for several platforms. What any of them began as is for one platform here.
fn index(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let containers = call.list(machine, 0)?.to_vec();
    if containers.is_empty() {
        return Err(error::invalid("an index holds at least one image", call.arg_place(0)));
    }
    let mut images = Vec::with_capacity(containers.len());
    for container in &containers {
        let Value::Container(container) = container else { return Err(call.unusable(machine, 0)) };
        machine.step(container.weight(), call.frame, call.span())?;
        images.push(machine.image(container, false, call)?);
    }
    let site = call.site(machine);
    let output = machine.add_main(Op::Index { images }, &site)?;
    Ok(Value::Opaque { ty: "Index".into(), output })
}

fn tarball(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let image = machine.image(&container, false, call)?;
    let site = call.site(machine);
    Ok(Value::File(machine.add_main(Op::Tarball { image }, &site)?))
}

fn push(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let image = match call.arg(0)? {
        Value::Opaque { output, .. } => *output,
        _ => {
            let container = call.container(machine, 0)?;
            machine.image(&container, true, call)?
        }
    };
    let site = call.site(machine);
    let reference = machine.arg(call.arg(1)?, &site)?;
    let auth = match call.optional(machine, 2)?.cloned() {
        None => None,
        Some(auth) => Some(machine.push_auth(&auth, call, &site)?),
    };
    let act = Act::Push { image, reference, auth };
    described(machine, call, "push", act)
}

fn load(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let image = machine.image(&container, false, call)?;
    let site = call.site(machine);
    let reference = machine.arg(call.arg(1)?, &site)?;
    described(machine, call, "load", Act::Load { image, reference })
}

fn attach(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let site = call.site(machine);
    let (image, media_type) = (machine.arg(call.arg(0)?, &site)?, machine.arg(call.arg(1)?, &site)?);
    let (file, _) = tree_of(machine, call, call.arg(2)?)?;
    described(machine, call, "attach", Act::Attach { image, media_type, file })
}

/// An effect that gives a reference.
fn described(machine: &mut Machine, call: &Call<'_>, operation: &str, act: Act) -> Result<Value> {
    let ty = match call.ty {
        Type::Action(ty) => ty.as_ref().clone(),
        other => other.clone(),
    };
    made(machine, call, operation.into(), operation, act, Hints::default(), Gives::Value(ty))
}

impl Machine {
    /// A container as an image. `whole`: what is not changed may stay for several platforms.
    fn image(&mut self, container: &ContainerValue, whole: bool, call: &Call<'_>) -> Result<Output> {
        let site = call.site(self);
        let config = &container.config;
        let base = container.image().map(|config| BaseImage {
            root: Output { node: config.node, slot: Slot::Main },
            digests: Output { node: config.node, slot: Slot::Digests },
        });
        let gone = config.env.iter().filter(|(_, value)| value.is_none());
        let unset_env = match base {
            Some(_) => gone.map(|(name, _)| name.to_string()).collect(),
            None => Vec::new(),
        };
        let set = config.env.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let env = self.by_name(set, &site)?;
        let workdir = match config.workdir {
            Some(_) => Some(self.workdir_of(container, &site)?),
            None => None,
        };
        let mut argv = |argv: &Option<Value>| argv.as_ref().map(|argv| self.arg(argv, &site)).transpose();
        let (entrypoint, command) = (argv(&config.entrypoint)?, argv(&config.command)?);
        let assembly = Assembly {
            root: container.root,
            base,
            platform: config.platform.to_string(),
            whole: whole && config.any_platform,
            env,
            unset_env,
            workdir,
            user: config.user.as_ref().map(ToString::to_string),
            entrypoint,
            command,
            labels: self.by_name(&config.labels, &site)?,
            annotations: self.by_name(&config.annotations, &site)?,
            ports: config.ports.iter().map(|port| with_protocol(port)).collect(),
            shell: config.shell.as_ref().map(|argv| argv.iter().map(ToString::to_string).collect()),
        };
        self.add_main(Op::Assemble(Box::new(assembly)), &site)
    }

    fn by_name<'a>(
        &mut self,
        values: impl IntoIterator<Item = (&'a Arc<str>, &'a Value)>,
        site: &Site,
    ) -> Result<std::collections::BTreeMap<String, Arg>> {
        values.into_iter().map(|(name, value)| Ok((name.to_string(), self.arg(value, site)?))).collect()
    }

    /// Who pushes.
    fn push_auth(&mut self, auth: &Value, call: &Call<'_>, site: &Site) -> Result<Account> {
        let Value::Record(record) = auth else { return Err(call.unusable(self, 2)) };
        let [username, Value::Secret(password)] = &record.fields[..] else {
            return Err(call.unusable(self, 2));
        };
        Ok(Account { username: self.arg(username, site)?, password: *password })
    }
}

/// As images write ports.
fn with_protocol(port: &str) -> String {
    if port.contains('/') { port.to_owned() } else { format!("{port}/tcp") }
}
