//! `pipe cache size` and `pipe cache prune`.

use std::sync::Arc;
use std::time::SystemTime;

use pipe_cache::CacheAddress;
use pipe_fetch::Shelf;
use pipe_store::{KeepReason, Kept, PrunePolicy, PruneReason, PruneReport, Pruned, Store, StoreSize};

use super::cache::failed;
use crate::amount::{bytes, rounded};
use crate::args::PruneArgs;
use crate::config::Config;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::progress::printable;
use crate::{machine, output};

/// How much room the store takes, and how much it may.
pub(super) fn size(json: bool, environment: &Environment) -> Result<(), CliError> {
    let limits = Config::read(environment.config.as_deref())?.limits()?;
    let (store, _) = machine::open_store(environment, Arc::new(|_| {}))?;
    let size = store.size().map_err(failed)?;
    if json {
        let parts: serde_json::Map<String, serde_json::Value> =
            parts(&size).into_iter().map(|(name, bytes)| (name.to_owned(), bytes.into())).collect();
        let object = serde_json::json!({ "total": size.total(), "limit": limits.size, "parts": parts });
        return output::result_line(&object.to_string());
    }
    let mut text: String =
        parts(&size).iter().map(|(name, part)| format!("{:>10}  {name}\n", bytes(*part))).collect();
    text.push_str(&format!("{:>10}  of {} that it may take\n", bytes(size.total()), bytes(limits.size)));
    output::result(text.as_bytes())
}

fn parts(size: &StoreSize) -> [(&'static str, u64); 8] {
    [
        ("layers", size.layers),
        ("logs", size.blobs),
        ("database", size.database),
        ("volumes", size.volumes),
        ("downloads", size.downloads),
        ("work", size.work),
        ("packages", size.packages),
        ("quarantine", size.quarantine),
    ]
}

/// Removes the packages that were fetched: they are small, so only `--all` does.
fn packages(shelf: &Shelf, dry_run: bool) -> Result<(), CliError> {
    let digests = shelf.digests();
    if digests.is_empty() {
        return Ok(());
    }
    if !dry_run {
        let removed = digests.iter().try_for_each(|digest| shelf.remove(digest));
        removed.map_err(|error| CliError::machine(error.to_string()))?;
    }
    let done = if dry_run { "would be removed" } else { "removed" };
    output::result_line(&format!("packages that were fetched: {} {done}", digests.len()))
}

/// Removes what was not used for longest, or says what would be removed.
pub(super) fn prune(args: &PruneArgs, verbose: bool, environment: &Environment) -> Result<(), CliError> {
    let limits = Config::read(environment.config.as_deref())?.limits()?;
    let (store, _) = machine::open_store(environment, Arc::new(|_| {}))?;
    let origin = args.origin.as_deref().map(|origin| origin_of(origin, &store, environment)).transpose()?;
    let mut policy = PrunePolicy {
        older: args.older,
        origin,
        dry_run: args.dry_run,
        explain_all: verbose,
        ..PrunePolicy::limits(&limits)
    };
    if args.all {
        policy.keep = 0;
    } else if let Some(keep) = args.keep {
        policy.keep = keep;
    }
    let report = store.prune(&policy).map_err(failed)?;
    if args.all {
        packages(&Shelf::new(environment.packages()?), args.dry_run)?;
    }
    let removed = report.removed.iter().map(|removed| describe(removed, args.dry_run));
    let kept = report.kept.iter().map(describe_kept);
    let mut lines = output::Lines::default();
    removed.chain(kept).chain(summary(&report, args.dry_run)).try_for_each(|line| lines.push(&line))?;
    lines.finish()
}

/// A shared cache as results name it. One that no result was taken from is probably misspelt.
fn origin_of(text: &str, store: &Store, environment: &Environment) -> Result<String, CliError> {
    let address = text.starts_with("type=").then(|| CacheAddress::parse(text, &environment.current_dir));
    let origin = match address {
        Some(Ok(address)) => address.open().origin().to_owned(),
        Some(Err(error)) => return Err(CliError::usage(error.to_string())),
        None => text.to_owned(),
    };
    let known = store.origins().map_err(failed)?;
    if !known.contains(&origin) {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let message = format!("warning: nothing was taken from {origin}; results were taken from: {known}");
        output::notice(&format!("{}\n", printable(&message, false)));
    }
    Ok(origin)
}

fn describe(removed: &Pruned, dry_run: bool) -> String {
    let reason = match removed.reason {
        PruneReason::Limit => "used least recently",
        PruneReason::Floor => "the disk is nearly full, and it was used least recently",
        PruneReason::Old => "not used for long enough",
        PruneReason::Origin => "it was taken from that cache",
    };
    let verb = if dry_run { "would remove" } else { "removed" };
    let (age, what) = (age(removed.used), printable(&removed.what, false));
    let shared = match removed.shared {
        0 => String::new(),
        shared => format!("; {} of it stay, for other results need them", bytes(shared)),
    };
    format!("{verb}  {:>10}  used {age:>10}  {what}: {reason}{shared}\n", bytes(removed.bytes))
}

fn describe_kept(kept: &Kept) -> String {
    let reason = match kept.reason {
        KeepReason::InUse => "a run in progress uses it",
        KeepReason::Awaited => "a run can go on with it (`--resume`)",
        KeepReason::Room => "there is room for it",
    };
    let (age, what) = (age(kept.used), printable(&kept.what, false));
    format!("would keep    {:>10}  used {age:>10}  {what}: {reason}\n", bytes(kept.bytes))
}

fn age(used: SystemTime) -> String {
    if used == SystemTime::UNIX_EPOCH {
        return "long ago".to_owned();
    }
    let age = SystemTime::now().duration_since(used).unwrap_or_default();
    format!("{} ago", rounded(age.as_secs()))
}

/// What it comes to.
fn summary(report: &PruneReport, dry_run: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if dry_run {
        let results = report.removed.iter().map(|removed| removed.bytes).sum::<u64>();
        let orphans = bytes(report.orphans);
        lines.push(format!(
            "would free {}, {orphans} of it of what no result needs any more; {} would be left\n",
            bytes(results + report.orphans),
            bytes(report.left),
        ));
        if report.room_for > 0 {
            let stay = report.room_for;
            lines.push(format!("{stay} results stay, for there is room for them (`-v` lists them)\n"));
        }
    } else {
        lines.push(format!("freed {}; {} are left\n", bytes(report.freed), bytes(report.left)));
    }
    if report.in_use {
        lines.push(
            "runs in progress may use some of what was removed: its room becomes free when they have ended\n"
                .to_owned(),
        );
    }
    if report.protected > 0 {
        lines.push(format!("{} are in use by runs in progress, and stay\n", bytes(report.protected)));
    }
    if report.awaited > 0 {
        lines.push(format!("{} stay for runs that can go on (`--resume`)\n", bytes(report.awaited)));
    }
    lines
}
