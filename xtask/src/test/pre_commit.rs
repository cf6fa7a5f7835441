//! The real `pre-commit`, from PyPI, for the test of the hooks.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run;

/// What `pip` installs.
const PRE_COMMIT: &str = "pre-commit==4.7.0";

/// Installs it below `folder`, readable by any user; gives the folder for `PYTHONPATH`.
pub(crate) fn install(folder: &Path) -> Result<PathBuf, String> {
    let into = folder.join("pre-commit");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--quiet", "install", "--no-warn-script-location", "--disable-pip-version-check"]);
    run::output(pip.arg("--target").arg(&into).arg(PRE_COMMIT))?;
    run::succeed(Command::new("chmod").args(["-R", "a+rX"]).arg(&into))?;
    Ok(into)
}
