//! The command line's grammar, each flag declared once.

mod cache;
mod check;
mod fmt;
mod inspect;
mod login;
mod lsp;
mod packages;
mod run;
mod start;
mod test;
mod volume;
mod why;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

pub(crate) use cache::{CacheArgs, CacheCommand, PruneArgs, VerifyArgs};
pub(crate) use check::{CheckArgs, Deny, DiagnosticFormat};
pub(crate) use fmt::FmtArgs;
pub(crate) use inspect::{ListArgs, PlanArgs, PlanForm, VersionArgs};
pub(crate) use login::{LoginArgs, LogoutArgs};
pub(crate) use lsp::LspArgs;
pub(crate) use packages::{AddArgs, FetchLimits, UpdateArgs, VendorArgs};
pub(crate) use run::{ExecutionArgs, NetworkChoice, RunArgs};
pub(crate) use start::{CompletionsArgs, DocArgs, ExplainArgs, InitArgs, Template};
pub(crate) use test::TestArgs;
pub(crate) use volume::{ExportArgs, ImportArgs, RemoveArgs, VolumeArgs, VolumeCommand};
pub(crate) use why::{InputsArgs, WhyArgs};

const STYLES: Styles =
    Styles::styled().header(AnsiColor::Green.on_default().bold()).usage(AnsiColor::Green.on_default().bold());

/// Pipelines as typed programs.
#[derive(Debug, Parser)]
#[command(
    name = "pipe",
    version,
    styles = STYLES,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  pipe run build -o ./hello            build, and write the result
  pipe run greet --name you            give a parameter
  pipe -C services/api check           check another package
  pipe plan build                      what would run, and why

The package is the nearest folder upwards that has a `pipe.toml`, else the folder with a `main.pipe`.
Results go to standard output, everything else to standard error."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command, before or after it.
#[derive(Clone, Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Use the package that contains DIR; paths on the command line stay relative to the current folder
    #[arg(short = 'C', value_name = "DIR", global = true, help_heading = "Global options")]
    pub(crate) directory: Option<PathBuf>,
    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = "Global options")]
    pub(crate) color: ColorChoice,
    /// How to show what happens
    #[arg(long, value_name = "FORM", default_value = "auto", global = true, help_heading = "Global options")]
    pub(crate) progress: ProgressForm,
    /// Show failures only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Show cached steps and where each step was made
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) verbose: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColorChoice {
    /// Whether there is colour; `auto` decides where nobody did.
    pub(crate) fn or(self, auto: bool) -> bool {
        match self {
            ColorChoice::Auto => auto,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        }
    }
}

/// How progress is shown, on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressForm {
    /// `github` or `gitlab` under those, `tty` on a terminal, else `plain`
    Auto,
    /// A live view of the running steps
    Tty,
    /// A line an event
    Plain,
    /// One JSON object a line: docs/reference/events.md
    Json,
    /// Groups and annotations of GitHub Actions
    Github,
    /// Collapsible sections of GitLab
    Gitlab,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(RunArgs),
    Check(CheckArgs),
    Fmt(FmtArgs),
    Plan(PlanArgs),
    Why(WhyArgs),
    Inputs(InputsArgs),
    List(ListArgs),
    Test(TestArgs),
    Add(AddArgs),
    Update(UpdateArgs),
    Vendor(VendorArgs),
    Cache(CacheArgs),
    Login(LoginArgs),
    Logout(LogoutArgs),
    Lsp(LspArgs),
    /// Say what this machine offers, what is missing, and what mends it
    #[command(after_help = "Examples:\n  pipe doctor")]
    Doctor,
    Init(InitArgs),
    Doc(DocArgs),
    Explain(ExplainArgs),
    Completions(CompletionsArgs),
    Version(VersionArgs),
}
