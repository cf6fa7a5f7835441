//! `pipe check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Check a package, or files: types and lints, nothing runs
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe check                       the package of the current folder
  pipe check ci/main.pipe lib/     these files and folders
  pipe check --fix                 apply the fixes that are safe
  pipe check --fix --diff          show what --fix would change
  pipe check --format github       annotations for a pull request

Exit code: 0 without errors, 1 with errors (also when --diff finds a file that would change), 2 when it
could not check. --fix changes files of the package only, none that is reached through a link.")]
pub(crate) struct CheckArgs {
    /// Files or folders; the package of the current folder when none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// How to print what was found
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    pub(crate) format: DiagnosticFormat,
    /// Apply the fixes that are safe, and check again
    #[arg(long)]
    pub(crate) fix: bool,
    /// With --fix: change nothing; print what would change
    #[arg(long, requires = "fix", conflicts_with = "format")]
    pub(crate) diff: bool,
    /// Let warnings count as errors
    #[arg(long, value_name = "WHAT")]
    pub(crate) deny: Vec<Deny>,
}

/// What counts as an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    /// Warnings
    Warnings,
}

/// How diagnostics are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiagnosticFormat {
    /// With the source around them
    Full,
    /// One line each
    Short,
    /// One JSON object a line
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// One SARIF document
    Sarif,
}
