//! Commands for a beginning: `init`, `doc`, `explain`, `completions`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Make a package that runs at once, with a test
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe init                        here, for a C program built with the machine's own tools
  pipe init hello --template go    in the folder hello

Nothing is ever overwritten.")]
pub(crate) struct InitArgs {
    /// Where; the current folder when none is given
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// For which language
    #[arg(long, value_name = "TEMPLATE", default_value = "c")]
    pub(crate) template: Template,
}

/// What a package begins as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// C, with the machine's own compiler: needs no image
    C,
    /// Go
    Go,
    /// Rust
    Rust,
    /// JavaScript with Node.js
    Node,
    /// Python
    Python,
}

/// Show what a package offers: its public items and parameters, with types and docs
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe doc                         what the package offers
  pipe doc build Container.run     these, of the package or the standard library
  pipe doc -o docs.html            as one page that needs no server and no network
  pipe doc --open                  that page in the browser

Nothing is evaluated and nothing is fetched.")]
pub(crate) struct DocArgs {
    /// Names to show: `build`, `Container.run`, `workspace.git`
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Write an HTML page to FILE
    #[arg(short, long, value_name = "FILE", conflicts_with = "names")]
    pub(crate) output: Option<PathBuf>,
    /// Show the page in the browser: the first of BROWSER that starts, else what the desktop uses
    #[arg(long, conflicts_with = "names")]
    pub(crate) open: bool,
}

/// Explain a diagnostic by its code
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  pipe explain hole-position\n  pipe explain                     all codes"
)]
pub(crate) struct ExplainArgs {
    /// The code, as it stands in brackets before a message
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// Print a script that completes commands and flags in a shell
#[derive(Clone, Copy, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe completions bash > ~/.local/share/bash-completion/completions/pipe
  pipe completions zsh > ~/.zfunc/_pipe
  pipe completions fish > ~/.config/fish/completions/pipe.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}
