//! `pipe update`.

use std::path::Path;

use pipe_analysis::PackageSource;

use crate::args::{FetchLimits, UpdateArgs};
use crate::environment::Environment;
use crate::exit::CliError;
use crate::packages::{Place, Renew, Resolved, Rules, is_vendored, resolve, vendor};
use crate::{lock, output};

/// Looks dependencies up again.
///
/// # Errors
/// When one cannot be had, or wants more than is accepted.
pub(crate) fn run(
    args: &UpdateArgs,
    directory: Option<&Path>,
    environment: &Environment,
    quiet: bool,
) -> Result<(), CliError> {
    let place = Place::find(environment, directory)?;
    let renew = match (args.names.is_empty(), args.limits.locked || args.limits.offline) {
        // What must not change is not looked up again.
        (_, true) => Renew::Nothing,
        (true, false) => Renew::All,
        (false, false) => Renew::Named(args.names.clone()),
    };
    let UpdateArgs { accept, limits: FetchLimits { locked, offline }, .. } = *args;
    let resolved = bring_up_to_date(&place, &Rules { renew, locked, offline, accept, quiet })?;
    if let Some(name) = unknown(&args.names, &resolved) {
        return Err(CliError::usage(format!("there is no dependency by git called `{name}`"))
            .help("`[dependencies]` in `pipe.toml` names them; those by `path` are never fetched"));
    }
    if !quiet {
        output::notice(&changes(&resolved));
    }
    Ok(())
}

/// Resolves, and writes what came of it: the lock, and `vendor/` where there is one.
///
/// # Errors
/// As for [`run`].
pub(super) fn bring_up_to_date(place: &Place<'_>, rules: &Rules) -> Result<Resolved, CliError> {
    let resolved = resolve(place, rules)?;
    lock::write_packages(&place.root.dir, &resolved.lock)?;
    if is_vendored(&place.root.dir) {
        vendor(place.environment, &place.root.dir, &resolved.lock)?;
    }
    Ok(resolved)
}

fn unknown<'n>(names: &'n [String], resolved: &Resolved) -> Option<&'n String> {
    let known = |name: &String| {
        resolved.needed.iter().any(|needed| needed.name.split('/').next() == Some(name.as_str()))
    };
    names.iter().find(|name| !known(name))
}

/// What became other, a line for each package.
fn changes(resolved: &Resolved) -> String {
    let short = |commit: &str| commit.get(..12).unwrap_or(commit).to_owned();
    let mut lines = Vec::new();
    let name = |source: &PackageSource| {
        resolved.needed.iter().find(|needed| needed.source == *source).map_or("", |needed| &needed.name)
    };
    for (source, package) in resolved.lock.iter() {
        let to = short(&package.commit);
        match resolved.before.get(source) {
            Some(before) if before.commit == package.commit => {}
            Some(before) => {
                lines.push(format!("{}: {source}: {} -> {to}\n", name(source), short(&before.commit)));
            }
            None => lines.push(format!("{}: {source}: {to}\n", name(source))),
        }
    }
    let gone = resolved.before.iter().filter(|(source, _)| resolved.lock.get(source).is_none());
    lines.extend(gone.map(|(source, _)| format!("not needed any more: {source}\n")));
    match lines.is_empty() {
        true => format!("{} packages by git, all as they were\n", resolved.lock.iter().count()),
        false => lines.concat(),
    }
}
