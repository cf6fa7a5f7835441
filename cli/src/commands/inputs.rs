//! `pipe inputs`.

use std::collections::BTreeSet;
use std::ffi::OsString;

use pipe_engine::HostAccess;
use pipe_ops::{HostDir, Op, Output};
use pipe_store::{EntryKind, Filter, HostPath, Store};
use serde_json::json;

use crate::args::{Cli, Command, InputsArgs};
use crate::environment::Environment;
use crate::evaluate::{Evaluation, Purpose};
use crate::exit::CliError;
use crate::progress::printable;
use crate::{grants, machine, output};

use super::opened::Opened;

/// Lists the files of the host that count for the targets.
pub(crate) fn run(
    cli: &Cli,
    args: &InputsArgs,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<(), CliError> {
    let opened = Opened::new(cli, "inputs", &args.rest, &args.rest, arguments, environment)?;
    let args = opened.args(|command| match command {
        Command::Inputs(args) => Some(args),
        _ => None,
    })?;
    let Opened { package, request, .. } = &opened;
    let mut trust = opened.trust(&args.allow)?;
    let evaluation = Evaluation::new(package, environment, request, &mut trust, Purpose::Look)?;
    let awaited = evaluation.awaited().iter().map(|awaited| awaited.output);
    let outputs: Vec<Output> =
        evaluation.targets.iter().flat_map(|target| target.outputs()).chain(awaited).collect();
    let missing = trust.missing(evaluation.graph(), &outputs)?;
    if !missing.is_empty() {
        return Err(grants::refused(&missing, package));
    }
    let access = HostAccess::new(package.folder(), trust.grants())
        .map_err(|error| CliError::usage(format!("cannot read {}: {error}", package.folder().display())))?;
    let (store, _) = machine::open_store(environment, std::sync::Arc::new(|_: &str| {}))?;
    let mut files = BTreeSet::new();
    for id in evaluation.graph().reachable(&outputs) {
        match evaluation.graph().get(id).map(|node| &node.op) {
            Some(Op::HostFile { path }) => drop(files.insert(path.clone())),
            Some(Op::HostDir(dir)) => files.extend(files_of(dir, &access, &store)?),
            _ => {}
        }
    }
    let text = match args.json {
        true => format!("{}\n", json!({ "v": 1, "files": files })),
        false => files.iter().map(|file| format!("{}\n", printable(file, false))).collect(),
    };
    output::result(text.as_bytes())
}

/// Everything in a folder but folders: what is empty counts, and has no name of its own to tell.
fn files_of(dir: &HostDir, access: &HostAccess, store: &Store) -> Result<Vec<String>, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::usage(format!("`{}`: {error}", dir.path));
    let real = access.resolve(&dir.path).map_err(|missing| failed(&missing))?;
    let filter = Filter::new(&dir.include, &dir.exclude).map_err(|error| failed(&error))?;
    let taken = store.import_dir(HostPath::resolved(&real), &filter, &access.import_options(&real));
    let taken = taken.map_err(|error| failed(&error))?;
    let entries = store.list(&taken.tree).map_err(|error| failed(&error))?;
    let files = entries.into_iter().filter(|entry| entry.kind != EntryKind::Dir);
    let named = |path: &[u8]| match dir.path.as_str() {
        "." => String::from_utf8_lossy(path).into_owned(),
        folder => format!("{}/{}", folder.trim_end_matches('/'), String::from_utf8_lossy(path)),
    };
    Ok(files.map(|entry| named(&entry.path)).collect())
}
