//! `pipe fmt`.

use std::path::PathBuf;

use clap::Args;

/// Lay files out in the one canonical style
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe fmt                         the files of the package
  pipe fmt ci/main.pipe lib/       these files and folders
  pipe fmt --check                 for CI: name the files that would change
  pipe fmt --diff                  show what would change
  pipe fmt --stdin < main.pipe     for editors

Exit code: 0 when all is well, 1 when --check or --diff finds a file that would change, 2 when a file
cannot be read or has syntax errors. Such a file is left as it is.")]
pub(crate) struct FmtArgs {
    /// Files or folders; the package of the current folder when none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing; name the files that would change
    #[arg(long)]
    pub(crate) check: bool,
    /// Change nothing; print what would change
    #[arg(long, conflicts_with = "check")]
    pub(crate) diff: bool,
    /// Read standard input and print the result
    #[arg(long, conflicts_with_all = ["check", "diff", "paths"])]
    pub(crate) stdin: bool,
}
