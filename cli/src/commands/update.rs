//! `pipe update`.

mod pins;

use std::path::Path;

use pipe_analysis::PackageSource;

use crate::args::{FetchLimits, UpdateArgs};
use crate::environment::Environment;
use crate::exit::CliError;
use crate::packages::{Place, Renew, Resolved, Rules, is_vendored, resolve, vendor};
use crate::progress::Style;
use crate::{lock, report};

/// Looks dependencies, and what else the lock pins, up again.
///
/// # Errors
/// When one cannot be had, or wants more than is accepted.
pub(crate) fn run(
    args: &UpdateArgs,
    directory: Option<&Path>,
    environment: &Environment,
    style: Style,
) -> Result<(), CliError> {
    let place = Place::find(environment, directory)?;
    let UpdateArgs { accept, limits: FetchLimits { locked, offline }, .. } = *args;
    let pinned = lock::read(&place.root.dir)?;
    let is_pin = |name: &String| pinned.iter().any(|pin| pins::means(name, &pin));
    let (of_pins, dependencies): (Vec<String>, Vec<String>) = args.names.iter().cloned().partition(is_pin);
    if let (Some(name), Some(flag)) = (of_pins.first(), forbidden(args.limits)) {
        return Err(CliError::usage(format!(
            "`{name}` is pinned in pipe.lock, and {flag} forbids to look it up again"
        ))
        .help(format!("leave out {flag}, or the name")));
    }
    // What must not change is not looked up again.
    let (renew, looked_up) = match (args.names.is_empty(), locked || offline) {
        (_, true) => (Renew::Nothing, Vec::new()),
        (true, false) => (Renew::All, pins::named(&pinned, &[])),
        (false, false) if of_pins.is_empty() => (Renew::Named(dependencies.clone()), Vec::new()),
        (false, false) => (Renew::Named(dependencies.clone()), pins::named(&pinned, &of_pins)),
    };
    let pins::LookedUp { moved, failures } = pins::look_up(&looked_up, &place, &args.allow, accept)?;
    // Of what was named, nothing is changed when one cannot be had; else the others are moved.
    let mut failures = match args.names.is_empty() {
        true => failures,
        false => CliError::together(failures).map_or(Ok(Vec::new()), Err)?,
    };
    let are_as_asked = looked_up.len() - failures.len();
    let resolved = match bring_up_to_date(&place, &Rules { renew, locked, offline, accept, style }) {
        Ok(resolved) => Some(resolved),
        // Packages that cannot be had keep no pin back, as none keeps another one back.
        Err(error) => {
            failures.push(error);
            if !args.names.is_empty() {
                return CliError::together(failures).map_or(Ok(()), Err);
            }
            None
        }
    };
    if let Some(name) = resolved.as_ref().and_then(|resolved| unknown(&dependencies, resolved)) {
        let message = format!(
            "there is no dependency by git called `{name}`, and pipe.lock pins no such image, repository or file"
        );
        return Err(CliError::usage(message)
            .help("`[dependencies]` in `pipe.toml` names them; those by `path` are never fetched"));
    }
    if !moved.is_empty() {
        lock::move_pins(&place.root.dir, &moved)?;
    }
    report::notice(&resolved.as_ref().map(changes).unwrap_or_default(), style);
    report::notice(&pins::changes(&pinned, &moved, are_as_asked), style);
    CliError::together(failures).map_or(Ok(()), Err)
}

/// The flag by which no pin may be looked up.
fn forbidden(limits: FetchLimits) -> Option<&'static str> {
    match limits {
        FetchLimits { locked: true, .. } => Some("--locked"),
        FetchLimits { offline: true, .. } => Some("--offline"),
        FetchLimits { locked: false, offline: false } => None,
    }
}

/// Resolves, and writes what came of it: the lock, and `vendor/` where there is one.
///
/// # Errors
/// As for [`run`].
pub(super) fn bring_up_to_date(place: &Place<'_>, rules: &Rules) -> Result<Resolved, CliError> {
    let resolved = resolve(place, rules)?;
    lock::write_packages(&place.root.dir, &resolved.before, &resolved.lock)?;
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
