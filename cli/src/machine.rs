//! Store, sandbox and engine of this machine: the one place that picks a backend.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_cache::{CacheAddress, RemoteCache};
use pipe_engine::{Engine, EngineOptions, EventSink, Grants, ImageOptions, Lookup, RemoteCaches};
use pipe_fetch::GitSettings;
use pipe_registry::{Images, Settings};
use pipe_sandbox::{Sandbox, SandboxOptions, layer_owner};
use pipe_store::{Stop, Store, StoreError, StoreOptions};

use crate::approval::Answering;
use crate::args::ExecutionArgs;
use crate::config::Config;
use crate::console::{Seat, UserConsole};
use crate::environment::Environment;
use crate::exit::CliError;
use crate::lock;
use crate::progress::Progress;
use crate::proxies::UserProxies;
use crate::secrets::UserSecrets;

/// Opens the user's store, with a way into the steps' user namespace.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn open_store(
    environment: &Environment,
    warn: Arc<dyn Fn(&str) + Send + Sync>,
) -> Result<(Store, Sandbox), CliError> {
    let sandbox = sandbox(environment, warn)?;
    Ok((open_store_of(environment, &sandbox)?, sandbox))
}

/// A sandbox whose warnings are shown with the progress of a run.
///
/// # Errors
/// When it is not known where the store is.
pub(crate) fn sandbox_of(environment: &Environment, progress: &Arc<Progress>) -> Result<Sandbox, CliError> {
    let progress = progress.clone();
    sandbox(environment, Arc::new(move |message: &str| progress.warning(message)))
}

/// The sandbox over the user's store, which need not be there yet.
///
/// # Errors
/// When it is not known where that is.
pub(crate) fn sandbox(
    environment: &Environment,
    warn: Arc<dyn Fn(&str) + Send + Sync>,
) -> Result<Sandbox, CliError> {
    let dir = environment.store()?;
    let dir = std::path::absolute(dir).map_err(|error| CliError::machine(error.to_string()))?;
    Ok(Sandbox::new(SandboxOptions { warn, ..SandboxOptions::new(&dir) }))
}

fn open_store_of(environment: &Environment, sandbox: &Sandbox) -> Result<Store, CliError> {
    open_store_in(environment.store()?, sandbox).map_err(|error| CliError::machine(error.to_string()))
}

/// Opens a store, with a way into the steps' user namespace.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn open_store_in(dir: &Path, sandbox: &Sandbox) -> Result<Store, StoreError> {
    let store = Store::open(dir, StoreOptions::new(layer_owner(dir)))?;
    store.attach_namespace(Arc::new(sandbox.clone()));
    // What a killed process left may hold what nobody may keep. What cannot be removed now the next command finds.
    let _ = store.recover();
    Ok(store)
}

/// The user's proxies.
pub(crate) fn proxies(environment: &Environment, config: &Config) -> UserProxies {
    UserProxies::of(&environment.proxies, config.proxies())
}

/// How registries are reached.
///
/// # Errors
/// When the certificates that the configuration names cannot be read.
pub(crate) fn registry_settings(
    environment: &Environment,
    config: &Config,
    proxies: &UserProxies,
) -> Result<Settings, CliError> {
    Ok(Settings {
        registries: config.registries(),
        docker_config: environment.docker_config.clone(),
        proxies: proxies.own(),
        certificates: config.certificates()?.unwrap_or_default(),
        container_engines: environment.container_engines(),
        ..Settings::default()
    })
}

/// The caches of a flag, else those of the configuration. Relative paths start where the command was given.
fn caches(
    flags: &[String],
    configured: &[String],
    environment: &Environment,
) -> Result<Vec<Arc<dyn RemoteCache>>, CliError> {
    let addresses = if flags.is_empty() { configured } else { flags };
    let open = |text: &String| match CacheAddress::parse(text, &environment.current_dir) {
        Ok(address) => Ok(address.open()),
        Err(error) => Err(CliError::usage(error.to_string())),
    };
    addresses.iter().map(open).collect()
}

/// How repositories are reached.
///
/// # Errors
/// When the certificates that the configuration names cannot be read.
pub(crate) fn git_settings(
    environment: &Environment,
    config: &Config,
    proxies: &UserProxies,
) -> Result<GitSettings, CliError> {
    let variables = environment.for_git().into_iter().chain(proxies.for_program()).collect();
    let settings = GitSettings::new(variables, config.git_mirrors().collect());
    Ok(settings.trusting(config.certificates()?.map(Arc::from)))
}

/// Who is asked what names are now.
pub(crate) struct Names {
    /// Tags of images.
    pub(crate) images: Images,
    /// Branches and tags of repositories, and files of the web.
    pub(crate) sources: Lookup,
}

/// Asks for a package, by the ways that its runs have.
///
/// # Errors
/// When the store cannot be opened.
pub(crate) fn names(
    environment: &Environment,
    config: &Config,
    package: &Path,
    grants: Grants,
) -> Result<Names, CliError> {
    let (store, _) = open_store(environment, Arc::new(|_: &str| {}))?;
    let mut options = EngineOptions::new(package);
    options.grants = grants;
    let proxies = proxies(environment, config);
    options.images.settings = registry_settings(environment, config, &proxies)?;
    options.git = git_settings(environment, config, &proxies)?;
    let images = Images::new(store.clone(), options.images.settings.clone());
    Ok(Names { images, sources: Lookup::new(store, &options) })
}

/// An engine for a package, with its store.
///
/// # Errors
/// When the store cannot be opened.
pub(crate) fn engine(
    environment: &Environment,
    config: &Config,
    package: PathBuf,
    grants: &Grants,
    execution: &ExecutionArgs,
    progress: Arc<Progress>,
    sandbox: Sandbox,
) -> Result<(Engine, Store), CliError> {
    let store = open_store_of(environment, &sandbox)?;
    let mut options = EngineOptions::new(package);
    options.grants = grants.clone();
    let proxies = proxies(environment, config);
    options.proxies = proxies.variables().clone();
    let settings = registry_settings(environment, config, &proxies)?;
    options.certificates =
        (!settings.certificates.is_empty()).then(|| settings.certificates.as_slice().into());
    options.fail_fast = execution.fail_fast;
    options.no_cache = execution.no_cache;
    options.secrets = Arc::new(UserSecrets::new(&config.secrets, environment.home.as_deref())?);
    options.cache_key = environment.cache_key.clone();
    options.ssh_agent = environment.ssh_agent.clone();
    let seat = Seat::default();
    options.approver = Arc::new(Answering {
        approved: execution.approve.clone(),
        terminal: environment.can_ask(),
        seat: seat.clone(),
    });
    options.console = Arc::new(UserConsole::new(environment, progress.clone(), seat));
    options.debug = execution.debug;
    if execution.debug && !options.console.is_there() {
        progress
            .warning("`--debug` opens a shell where a step fails, and there is no terminal to open one on");
    }
    options.source_date = environment.written_time();
    options.images = ImageOptions {
        settings,
        pins: lock::read(&options.package)?,
        locked: execution.locked,
        offline: execution.offline,
    };
    options.git = git_settings(environment, config, &proxies)?;
    options.remotes = RemoteCaches {
        from: caches(&execution.cache_from, config.cache_from(), environment)?,
        to: caches(&execution.cache_to, config.cache_to(), environment)?,
    };
    if let Some(jobs) = execution.jobs.or(config.jobs) {
        options.jobs = jobs.get();
    }
    let events: Arc<dyn EventSink> = progress;
    Ok((Engine::new(store.clone(), Arc::new(sandbox), options, events), store))
}

/// An engine that can only make plans: over a store that is opened to be read, with nobody to ask and no secrets.
///
/// # Errors
/// When the package's lock cannot be read.
pub(crate) fn looking_engine(
    environment: &Environment,
    package: &Path,
    grants: Grants,
    store: Store,
    stop: Stop,
) -> Result<Engine, CliError> {
    let sandbox = sandbox(environment, Arc::new(|_: &str| {}))?;
    let mut options = EngineOptions::new(package);
    options.grants = grants;
    options.images.pins = lock::read(package)?;
    options.source_date = environment.written_time();
    options.stop = stop;
    Ok(Engine::new(store, Arc::new(sandbox), options, Arc::new(Untold)))
}

/// Nobody is told what happens.
struct Untold;

impl EventSink for Untold {
    fn event(&self, _: pipe_engine::Event) {}
}
