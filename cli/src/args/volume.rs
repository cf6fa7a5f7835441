//! `pipe cache volume`.

use clap::{Args, Subcommand};

/// Look at the cache volumes that steps keep their own caches in
#[derive(Clone, Debug, Args)]
pub(crate) struct VolumeArgs {
    #[command(subcommand)]
    pub(crate) command: VolumeCommand,
}

/// What to do with cache volumes.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum VolumeCommand {
    /// List cache volumes
    #[command(after_help = "Examples:\n  pipe cache volume ls\n  pipe cache volume ls --json")]
    Ls {
        /// As JSON, one object a line
        #[arg(long)]
        json: bool,
    },
    Rm(RemoveArgs),
}

/// Remove cache volumes; the next step that mounts one begins with an empty folder
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe cache volume rm go-build        every volume of that name
  pipe cache volume rm 3f9a01c2d4e5    one, by its key
  pipe cache volume rm --all

Exit code: 1 when a step uses one of them; the others are removed.")]
pub(crate) struct RemoveArgs {
    /// Names, or keys (their first digits are enough)
    #[arg(required_unless_present = "all", value_name = "NAME|KEY")]
    pub(crate) volumes: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with = "volumes")]
    pub(crate) all: bool,
}
