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
    /// Say how much room the store takes, and how much it may
    #[command(after_help = "Examples:\n  pipe cache size\n  pipe cache size --json")]
    Size {
        /// As JSON, one object
        #[arg(long)]
        json: bool,
    },
    Prune(PruneArgs),
    Verify(VerifyArgs),
    Volume(super::VolumeArgs),
}

/// Remove what was used least recently, until the store is as small as it should be
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe cache prune                     down to the limits of the configuration
  pipe cache prune --keep 5GiB         down to this size
  pipe cache prune --older 30d         also everything that was not used for so long
  pipe cache prune --origin dir:/srv/cache     also everything that was taken from a shared cache
  pipe cache prune --all --dry-run     say what would go, and why

`cache.size` (50GiB) and `cache.free` (5%, at most 10GiB) of the configuration are kept to by every run anyway.
What runs in progress use stays.")]
pub(crate) struct PruneArgs {
    /// Keep no more than SIZE: `5GiB`, `500MB`
    #[arg(long, value_name = "SIZE", value_parser = crate::amount::size, conflicts_with = "all")]
    pub(crate) keep: Option<u64>,
    /// Remove everything that was not used for AGE: `7d`, `12h`
    #[arg(long, value_name = "AGE", value_parser = crate::amount::age)]
    pub(crate) older: Option<std::time::Duration>,
    /// Remove everything that was taken from this shared cache: as `pipe cache ls` names it, or as `--cache-from` has it
    #[arg(long, value_name = "CACHE")]
    pub(crate) origin: Option<String>,
    /// Remove everything
    #[arg(long)]
    pub(crate) all: bool,
    /// Only say what would be removed, and why
    #[arg(long)]
    pub(crate) dry_run: bool,
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
