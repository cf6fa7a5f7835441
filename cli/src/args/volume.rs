//! `pipe cache volume`.

use std::path::PathBuf;

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
    Export(ExportArgs),
    Import(ImportArgs),
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

/// Write a cache volume to a tar archive, with times and owners
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe cache volume export go-build go-build.tar
  pipe cache volume export go-build | zstd > go-build.tar.zst

Exit code: 1 when a step uses it.")]
pub(crate) struct ExportArgs {
    /// Its name, or its key (the first digits are enough)
    #[arg(value_name = "NAME|KEY")]
    pub(crate) volume: String,
    /// Where to write it; standard output when not given, or `-`
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Make a cache volume of a tar archive
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe cache volume import go-build go-build.tar
  zstd -d < go-build.tar.zst | pipe cache volume import go-build -
  pipe cache volume import --shared team ccache ccache.tar.zst

The archive may be one of `pipe cache volume export` or any other; compressed with gzip, zstd, xz or bzip2, too.
What no volume can hold is refused, and then nothing of it is kept.")]
pub(crate) struct ImportArgs {
    /// The name that steps mount it by
    #[arg(value_name = "NAME")]
    pub(crate) volume: String,
    /// The archive; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Make it the volume of this group, not of the package
    #[arg(long, value_name = "GROUP")]
    pub(crate) shared: Option<String>,
    /// Platform of the steps that use it [default: the exported volume's, else this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// User that these steps run as [default: the exported volume's, else root]
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Remove the volume that is there already
    #[arg(long)]
    pub(crate) replace: bool,
}
