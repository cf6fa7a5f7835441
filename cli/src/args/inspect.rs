//! Commands that look: `plan`, `list`, `version`.

use std::ffi::OsString;

use clap::Args;

use super::run::NetworkChoice;

/// Show the graph of targets: what is cached, what would run, and why
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe plan build
  pipe plan unit build --mermaid
  pipe plan build --cflags -O3 --json")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) form: PlanForm,
    /// Allow what the package may not do by itself: `file:PATH`, `env:NAME`, `secret:NAME`, `secret:file:PATH`, `net:HOST[:PORT]`,
    /// `net:host` (all of this machine's own network), `export:PATH`, `privileged`, `ssh-agent`, `short-secrets`; several with commas between them
    #[arg(long, value_name = "GRANT,…")]
    pub(crate) allow: Vec<String>,
    /// Which network steps get: `off` is none for any of them, whatever they ask for
    #[arg(long, value_name = "NETWORK")]
    pub(crate) network: Option<NetworkChoice>,
    /// Names of public functions, or expressions; then their parameters
    #[arg(required = true, value_name = "TARGET", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) rest: Vec<OsString>,
}

/// How a plan is printed: text unless one is given.
#[derive(Clone, Copy, Debug, Default, Args)]
#[group(multiple = false)]
pub(crate) struct PlanForm {
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// As a Graphviz graph
    #[arg(long)]
    pub(crate) dot: bool,
    /// As a Mermaid graph
    #[arg(long)]
    pub(crate) mermaid: bool,
}

/// List public functions, actions and parameters
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  pipe list\n  pipe list --json")]
pub(crate) struct ListArgs {
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print the version
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  pipe version\n  pipe version --json")]
pub(crate) struct VersionArgs {
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}
