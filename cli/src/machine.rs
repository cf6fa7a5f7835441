//! Store, sandbox and engine of this machine: the one place that picks a backend.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_engine::{Backend, Engine, EngineOptions, EventSink, Grants, ImageOptions, Redactor};
use pipe_registry::Settings;
use pipe_sandbox::{Sandbox, SandboxOptions, layer_owner};
use pipe_store::{Store, StoreError, StoreOptions};

use crate::approval::Answering;
use crate::args::ExecutionArgs;
use crate::config::Config;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::lock;
use crate::progress::Progress;

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
    Ok(store)
}

/// How registries are reached.
pub(crate) fn registry_settings(environment: &Environment, config: &Config) -> Settings {
    Settings {
        registries: config.registries(),
        docker_config: environment.docker_config.clone(),
        proxies: environment.proxies.clone(),
        ..Settings::default()
    }
}

/// An engine for a package, with its store. The sandbox is begun to be started first when steps are likely to run.
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
    steps_are_likely: bool,
) -> Result<(Engine, Store), CliError> {
    let warnings = progress.clone();
    let sandbox = sandbox(environment, Arc::new(move |message: &str| warnings.warning(message)))?;
    if steps_are_likely {
        sandbox.prepare();
    }
    let store = open_store_of(environment, &sandbox)?;
    let mut options = EngineOptions::new(package);
    options.grants = grants.clone();
    options.proxies = environment.proxies();
    options.fail_fast = execution.fail_fast;
    options.no_cache = execution.no_cache;
    options.redactor = Redactor::none();
    options.approver =
        Arc::new(Answering { approved: execution.approve.clone(), terminal: environment.can_ask() });
    options.source_date = environment.written_time();
    options.images = ImageOptions {
        settings: registry_settings(environment, config),
        pins: lock::read(&options.package)?,
        locked: execution.locked,
        offline: execution.offline,
    };
    if let Some(jobs) = execution.jobs.or(config.jobs) {
        options.jobs = jobs.get();
    }
    let events: Arc<dyn EventSink> = progress;
    Ok((Engine::new(store.clone(), Arc::new(sandbox), options, events), store))
}
