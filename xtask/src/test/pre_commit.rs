//! The real `pre-commit`, from PyPI, for the test of the hooks.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{pip, run};

/// What `pip` installs.
const PRE_COMMIT: &str = "pre-commit==4.7.0";

/// Installs it below `folder`, readable by any user; gives the folder for `PYTHONPATH`.
pub(crate) fn install(folder: &Path) -> Result<PathBuf, String> {
    let into = folder.join("pre-commit");
    pip::install(PRE_COMMIT, &into)?;
    run::succeed(Command::new("chmod").args(["-R", "a+rX"]).arg(&into))?;
    Ok(into)
}
