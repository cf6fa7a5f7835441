//! `pipe cache volume`.

mod transfer;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pipe_store::{Store, VolumeEntry, VolumeOwner, VolumeRemoval};

use super::cache::failed;
use crate::amount::{bytes, rounded};
use crate::args::{GlobalArgs, RemoveArgs, VolumeArgs, VolumeCommand};
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::progress::printable;
use crate::{machine, output};

/// Digits of a key that are shown, and how few name one.
const SHOWN: usize = 12;
const FEWEST: usize = 6;

pub(crate) fn run(args: &VolumeArgs, global: &GlobalArgs, environment: &Environment) -> Result<(), CliError> {
    let (store, _) = machine::open_store(environment, Arc::new(|_| {}))?;
    match &args.command {
        VolumeCommand::Ls { json } => ls(&store, *json),
        VolumeCommand::Rm(args) => remove(&store, args),
        VolumeCommand::Export(args) => transfer::export(&store, args, environment),
        VolumeCommand::Import(args) => transfer::import(&store, args, global, environment),
    }
}

fn ls(store: &Store, json: bool) -> Result<(), CliError> {
    let entries = store.volumes().map_err(failed)?;
    let text: String =
        entries.iter().map(|entry| if json { as_json(entry) } else { as_line(entry) }).collect();
    output::result(text.as_bytes())
}

fn as_json(entry: &VolumeEntry) -> String {
    let id = entry.id.as_ref();
    let used = entry.used.and_then(|used| used.duration_since(UNIX_EPOCH).ok());
    let object = serde_json::json!({
        "key": entry.key,
        "name": id.map(|id| &id.name),
        "package": id.and_then(|id| package(&id.owner)),
        "group": id.and_then(|id| group(&id.owner)),
        "platform": id.map(|id| &id.platform),
        "user": id.map(|id| &id.user),
        "instance": entry.instance,
        "used": used.map(|used| used.as_secs()),
        "bytes": entry.bytes,
    });
    format!("{object}\n")
}

fn package(owner: &VolumeOwner) -> Option<&str> {
    if let VolumeOwner::Package(folder) = owner { Some(folder) } else { None }
}

fn group(owner: &VolumeOwner) -> Option<&str> {
    if let VolumeOwner::Group(group) = owner { Some(group) } else { None }
}

fn as_line(entry: &VolumeEntry) -> String {
    let age = entry.used.map(|used| SystemTime::now().duration_since(used).unwrap_or_default());
    let age = age.map_or_else(|| "never used".to_owned(), |age| format!("{} ago", rounded(age.as_secs())));
    let whose = match &entry.id {
        None => "(no step has used it)".to_owned(),
        Some(id) => {
            let user = if id.user == "0" { String::new() } else { format!("  user {}", id.user) };
            let copy = if entry.instance == 0 { String::new() } else { format!("  copy {}", entry.instance) };
            format!("{}  {}  {}{user}{copy}", id.name, id.owner, id.platform)
        }
    };
    let key = entry.key.get(..SHOWN).unwrap_or(&entry.key);
    format!("{key}  {:>9}  {age:>12}  {}\n", bytes(entry.bytes), printable(&whose, false))
}

fn remove(store: &Store, args: &RemoveArgs) -> Result<(), CliError> {
    let entries = store.volumes().map_err(failed)?;
    let mut chosen: Vec<&VolumeEntry> = Vec::new();
    if args.all {
        chosen.extend(&entries);
    }
    for wanted in &args.volumes {
        chosen.extend(meant(&entries, wanted)?);
    }
    chosen.sort_by(|a, b| a.key.cmp(&b.key));
    chosen.dedup();
    let mut in_use = Vec::new();
    for entry in chosen {
        if store.remove_volume(&entry.key).map_err(failed)? == VolumeRemoval::InUse {
            in_use.push(entry.id.as_ref().map_or(entry.key.as_str(), |id| id.name.as_str()));
        }
    }
    match in_use.is_empty() {
        true => Ok(()),
        false => Err(self::in_use(&in_use.join(", ")).help("remove it when that step is over")),
    }
}

fn in_use(names: &str) -> CliError {
    CliError::new(Exit::Failed, format!("in use by a step that runs: {names}"))
}

/// The volumes of a name, or the one of a key.
fn meant<'a>(entries: &'a [VolumeEntry], wanted: &str) -> Result<Vec<&'a VolumeEntry>, CliError> {
    let found: Vec<&VolumeEntry> = entries.iter().filter(|entry| is_meant(entry, wanted)).collect();
    if found.is_empty() {
        return Err(CliError::usage(format!("there is no cache volume `{wanted}`"))
            .help("`pipe cache volume ls` lists them"));
    }
    Ok(found)
}

fn is_meant(entry: &VolumeEntry, wanted: &str) -> bool {
    let named = entry.id.as_ref().is_some_and(|id| id.name == wanted);
    named || wanted.len() >= FEWEST && entry.key.starts_with(wanted)
}
