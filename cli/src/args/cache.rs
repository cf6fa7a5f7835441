//! `pipe cache`.

use clap::{Args, Subcommand};

/// Look at the store
#[derive(Clone, Debug, Args)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
}

/// What to do with the store.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// List results of steps, newest first
    #[command(after_help = "Examples:\n  pipe cache ls\n  pipe cache ls --json")]
    Ls {
        /// As JSON, one object a line
        #[arg(long)]
        json: bool,
    },
    Verify(VerifyArgs),
}

/// Read everything in the store again and compare it with its digest
#[derive(Clone, Copy, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe cache verify
  pipe cache verify --repair       drop what is damaged; it is made again when it is needed

Exit code: 0 when all is whole, 1 when something is damaged.")]
pub(crate) struct VerifyArgs {
    /// Drop what is damaged and remove what nothing names
    #[arg(long)]
    pub(crate) repair: bool,
}
