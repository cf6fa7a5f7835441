//! Images that `pipe.lock` pins, looked up again.

use pipe_registry::{Cancel, ErrorKind, Images, Pins, Reference, RegistryError};

use crate::config::Config;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::machine;

/// The pins that a command line names, by the names that programs use or those in the lock; all when it names nothing.
pub(super) fn named(pins: &Pins, names: &[String]) -> Vec<String> {
    if names.is_empty() {
        return pins.iter().map(|(name, _)| name.to_owned()).collect();
    }
    names.iter().filter_map(|name| pin(pins, name)).collect()
}

/// The pin that a name means.
pub(super) fn pin(pins: &Pins, name: &str) -> Option<String> {
    let pin = Reference::parse(name).ok()?.pin_name()?;
    pins.get(&pin).is_some().then_some(pin)
}

/// The pins of these names that are other now. Only their manifests are fetched.
///
/// # Errors
/// When a registry cannot be asked, or has no such image any more.
pub(super) fn moved(pins: &Pins, names: &[String], environment: &Environment) -> Result<Pins, CliError> {
    let mut moved = Pins::default();
    if names.is_empty() {
        return Ok(moved);
    }
    let config = Config::read(environment.config.as_deref())?;
    let (store, _) = machine::open_store(environment, std::sync::Arc::new(|_: &str| {}))?;
    let images = Images::new(store, machine::registry_settings(environment, &config)?);
    for name in names {
        let reference = Reference::parse(name).map_err(|error| CliError::usage(error.to_string()))?;
        let digest = images.resolve(&reference, &Cancel::default()).map_err(unknown)?;
        if pins.get(name) != Some(digest) {
            moved.insert(name.as_str(), digest);
        }
    }
    Ok(moved)
}

fn unknown(error: RegistryError) -> CliError {
    let RegistryError { kind, message, help } = error;
    if kind == ErrorKind::Absent {
        return CliError::usage(message).help(
            "it was there when it was pinned; remove its line from pipe.lock if nothing needs it any more",
        );
    }
    match help {
        Some(help) => CliError::machine(message).help(help),
        None => CliError::machine(message),
    }
}
