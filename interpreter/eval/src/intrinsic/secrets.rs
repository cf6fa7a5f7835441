//! What the steps of a container are given that nobody else may see.

use std::sync::Arc;

use pipe_ops::{Output, SECRET_MODE, SecretGiven, SecretUse};

use super::config::{check_user, variable};
use super::files::mount_path;
use super::{Call, Entry, Table, options};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::{Config, RecordValue, Value};

pub(super) const TABLE: Table = &[
    ("Container.secret_env", Entry::Run(secret_env)),
    ("Container.secret_file", Entry::Run(secret_file)),
    ("Container.ssh_agent", Entry::Run(ssh_agent)),
    ("Container.registry_auth", Entry::Run(registry_auth)),
];

impl Config {
    /// Gives it a secret, in the stead of what stands at the same place.
    pub(crate) fn give(&mut self, given: SecretUse) {
        if let SecretGiven::Env(name) = &given.given {
            self.env.remove(name.as_str());
            self.volatile.remove(name.as_str());
        }
        self.secrets.retain(|other| !is_same_place(&other.given, &given.given));
        self.secrets.push(given);
    }

    /// Sets a variable, or takes it away, whatever it was.
    pub(crate) fn set_env(&mut self, name: Arc<str>, value: Option<Value>) {
        self.secrets.retain(|given| !matches!(&given.given, SecretGiven::Env(other) if **other == *name));
        self.volatile.remove(&name);
        self.env.insert(name, value);
    }

    /// Whether a variable of this name holds a secret.
    pub(crate) fn is_secret(&self, name: &str) -> bool {
        self.secrets.iter().any(|given| matches!(&given.given, SecretGiven::Env(other) if *other == name))
    }

    /// Whether there is a secret in a file at this path.
    pub(crate) fn has_secret_file(&self, at: &str) -> bool {
        self.secrets.iter().any(|given| matches!(&given.given, SecretGiven::File { path, .. } if *path == at))
    }
}

fn is_same_place(a: &SecretGiven, b: &SecretGiven) -> bool {
    match (a, b) {
        (SecretGiven::Env(a), SecretGiven::Env(b)) => a == b,
        (SecretGiven::File { path: a, .. }, SecretGiven::File { path: b, .. }) => a == b,
        (SecretGiven::Login { registry: a, .. }, SecretGiven::Login { registry: b, .. }) => a == b,
        _ => false,
    }
}

fn secret_env(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let name = call.text(machine, 1)?;
    variable(&name, call, 1)?;
    let (secret, by_name) = (secret_in(machine, call, 2)?, by_name(machine, call, 3)?);
    given(machine, call, SecretUse { secret, given: SecretGiven::Env(name.to_string()), by_name })
}

fn secret_file(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let path = mount_path(machine, call, &container)?;
    let secret = secret_in(machine, call, 2)?;
    let mode = options::mode(machine, call, 3)?.unwrap_or(SECRET_MODE);
    let owner = call.optional_text(machine, 4)?;
    if let Some(owner) = &owner {
        check_user(owner, call, 4)?;
    }
    let by_name = by_name(machine, call, 5)?;
    let file = SecretGiven::File { path, mode, owner: owner.map(|owner| owner.to_string()) };
    given(machine, call, SecretUse { secret, given: file, by_name })
}

fn ssh_agent(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut container = call.container(machine, 0)?.as_ref().clone();
    container.config.ssh_agent = true;
    Ok(container.into())
}

fn registry_auth(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let registry = call.text(machine, 1)?.to_string();
    let Value::Record(auth) = call.arg(2)? else { return Err(call.unusable(machine, 2)) };
    let auth = auth.clone();
    let missing = || error::internal("this is no `RegistryAuth`", call.arg_place(2));
    let username = field(&auth, "username").ok_or_else(missing)?.clone();
    let Some(Value::Secret(secret)) = field(&auth, "password") else { return Err(missing()) };
    let site = call.site(machine);
    let username = machine.arg(&username, &site)?;
    let login = SecretGiven::Login { registry, username };
    given(machine, call, SecretUse { secret: *secret, given: login, by_name: false })
}

fn given(machine: &mut Machine, call: &Call<'_>, given: SecretUse) -> Result<Value> {
    let mut container = call.container(machine, 0)?.as_ref().clone();
    container.config.give(given);
    Ok(container.into())
}

fn field<'a>(record: &'a RecordValue, name: &str) -> Option<&'a Value> {
    let index = record.decl.fields.iter().position(|field| field.name.as_ref() == name)?;
    record.fields.get(index)
}

fn secret_in(machine: &Machine, call: &Call<'_>, index: usize) -> Result<Output> {
    match call.arg(index)? {
        Value::Secret(secret) => Ok(*secret),
        _ => Err(call.unusable(machine, index)),
    }
}

/// Whether `key:` says that the value does not count.
fn by_name(machine: &Machine, call: &Call<'_>, index: usize) -> Result<bool> {
    match call.arg(index)? {
        Value::Variant(variant) => {
            let name = variant.decl.variants.get(variant.index).map(|variant| variant.name.as_ref());
            Ok(name == Some("ByName"))
        }
        _ => Err(call.unusable(machine, index)),
    }
}
