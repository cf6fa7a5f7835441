//! Store, sandbox and engine of this machine: the one place that picks a backend.

use std::path::PathBuf;
use std::sync::Arc;

use pipe_engine::{Engine, EngineOptions, EventSink, Grants, NORMAL_TIME, Redactor};
use pipe_sandbox::{Sandbox, SandboxOptions, layer_owner};
use pipe_store::{Store, StoreOptions};

use crate::args::ExecutionArgs;
use crate::config::Config;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::progress::Progress;

/// Opens the user's store, with a way into the steps' user namespace.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn open_store(
    environment: &Environment,
    warn: Arc<dyn Fn(&str) + Send + Sync>,
) -> Result<(Store, Sandbox), CliError> {
    let dir = environment.store()?;
    let store = Store::open(dir, StoreOptions::new(layer_owner(dir)))
        .map_err(|error| CliError::machine(error.to_string()))?;
    let sandbox = Sandbox::new(SandboxOptions { warn, ..SandboxOptions::new(store.dir()) });
    store.attach_namespace(Arc::new(sandbox.clone()));
    Ok((store, sandbox))
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
) -> Result<(Engine, Store), CliError> {
    let warnings = progress.clone();
    let (store, sandbox) = open_store(environment, Arc::new(move |message: &str| warnings.warning(message)))?;
    let mut options = EngineOptions::new(package);
    options.grants = grants.clone();
    options.fail_fast = execution.fail_fast;
    options.no_cache = execution.no_cache;
    options.redactor = Redactor::none();
    options.source_date = environment.source_date_epoch.unwrap_or(NORMAL_TIME);
    if let Some(jobs) = execution.jobs.or(config.jobs) {
        options.jobs = jobs.get();
    }
    let events: Arc<dyn EventSink> = progress;
    Ok((Engine::new(store.clone(), Arc::new(sandbox), options, events), store))
}
