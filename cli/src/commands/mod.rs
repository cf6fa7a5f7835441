//! The commands, one a file.

pub(crate) mod add;
pub(crate) mod cache;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod doc;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod init;
pub(crate) mod inputs;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod lsp;
mod opened;
pub(crate) mod plan;
mod prune;
pub(crate) mod run;
pub(crate) mod test;
pub(crate) mod update;
pub(crate) mod vendor;
pub(crate) mod version;
mod volume;
pub(crate) mod why;

use std::ffi::OsString;

use clap::Parser;

use crate::args::Cli;
use crate::exit::{CliError, Exit};
use crate::output;
use crate::target::Request;

/// The command line parsed once more, with the flags of `pipe` that stood behind the targets in front of them; `None` when there were
/// none, for then the first time was right.
fn parse_again(
    arguments: &[OsString],
    rest: &[OsString],
    request: &Request,
) -> Result<Option<Cli>, CliError> {
    if request.own.is_empty() {
        return Ok(None);
    }
    let before = arguments.get(..arguments.len().saturating_sub(rest.len())).unwrap_or_default();
    let before = before.strip_suffix(&[OsString::from("--")]).unwrap_or(before);
    let targets = request.targets.iter().map(|(label, _)| OsString::from(&**label));
    let own = request.own.iter().cloned();
    let moved = before.iter().cloned().chain(own).chain([OsString::from("--")]).chain(targets);
    Cli::try_parse_from(moved).map(Some).map_err(|error| help_of(&error, request))
}

/// What clap says of flags behind a target. `--help` there asks for the target's parameters.
fn help_of(error: &clap::Error, request: &Request) -> CliError {
    if error.use_stderr() {
        return CliError::usage(
            error.render().to_string().trim_start_matches("error: ").trim_end().to_owned(),
        );
    }
    let names: Vec<&str> = request.targets.iter().map(|(label, _)| &**label).collect();
    let usage = format!("usage: pipe run {} [--PARAMETER VALUE]…", names.join(" "));
    match output::result_line(&format!("{usage}\n\n{}", request.parameters)) {
        Ok(()) => CliError::silent(Exit::Success),
        Err(error) => error,
    }
}
