//! A page on the disk and in a browser.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::environment::Environment;
use crate::exit::CliError;
use crate::output;
use crate::rewrite::write_whole;

/// Where the page of a package is kept when nobody says where: one for each folder that commands are called in.
///
/// # Errors
/// When there is no folder for caches.
pub(super) fn place(environment: &Environment, title: &str) -> Result<PathBuf, CliError> {
    let Some(caches) = &environment.caches else {
        return Err(CliError::usage("no place for the page: neither XDG_CACHE_HOME nor HOME is set")
            .help("`-o FILE` writes it to a file"));
    };
    let mut hasher = DefaultHasher::new();
    environment.current_dir.hash(&mut hasher);
    let name: String = title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    Ok(caches.join("pipe-doc").join(format!("{name}-{:016x}.html", hasher.finish())))
}

/// Writes the page. A browser never reads half of it.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(file: &Path, page: &str) -> Result<(), CliError> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(folder)
        .and_then(|()| write_whole(file, page))
        .map_err(|error| CliError::usage(format!("cannot write {}: {error}", file.display())))
}

/// Shows a page with the user's browser: one of `BROWSER`, else what the desktop opens pages with.
///
/// # Errors
/// When none can be started.
pub(super) fn open(file: &Path, environment: &Environment) -> Result<(), CliError> {
    let named = environment.browser.as_deref().unwrap_or_default();
    let browsers = named.split(':').filter(|name| !name.is_empty()).chain(["xdg-open"]);
    for browser in browsers {
        let mut command = Command::new(browser);
        command.arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // It goes on after this process.
        if command.spawn().is_ok() {
            return output::result_line(&file.display().to_string());
        }
    }
    Err(CliError::machine(format!("no browser could be started; the page is {}", file.display()))
        .help("`BROWSER` names one"))
}
