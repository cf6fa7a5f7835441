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
    Volume(super::VolumeArgs),
}

/// Read everything in the store again and compare it with its digest; what is damaged is put aside and made again when it is needed
#[derive(Clone, Copy, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe cache verify
  pipe cache verify --dry-run      only report

Exit code: 0 when all is whole, 1 when something is damaged.")]
pub(crate) struct VerifyArgs {
    /// Leave what is damaged in place, where steps go on to use it
    #[arg(long)]
    pub(crate) dry_run: bool,
}
