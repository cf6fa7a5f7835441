//! `pipe test`.

use std::path::PathBuf;

use clap::Args;

use super::run::ExecutionArgs;

/// Run the package's tests; those that need no container come first
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe test
  pipe test \"the image\"          tests whose title contains this
  pipe test --exact \"it runs\"    tests with this title
  pipe test --watch                only those again that a change can have affected
  pipe test --junit report.xml
  pipe test --coverage             which functions and arms no test enters

Exit code: 0 when all passed, 1 when one failed, 130 when it was interrupted, as --watch always is.")]
pub(crate) struct TestArgs {
    /// Part of the titles of the tests to run
    #[arg(value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// FILTER is the whole title of the tests to run
    #[arg(long, requires = "filter")]
    pub(crate) exact: bool,
    /// Write what came of the tests to FILE, in the form of JUnit
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Say which functions and which arms of `match` the tests entered, and where those are that none did
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Run the tests again when something changed that they may depend on, until Ctrl-C
    #[arg(long, conflicts_with = "coverage")]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) execution: ExecutionArgs,
}
