//! `pipe run`.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Evaluate targets and execute what they need
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe run build                         a public function
  pipe run build -o ./hello              write its file or folder
  pipe run greet --name you              give a parameter
  pipe run 'app().dir(\"/etc\").entries'   any expression
  pipe run unit lint                     several targets share one graph

Flags of `pipe` stand before the target. From the target on, `--x` is the target's parameter `x` (kebab and snake case both);
only if it has none of that name, `pipe`'s.")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) options: RunOptions,
    #[command(flatten)]
    pub(crate) execution: ExecutionArgs,
    /// Names of public functions, or expressions; then their parameters
    #[arg(required = true, value_name = "TARGET", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) rest: Vec<OsString>,
}

/// What `run` does with the result.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunOptions {
    /// Write the result, a file or a folder, to PATH
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Refuse actions
    #[arg(long)]
    pub(crate) pure: bool,
    /// Write the test reports of checks, and the checks themselves, to FILE as one JUnit report
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Go on with a run that stopped: the actions that it finished are not repeated. A run that can go on says its name
    #[arg(long, value_name = "RUN")]
    pub(crate) resume: Option<String>,
    /// Show the plan and run nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// How things are executed.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ExecutionArgs {
    /// Run at most N steps at once [default: one a processor]
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Stop at the first failure
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Open a shell where a step has failed, in what it left, with its environment and network; then the failure is told as ever
    #[arg(long)]
    pub(crate) debug: bool,
    /// Run every step, whatever the store holds; results are kept as ever
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Exit with 1, and say which steps, when one was not cached
    #[arg(long)]
    pub(crate) expect_cached: bool,
    /// Take images, branches and files only as pipe.lock pins them; a name without a pin is refused
    #[arg(long)]
    pub(crate) locked: bool,
    /// Ask nobody: take what the store has
    #[arg(long)]
    pub(crate) offline: bool,
    /// Take results that this store lacks from a cache that others fill: `type=dir,path=PATH`; may be given several times
    #[arg(long, value_name = "CACHE", env = "PIPE_CACHE_FROM")]
    pub(crate) cache_from: Vec<String>,
    /// Put the results of steps that run into a cache for others: `type=dir,path=PATH`; may be given several times
    #[arg(long, value_name = "CACHE", env = "PIPE_CACHE_TO")]
    pub(crate) cache_to: Vec<String>,
    /// Say yes beforehand to the approval of this name, or to `all`
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) approve: Vec<String>,
    /// Allow what the package may not do by itself: `file:PATH`, `env:NAME`, `secret:NAME`, `secret:file:PATH`, `net:HOST[:PORT]`,
    /// `net:host` (all of this machine's own network), `export:PATH`, `privileged`, `ssh-agent`, `short-secrets`; several with commas between them
    #[arg(long, value_name = "GRANT,…")]
    pub(crate) allow: Vec<String>,
    /// Which network steps get: `off` is none for any of them, whatever they ask for
    #[arg(long, value_name = "NETWORK")]
    pub(crate) network: Option<NetworkChoice>,
}

/// What the user decides about the network of all steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetworkChoice {
    /// No step gets one
    Off,
}
