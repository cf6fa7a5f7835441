//! `pipe cache`.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pipe_store::{StepEntry, StoreError, VerifyReport};

use crate::args::{CacheArgs, CacheCommand, VerifyArgs};
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::{machine, output};

pub(crate) fn run(args: &CacheArgs, environment: &Environment) -> Result<(), CliError> {
    match &args.command {
        CacheCommand::Ls { json } => ls(*json, environment),
        CacheCommand::Verify(args) => verify(*args, environment),
        CacheCommand::Volume(args) => super::volume::run(args, environment),
    }
}

pub(super) fn failed(error: StoreError) -> CliError {
    CliError::machine(error.to_string())
}

fn ls(json: bool, environment: &Environment) -> Result<(), CliError> {
    let (store, _) = machine::open_store(environment, Arc::new(|_| {}))?;
    let entries = store.ls().map_err(failed)?;
    let text =
        entries.iter().map(|entry| if json { as_json(entry) } else { as_line(entry) }).collect::<String>();
    output::result(text.as_bytes())
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
    });
    format!("{object}\n")
}

fn as_line(entry: &StepEntry) -> String {
    let age = SystemTime::now().duration_since(entry.created).unwrap_or_default();
    let key = entry.key.to_string();
    let result =
        if entry.exit_code == 0 { String::new() } else { format!("  exit code {}", entry.exit_code) };
    format!(
        "{}  {:>9}  {:>9}  {:>12}  {}{result}\n",
        key.get(..12).unwrap_or(&key),
        size(entry.bytes),
        crate::progress::human(entry.duration),
        format!("{} ago", rounded(age.as_secs())),
        crate::progress::printable(&entry.name, false),
    )
}

/// An age in its largest unit.
pub(super) fn rounded(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Bytes in their largest binary unit.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut scaled = bytes as f64;
    let mut unit = 0;
    while scaled >= 1024.0 && unit + 1 < units.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{scaled:.1} {}", units[unit]) }
}

/// Exit code 1 when something is damaged, also when it was repaired: what was lost should be known.
fn verify(args: VerifyArgs, environment: &Environment) -> Result<(), CliError> {
    let (store, _) = machine::open_store(environment, Arc::new(|_| {}))?;
    let report = store.verify(!args.dry_run).map_err(failed)?;
    output::result(describe(&report).as_bytes())?;
    if report.damage.is_empty() { Ok(()) } else { Err(CliError::silent(Exit::Failed)) }
}

fn describe(report: &VerifyReport) -> String {
    let mut text: String = report
        .damage
        .iter()
        .map(|damage| {
            let repaired = if damage.repaired { ", put aside" } else { "" };
            format!("damaged: {}: {}{repaired}\n", damage.what, damage.reason)
        })
        .collect();
    text.push_str(&format!(
        "{} layers, {} blobs, {} objects, {} steps: {} damaged\n",
        report.layers,
        report.blobs,
        report.objects,
        report.steps,
        report.damage.len()
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_read_well() {
        assert_eq!(size(12), "12 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(rounded(7200), "2 h");
    }
}
