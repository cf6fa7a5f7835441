//! What commands on targets begin with: the package, what is asked of it, and the flags, wherever they stood.

use std::ffi::OsString;

use crate::args::{Cli, Command};
use crate::config::Config;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::grants::Trust;
use crate::package::Package;
use crate::progress::Style;
use crate::target::{self, Request};

/// A package and what a command line asks of it.
pub(super) struct Opened<'c> {
    pub(super) package: Package,
    pub(super) request: Request,
    pub(super) config: Config,
    pub(super) style: Style,
    environment: &'c Environment,
    first: &'c Cli,
    again: Option<Cli>,
}

impl<'c> Opened<'c> {
    /// Loads the package and reads what stands after the command's own flags, `rest`, of which `targets` are the targets and their
    /// parameters. `arguments` is the whole command line.
    ///
    /// # Errors
    /// When the package or the command line is wrong.
    pub(super) fn new(
        cli: &'c Cli,
        command: &str,
        rest: &[OsString],
        targets: &[OsString],
        arguments: &[OsString],
        environment: &'c Environment,
    ) -> Result<Opened<'c>, CliError> {
        let directory = cli.global.directory.as_deref();
        let (package, request) = target::open(environment, command, directory, targets)?;
        let again = super::parse_again(arguments, rest, &request)?;
        let style = Style::choose(&again.as_ref().unwrap_or(cli).global, environment);
        let config = Config::read(environment.config.as_deref())?;
        Ok(Opened { package, request, config, style, environment, first: cli, again })
    }

    /// The command's flags, also those that stood behind the targets.
    ///
    /// # Errors
    /// When it is another command, which is a mistake of ours.
    pub(super) fn args<A>(&self, of: impl FnOnce(&Command) -> Option<&A>) -> Result<&A, CliError> {
        of(&self.again.as_ref().unwrap_or(self.first).command)
            .ok_or_else(|| CliError::machine("the command line changed its command; please report this"))
    }

    /// What the package may do: what `--allow` says, and what was given on the command line.
    ///
    /// # Errors
    /// When a grant cannot be understood.
    pub(super) fn trust(&self, allow: &[String]) -> Result<Trust<'_>, CliError> {
        Ok(Trust::new(&self.package, self.environment, &self.config, allow)?.given(&self.request))
    }
}
