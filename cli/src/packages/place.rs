//! Where packages are fetched from and kept.

use std::path::{Path, PathBuf};

use pipe_analysis::{OsSystem, PackageRoot, Reference, check_repository, folder_in_repository};
use pipe_fetch::{FetchError, Remote, Scratch, Shelf, Versions};

use crate::config::Config;
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::machine;
use crate::package::find_package;

/// The package that is worked on, and all that it takes to fetch others for it.
pub(crate) struct Place<'e> {
    pub(crate) environment: &'e Environment,
    pub(crate) root: PackageRoot,
    pub(crate) system: OsSystem,
    pub(crate) remote: Remote,
}

impl<'e> Place<'e> {
    /// The package of a folder, or of the current one.
    ///
    /// # Errors
    /// When there is none, or the configuration is wrong.
    pub(crate) fn find(
        environment: &'e Environment,
        directory: Option<&Path>,
    ) -> Result<Place<'e>, CliError> {
        let system = environment.system();
        let root = find_package(&system, environment, directory)?;
        Place::of(environment, system, root)
    }

    /// Of a package that was found.
    ///
    /// # Errors
    /// When the configuration is wrong.
    pub(super) fn of(
        environment: &'e Environment,
        system: OsSystem,
        root: PackageRoot,
    ) -> Result<Place<'e>, CliError> {
        let config = Config::read(environment.config.as_deref())?;
        let settings = machine::git_settings(environment, &config, &machine::proxies(environment, &config))?;
        Ok(Place { environment, root, system, remote: Remote::new(settings) })
    }

    /// The place for packages, with the store around it made as it has to be.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn shelf(&self) -> Result<(Shelf, Scratch), CliError> {
        machine::open_store(self.environment, std::sync::Arc::new(|_: &str| {}))?;
        let shelf = Shelf::new(self.environment.packages()?);
        let scratch = shelf.scratch().map_err(|error| failed(&error))?;
        Ok((shelf, scratch))
    }

    /// What a repository offers.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(crate) fn versions(&self, url: &str) -> Result<Versions, CliError> {
        let (_, scratch) = self.shelf()?;
        let folder = scratch.empty("versions").map_err(|error| failed(&error))?;
        self.remote.versions(&folder, url).map_err(|error| failed(&error))
    }
}

/// What is said of a package that cannot be fetched.
pub(super) fn failed(error: &FetchError) -> CliError {
    let message = error.to_string();
    match error {
        FetchError::NoGit(_) => CliError::machine(message).help("install git"),
        FetchError::Git { .. } | FetchError::Disk { .. } => CliError::new(Exit::Machine, message),
        FetchError::NoVersion { .. } | FetchError::NoFolder { .. } => {
            CliError::usage(message).help("look at the repository, and at what `pipe.toml` says of it")
        }
        FetchError::Moved { .. } => CliError::usage(message)
            .help("ask its owners; `pipe update --accept` takes what it is now, after you looked at it"),
        FetchError::Refused(_) => CliError::usage(message),
        FetchError::Stopped => CliError::new(Exit::Interrupted, message),
    }
}

/// Where a package comes from that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A folder, as it was given.
    Folder(PathBuf),
    /// A repository, a version of it by whatever name, and a folder in it.
    Git { url: String, version: Option<String>, dir: String },
}

/// Reads `PATH`, `git+https://HOST/REPOSITORY[#VERSION[:FOLDER]]`; the `git+` may be left out.
///
/// # Errors
/// When it is neither.
pub(crate) fn parse_source(text: &str, current: &Path) -> Result<Source, CliError> {
    let address = text.strip_prefix("git+").unwrap_or(text);
    if !address.contains("://") {
        return folder(text, current);
    }
    let (url, rest) = address.split_once('#').map_or((address, None), |(url, rest)| (url, Some(rest)));
    if let Err((message, help)) = check_repository(url) {
        let error = CliError::usage(message);
        return Err(match help {
            Some(help) => error.help(help),
            None => error,
        });
    }
    let (version, dir) = rest.map_or((None, ""), |rest| match rest.split_once(':') {
        Some((version, dir)) => (Some(version), dir),
        None => (Some(rest), ""),
    });
    let dir = folder_in_repository(dir)
        .ok_or_else(|| CliError::usage(format!("`{dir}` is not a folder in a repository, like `ci/go`")))?;
    let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
    if let Some(version) = &version {
        Reference::parse("tag", version).map_err(CliError::usage)?;
    }
    Ok(Source::Git { url: url.to_owned(), version, dir })
}

fn folder(text: &str, current: &Path) -> Result<Source, CliError> {
    let path = current.join(text);
    let is_package = ["pipe.toml", "main.pipe"].iter().any(|name| path.join(name).is_file());
    if is_package {
        return Ok(Source::Folder(PathBuf::from(text)));
    }
    let message = match path.is_dir() {
        true => format!("`{text}` is no package: it has neither a `pipe.toml` nor a `main.pipe`"),
        false => format!("there is no folder `{text}`"),
    };
    Err(CliError::usage(message)
        .help("packages have no index: name a folder, or a repository: `pipe add git+https://…#v1`"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sources() {
        let here = tempfile::tempdir().unwrap();
        std::fs::create_dir(here.path().join("lib")).unwrap();
        let parse = |text: &str| parse_source(text, here.path());
        assert!(parse("lib").is_err());
        std::fs::write(here.path().join("lib/pipe.toml"), "").unwrap();
        assert_eq!(parse("lib").unwrap(), Source::Folder("lib".into()));
        let git = |version: Option<&str>, dir: &str| Source::Git {
            url: "https://example.com/a".into(),
            version: version.map(Into::into),
            dir: dir.into(),
        };
        assert_eq!(parse("git+https://example.com/a").unwrap(), git(None, ""));
        assert_eq!(parse("https://example.com/a#v1").unwrap(), git(Some("v1"), ""));
        assert_eq!(parse("git+https://example.com/a#v1:ci/go").unwrap(), git(Some("v1"), "ci/go"));
        assert_eq!(parse("git+https://example.com/a#:ci").unwrap(), git(None, "ci"));
        for bad in [
            "web",
            "git+http://example.com/a",
            "git+ext::sh -c x://",
            "https://example.com/a#-x",
            "https://example.com/a#v1:..",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
