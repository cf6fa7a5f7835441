//! Folders that are no trees: cache volumes, and folders in memory.

use pipe_ops::{CacheVolume, Mounted, Sharing};

use super::files::mount_path;
use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::Value;

pub(super) const TABLE: Table =
    &[("Container.cache", Entry::Run(cache)), ("Container.tmpfs", Entry::Run(tmpfs))];

/// Bytes that a volume's name may have.
const LONGEST_NAME: usize = 200;

fn cache(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut container = call.container(machine, 0)?.as_ref().clone();
    let path = mount_path(machine, call, &container)?;
    let name = call.text(machine, 2)?.to_string();
    check_name(&name, "a cache volume", call, 2)?;
    let group = call.optional_text(machine, 4)?.map(|group| group.to_string());
    if let Some(group) = &group {
        check_name(group, "a group of packages", call, 4)?;
    }
    let volume = CacheVolume { name, group, sharing: sharing(machine, call, 3)? };
    container.add_mount(path, Mounted::Cache(volume));
    Ok(container.into())
}

fn check_name(name: &str, what: &str, call: &Call<'_>, index: usize) -> Result<()> {
    if !name.is_empty() && name.len() <= LONGEST_NAME && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let message = format!("`{}` cannot be the name of {what}", name.escape_debug());
    let help = format!("a name has 1 to {LONGEST_NAME} bytes and no control characters");
    Err(error::invalid(message, call.arg_place(index)).help(help))
}

fn sharing(machine: &Machine, call: &Call<'_>, index: usize) -> Result<Sharing> {
    let value = call.arg(index)?;
    let Value::Variant(variant) = value else {
        return Err(machine.unusable("`sharing`", value, call.arg_place(index)));
    };
    match variant.decl.variants.get(variant.index).map(|variant| variant.name.as_ref()) {
        Some("Shared") => Ok(Sharing::Shared),
        Some("Locked") => Ok(Sharing::Locked),
        Some("Private") => Ok(Sharing::Private),
        _ => Err(error::internal("no such sharing", call.arg_place(index))),
    }
}

fn tmpfs(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut container = call.container(machine, 0)?.as_ref().clone();
    let path = mount_path(machine, call, &container)?;
    let size = match call.optional(machine, 2)? {
        None => None,
        Some(Value::Size(bytes)) if *bytes > 0 => Some(*bytes),
        Some(Value::Size(_)) => {
            return Err(error::invalid("a folder in memory is larger than nothing", call.arg_place(2)));
        }
        Some(other) => return Err(machine.unusable("`size`", other, call.arg_place(2))),
    };
    container.add_mount(path, Mounted::Tmpfs { size });
    Ok(container.into())
}
