//! `pipe login` and `pipe logout`.

use clap::Args;

/// Log in to a registry; credentials are kept where Docker keeps them
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe login ghcr.io                                   asks for user name and password
  pipe login ghcr.io -u me < token                     the password is what the file holds
  pass corp | pipe login registry.corp:5000 -u me --password-stdin

The registry is asked first whether it takes them. They are kept by the registry's credential helper, where one is configured, else
in $DOCKER_CONFIG/config.json or ~/.docker/config.json, readable by nobody else. A password is never an argument: everybody on the
machine can read those.

Exit code: 0 kept, 1 the registry does not take them, 2 wrong usage, 3 it cannot be asked or they cannot be kept.")]
pub(crate) struct LoginArgs {
    /// The registry: `ghcr.io`, `registry.corp:5000`, `docker.io`
    #[arg(value_name = "REGISTRY")]
    pub(crate) registry: String,
    /// Who you are there
    #[arg(short, long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// Take all of standard input as the password, as without this when it is no terminal
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// Forget the credentials of a registry, those that Docker uses, too
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  pipe logout ghcr.io")]
pub(crate) struct LogoutArgs {
    /// The registry
    #[arg(value_name = "REGISTRY")]
    pub(crate) registry: String,
}
