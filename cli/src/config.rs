//! The user's configuration file.

use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::exit::CliError;

/// What the file may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// How many steps run at once.
    pub(crate) jobs: Option<NonZeroUsize>,
    /// What packages are allowed.
    #[serde(default)]
    grants: Vec<PackageGrants>,
}

/// What a package is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageGrants {
    /// The package's folder.
    package: PathBuf,
    /// Grants as `--allow` takes them.
    allow: Vec<String>,
}

impl Config {
    /// Reads the file; one that is missing says nothing.
    ///
    /// # Errors
    /// When it cannot be read or understood.
    pub(crate) fn read(file: Option<&Path>) -> Result<Config, CliError> {
        let Some(file) = file else { return Ok(Config::default()) };
        let failed = |what: String| CliError::usage(format!("the configuration {}: {what}", file.display()));
        match std::fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text).map_err(|error| failed(error.to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Config::default()),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// What the package in this folder, links followed, is allowed.
    pub(crate) fn grants(&self, package: &Path) -> impl Iterator<Item = &str> {
        let is_package = move |folder: &Path| folder.canonicalize().is_ok_and(|folder| folder == package);
        let of_package = self.grants.iter().filter(move |grants| is_package(&grants.package));
        of_package.flat_map(|grants| grants.allow.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn grants_belong_to_a_package() {
        let text = "jobs = 3\n[[grants]]\npackage = \"/usr/../usr\"\nallow = [\"file:/b\"]\n";
        let config: Config = toml::from_str(text).unwrap();
        assert_eq!(config.jobs, NonZeroUsize::new(3));
        assert_eq!(config.grants(Path::new("/usr")).collect::<Vec<_>>(), ["file:/b"]);
        assert_eq!(config.grants(Path::new("/")).count(), 0);
        assert!(toml::from_str::<Config>("job = 3").is_err());
    }
}
