//! `pipe why` and `pipe inputs`.

use std::ffi::OsString;

use clap::Args;

/// Say why steps run, or ran: the first thing that is other than it was
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe why build                   every step of a target
  pipe why unit build              one step of it, by its name
  pipe why build --cflags -O3 --json

A step that is cached is told, too: why it ran when its result was made.")]
pub(crate) struct WhyArgs {
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Allow what the package may not do by itself, as for `run`
    #[arg(long, value_name = "GRANT,…")]
    pub(crate) allow: Vec<String>,
    /// A target, then perhaps the name of a step; then the target's parameters
    #[arg(
        required = true,
        value_name = "TARGET [STEP]",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) rest: Vec<OsString>,
}

/// List the host's files that count for targets
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe inputs build
  pipe inputs build unit --json

Paths are relative to the package, or absolute for what lies outside it.")]
pub(crate) struct InputsArgs {
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Allow what the package may not do by itself, as for `run`
    #[arg(long, value_name = "GRANT,…")]
    pub(crate) allow: Vec<String>,
    /// Names of public functions, or expressions; then their parameters
    #[arg(required = true, value_name = "TARGET", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) rest: Vec<OsString>,
}
