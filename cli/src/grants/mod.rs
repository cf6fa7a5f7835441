//! What the user allows a package: flags, environment, configuration, and answers to the one question.

mod refusal;
mod remembered;
mod written;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_analysis::is_command_line;
use pipe_engine::{Grant, Grants, HostAccess, MissingGrant, SecretPlace};
use pipe_eval::NetworkRule;
use pipe_ops::{Graph, Origin, Output};

use crate::args::NetworkChoice;
use crate::config::Config;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::package::Package;
use crate::prompt;
use crate::target::Request;

pub(crate) use refusal::refused;

/// What is granted to the package in a folder by `--allow`, `PIPE_ALLOW`, the configuration, and by earlier answers. For commands that
/// do not know beforehand what they will need, and so can ask nobody.
///
/// # Errors
/// When something of it cannot be understood.
pub(crate) fn given_before(
    package: &Path,
    environment: &Environment,
    config: &Config,
    allow: &[String],
) -> Result<Grants, CliError> {
    let folder = real(package);
    let mut grants = written(&folder, environment, config, allow)?;
    grants.all.extend(remembered::of(&folder, environment)?.into_iter().flatten());
    Ok(grants)
}

/// The folder of a package, links followed.
fn real(package: &Path) -> PathBuf {
    package.canonicalize().unwrap_or_else(|_| package.to_path_buf())
}

/// What the user wrote down for the package in a folder.
fn written(
    folder: &Path,
    environment: &Environment,
    config: &Config,
    allow: &[String],
) -> Result<Grants, CliError> {
    let lists = allow.iter().chain(&environment.allow).map(String::as_str);
    let all = written::read(lists.chain(config.grants(folder)), environment)?;
    Ok(Grants { all, home: environment.home.clone() })
}

/// The variables that grants allow to be read, with their values.
pub(crate) fn variables(grants: &Grants, environment: &Environment) -> BTreeMap<Arc<str>, Option<Arc<str>>> {
    let names = grants.all.iter().filter_map(|grant| match grant {
        Grant::Env(name) => Some(name),
        _ => None,
    });
    names.map(|name| (name.as_str().into(), environment.variable(name).map(Arc::from))).collect()
}

/// What a package may do in this command, and who decides about the rest.
pub(crate) struct Trust<'a> {
    package: &'a Package,
    environment: &'a Environment,
    /// The package's folder, links followed.
    folder: PathBuf,
    grants: Grants,
    /// Lists that were allowed earlier.
    remembered: Vec<Vec<Grant>>,
    /// Which steps get a network.
    network: NetworkRule,
}

impl<'a> Trust<'a> {
    /// What is granted before anything is asked: by `--allow`, `PIPE_ALLOW` and the configuration.
    ///
    /// # Errors
    /// When something of it cannot be understood.
    pub(crate) fn new(
        package: &'a Package,
        environment: &'a Environment,
        config: &Config,
        allow: &[String],
    ) -> Result<Trust<'a>, CliError> {
        let folder = real(package.folder());
        let grants = written(&folder, environment, config, allow)?;
        let remembered = remembered::of(&folder, environment)?;
        let network = if package.network_off() { NetworkRule::OnDemand } else { NetworkRule::Open };
        Ok(Trust { package, environment, folder, grants, remembered, network })
    }

    /// With what the command line says of the network.
    pub(crate) fn network(mut self, choice: Option<NetworkChoice>) -> Trust<'a> {
        if choice == Some(NetworkChoice::Off) {
            self.network = NetworkRule::Off;
        }
        self
    }

    /// Which steps get a network.
    pub(crate) fn network_rule(&self) -> NetworkRule {
        self.network
    }

    /// A value of the command line is its own grant.
    pub(crate) fn given(mut self, request: &Request) -> Trust<'a> {
        request.paths.iter().for_each(|path| self.grants.allow_file(path));
        let home = self.grants.home.clone();
        let places = request
            .secrets
            .iter()
            .filter_map(|source| SecretPlace::parse(source, &self.environment.current_dir, home.as_deref()));
        self.grants.all.extend(places.map(Grant::Secret));
        self
    }

    /// All that is granted.
    pub(crate) fn grants(&self) -> &Grants {
        &self.grants
    }

    /// The variables that the package may read, with their values.
    pub(crate) fn variables(&self) -> BTreeMap<Arc<str>, Option<Arc<str>>> {
        variables(&self.grants, self.environment)
    }

    /// What these outputs need and nobody granted yet, settings of `pipe.toml` included when anything runs at all.
    ///
    /// # Errors
    /// When the package's folder cannot be read.
    pub(crate) fn missing(
        &mut self,
        graph: &Graph,
        outputs: &[Output],
    ) -> Result<Vec<MissingGrant>, CliError> {
        let access = HostAccess::new(&self.folder, &self.grants)
            .map_err(|error| CliError::usage(format!("cannot read {}: {error}", self.folder.display())))?;
        let is_own = |one: &MissingGrant| one.origins.iter().any(|origin| is_command_line(&origin.file));
        let (own, mut missing): (Vec<_>, Vec<_>) =
            access.missing(graph, outputs).into_iter().partition(is_own);
        // What an expression of the command line names is its own grant.
        self.grants.all.extend(own.into_iter().map(|one| one.grant));
        if !outputs.is_empty() {
            missing.splice(0..0, self.settings().filter(|one| !self.grants.cover(&one.grant)));
        }
        Ok(missing)
    }

    fn settings(&self) -> impl Iterator<Item = MissingGrant> {
        let sources = self.package.sources();
        self.package.settings().iter().map(move |setting| {
            let place = &setting.place;
            let origin = Origin {
                file: place.file.clone(),
                start: place.start,
                end: place.end,
                line: sources.position(place).line,
                name: setting.key.as_str().into(),
            };
            MissingGrant {
                grant: Grant::Setting(format!("{}={}", setting.key, setting.value)),
                what: format!("the package sets `{}`, which is yours to decide", setting.key),
                nodes: Vec::new(),
                origins: vec![origin],
            }
        })
    }

    /// Whether an earlier answer allows all of this; then it is granted.
    pub(crate) fn recall(&mut self, missing: &[MissingGrant]) -> bool {
        let covers = |list: &Vec<Grant>| {
            missing.iter().all(|one| list.iter().any(|granted| granted.covers(&one.grant)))
        };
        let Some(list) = self.remembered.iter().find(|list| covers(list)) else { return false };
        self.grants.all.extend(list.iter().cloned());
        true
    }

    /// Grants what was granted earlier, asks for the rest where somebody can answer, and keeps the answer.
    ///
    /// # Errors
    /// When it is refused, or nobody can be asked.
    pub(crate) fn settle(&mut self, missing: &[MissingGrant]) -> Result<(), CliError> {
        if missing.is_empty() || self.recall(missing) {
            return Ok(());
        }
        if !self.environment.can_ask() || !self.ask(missing) {
            return Err(refused(missing, self.package));
        }
        self.grants.all.extend(missing.iter().map(|one| one.grant.clone()));
        remembered::keep(&self.folder, &self.asked_so_far(missing), self.environment)
    }

    /// The whole list: what was remembered and is used again belongs to it.
    fn asked_so_far(&self, missing: &[MissingGrant]) -> Vec<Grant> {
        let recalled = self.remembered.iter().flatten().filter(|grant| self.grants.all.contains(grant));
        recalled.cloned().chain(missing.iter().map(|one| one.grant.clone())).collect()
    }

    /// The user's configuration with what `pipe.toml` sets and was granted. To be called when everything is settled.
    ///
    /// # Errors
    /// When the package sets what nothing takes up in this version: to pass over it would be to lie.
    pub(crate) fn configured(&self, config: &Config) -> Result<Config, CliError> {
        let mut config = config.clone();
        let mut unknown = Vec::new();
        for setting in self.package.settings() {
            if !config.adopt(&setting.key, &setting.value) {
                unknown.push(format!("`{}`", setting.key));
            }
        }
        if unknown.is_empty() {
            return Ok(config);
        }
        let message = format!("{} in pipe.toml: not available in this version", unknown.join(", "));
        Err(CliError::machine(message).help("say it in your own configuration, or by a flag"))
    }

    fn ask(&self, missing: &[MissingGrant]) -> bool {
        prompt::confirmed(&format!(
            "{} asks for more than its own folder. It would\n{}Allow it, now and in later runs? [y/N] ",
            self.folder.display(),
            refusal::list(missing),
        ))
    }
}
