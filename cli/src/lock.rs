//! `pipe.lock`: what tags of images were when they were resolved.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pipe_registry::Pins;

use crate::environment::Environment;
use crate::exit::CliError;

/// The pins of a package; one without a lock has none.
///
/// # Errors
/// When the lock cannot be read, or is not of its form.
pub(crate) fn read(package: &Path) -> Result<Pins, CliError> {
    let path = path(package);
    let failed = |reason: String| CliError::usage(format!("cannot read {}: {reason}", path.display()));
    Pins::parse(&text(&path).map_err(|error| failed(error.to_string()))?)
        .map_err(|error| failed(error.to_string()))
}

/// Adds pins to a package's lock, as far as it can be written: a run is not lost for it. In CI they are only told: a job's changes
/// are thrown away, so the next would resolve the tags again.
pub(crate) fn add(package: &Path, new: &Pins, environment: &Environment, warn: impl Fn(&str)) {
    if new.is_empty() {
        return;
    }
    if environment.in_ci {
        let names: Vec<&str> = new.iter().map(|(name, _)| name).collect();
        return warn(&format!(
            "not pinned in pipe.lock: {}; run outside CI once and keep the pipe.lock that is written with the sources",
            names.join(", ")
        ));
    }
    let path = path(package);
    if let Err(reason) = insert(&path, new) {
        warn(&format!(
            "cannot write {}: {reason}; the next run resolves tags of images again",
            path.display()
        ));
    }
}

fn insert(path: &Path, new: &Pins) -> Result<(), String> {
    // Read anew: another `pipe` may have written meanwhile.
    let before = text(path).map_err(|error| error.to_string())?;
    let mut pins = Pins::parse(&before).map_err(|error| error.to_string())?;
    for (name, digest) in new.iter() {
        if pins.get(name).is_none() {
            pins.insert(name, digest);
        }
    }
    let beside = path.with_extension(format!("lock.{}", std::process::id()));
    let written = std::fs::write(&beside, pins.write_into(&before));
    written.and_then(|()| std::fs::rename(&beside, path)).map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        error.to_string()
    })
}

fn path(package: &Path) -> PathBuf {
    package.join("pipe.lock")
}

fn text(path: &Path) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}
