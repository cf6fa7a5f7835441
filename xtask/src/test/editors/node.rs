//! What npm installs and runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{EXTENSION, WORKBENCH};
use crate::{repository, run};

/// `npm` in a folder of the repository.
pub(super) fn npm(folder: &str, args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(args).current_dir(repository::root().join(folder));
    command.args(["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]);
    command
}

/// Where screenshots of the workbench are kept.
pub(super) fn screenshots() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    target.map_or_else(|| repository::root().join("target"), Into::into).join("workbench")
}

/// What the extension is built and tested with.
pub(super) fn extension() -> Result<(), String> {
    if installed(&repository::root().join(EXTENSION)) {
        return Ok(());
    }
    made(&mut npm(EXTENSION, &["ci", "--ignore-scripts"]))
}

/// The extension's package, and a workbench that takes it.
pub(super) fn workbench() -> Result<(), String> {
    made(&mut npm(EXTENSION, &["run", "package"]))?;
    made(&mut npm(WORKBENCH, &["run", "prepare-workbench"]))
}

/// Whether npm installed what the lock file says, after it was last changed.
fn installed(folder: &Path) -> bool {
    let changed = |file: &str| std::fs::metadata(folder.join(file)).and_then(|meta| meta.modified()).ok();
    match (changed("node_modules/.package-lock.json"), changed("package-lock.json")) {
        (Some(installed), Some(wanted)) => installed >= wanted,
        _ => false,
    }
}

fn made(command: &mut Command) -> Result<(), String> {
    run::output(command).map(|_| ())
}
