//! `pipe cache`.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pipe_store::{StepEntry, Store, StoreError, VerifyReport};

use crate::amount::{bytes, rounded};
use crate::args::{CacheArgs, CacheCommand, GlobalArgs, VerifyArgs};
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::{machine, output};

pub(crate) fn run(args: &CacheArgs, global: &GlobalArgs, environment: &Environment) -> Result<(), CliError> {
    match &args.command {
        CacheCommand::Ls { json } => ls(*json, environment),
        CacheCommand::Size { json } => super::prune::size(*json, environment),
        CacheCommand::Prune(args) => super::prune::prune(args, global.verbose, environment),
        CacheCommand::Verify(args) => verify(*args, environment),
        CacheCommand::Volume(args) => super::volume::run(args, global, environment),
    }
}

pub(super) fn failed(error: StoreError) -> CliError {
    CliError::machine(error.to_string())
}

fn ls(json: bool, environment: &Environment) -> Result<(), CliError> {
    let (store, _) = machine::open_store(environment, Arc::new(|_| {}))?;
    let mut lines = output::Lines::default();
    let mut told = Ok(());
    let listed = store.ls(|entry| {
        told = lines.push(&if json { as_json(&entry) } else { as_line(&entry) });
        if told.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    listed.map_err(failed)?;
    told.and_then(|()| lines.finish())
}

fn as_json(entry: &StepEntry) -> String {
    let created = entry.created.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let object = serde_json::json!({
        "key": entry.key.to_string(),
        "name": entry.name,
        "created": created,
        "ms": u64::try_from(entry.duration.as_millis()).unwrap_or(u64::MAX),
        "exit_code": entry.exit_code,
        "bytes": entry.bytes,
        "origin": entry.origin,
    });
    format!("{object}\n")
}

fn as_line(entry: &StepEntry) -> String {
    let age = SystemTime::now().duration_since(entry.created).unwrap_or_default();
    let key = entry.key.to_string();
    let result =
        if entry.exit_code == 0 { String::new() } else { format!("  exit code {}", entry.exit_code) };
    let origin = entry.origin.as_ref().map(|origin| format!("  from {origin}")).unwrap_or_default();
    format!(
        "{}  {:>9}  {:>9}  {:>12}  {}{result}{}\n",
        key.get(..12).unwrap_or(&key),
        bytes(entry.bytes),
        crate::progress::human(entry.duration),
        format!("{} ago", rounded(age.as_secs())),
        crate::progress::printable(&entry.name, false),
        crate::progress::printable(&origin, false),
    )
}

/// Exit code 1 when something is damaged, also when it was repaired: what was lost should be known. What the power took is no damage.
fn verify(args: VerifyArgs, environment: &Environment) -> Result<(), CliError> {
    let report = match verified(args, environment) {
        Err(Unverified::Store(StoreError::DatabaseDamaged { path, reason })) => {
            let mut text = format!("damaged: the database {}: {reason}", path.display());
            if !args.dry_run {
                let aside = Store::put_database_aside(environment.store()?).map_err(failed)?;
                text = format!("{text}, moved to {}: everything will be made again", aside.display());
                // What it named goes with it.
                verified(args, environment)?;
            }
            output::result_line(&text)?;
            return Err(CliError::silent(Exit::Failed));
        }
        other => other?,
    };
    output::result(describe(&report).as_bytes())?;
    if report.damaged == 0 { Ok(()) } else { Err(CliError::silent(Exit::Failed)) }
}

/// Why the store was not looked through.
enum Unverified {
    Store(StoreError),
    Other(CliError),
}

impl From<Unverified> for CliError {
    fn from(error: Unverified) -> CliError {
        match error {
            Unverified::Store(error) => failed(error),
            Unverified::Other(error) => error,
        }
    }
}

fn verified(args: VerifyArgs, environment: &Environment) -> Result<VerifyReport, Unverified> {
    let sandbox = machine::sandbox(environment, Arc::new(|_| {})).map_err(Unverified::Other)?;
    let dir = environment.store().map_err(Unverified::Other)?;
    let store = machine::open_store_in(dir, &sandbox).map_err(Unverified::Store)?;
    // Damage is told when it is found: it may be much. What cannot be told is repaired all the same.
    let mut lines = output::Lines::default();
    let mut told = Ok(());
    let report = store.verify_telling(!args.dry_run, &mut |damage| {
        let repaired = if damage.repaired { ", put aside" } else { "" };
        let line = format!("damaged: {}: {}{repaired}\n", damage.what, damage.reason);
        if told.is_ok() {
            told = lines.push(&line);
        }
    });
    let report = report.map_err(Unverified::Store)?;
    told.and_then(|()| lines.finish()).map_err(Unverified::Other)?;
    Ok(report)
}

fn describe(report: &VerifyReport) -> String {
    let mut text = String::new();
    if report.lost > 0 {
        let lost = report.lost;
        text.push_str(&format!(
            "{lost} were lost with the power before they were on the disk, and will be made again\n"
        ));
    }
    text.push_str(&format!(
        "{} layers, {} blobs, {} objects, {} steps: {} damaged\n",
        report.layers, report.blobs, report.objects, report.steps, report.damaged
    ));
    text
}
