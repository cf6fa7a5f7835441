//! Everything that the process is given besides its arguments. Environment variables are read here and nowhere else.

mod ci;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use pipe_analysis::OsSystem;
use pipe_engine::{NORMAL_TIME, SecretBytes};
use pipe_eval::CiFacts;

use crate::exit::CliError;
use crate::proxies::VARIABLES;

/// What surrounds this process.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// The folder that relative paths of the command line start in.
    pub(crate) current_dir: PathBuf,
    /// Where the store is.
    store: Option<PathBuf>,
    /// The user's folder for caches.
    pub(crate) caches: Option<PathBuf>,
    /// Browsers that the user named, with colons between them.
    pub(crate) browser: Option<String>,
    /// Where the user's configuration is.
    pub(crate) config: Option<PathBuf>,
    /// The user's home folder.
    pub(crate) home: Option<PathBuf>,
    /// The folder of Docker's configuration.
    pub(crate) docker_config: Option<PathBuf>,
    /// Variables that name the user's proxies, in both spellings that programs look for.
    pub(crate) proxies: BTreeMap<String, String>,
    /// A CI system runs this: `CI` is set.
    pub(crate) in_ci: bool,
    /// Grants of `PIPE_ALLOW`, a list.
    pub(crate) allow: Option<String>,
    /// What secrets are made unrecognizable with in keys: `PIPE_CACHE_KEY`.
    pub(crate) cache_key: Option<SecretBytes>,
    /// The socket of the user's SSH agent.
    pub(crate) ssh_agent: Option<PathBuf>,
    /// `NO_COLOR` is set.
    pub(crate) no_color: bool,
    /// This is a job of GitHub Actions.
    pub(crate) github: bool,
    /// This is a job of GitLab CI.
    pub(crate) gitlab: bool,
    /// The CI system's run, if this is one.
    pub(crate) ci: Option<CiFacts>,
    /// Standard input is a terminal.
    pub(crate) stdin_is_terminal: bool,
    /// Standard output is a terminal.
    pub(crate) stdout_is_terminal: bool,
    /// Standard error is a terminal.
    pub(crate) stderr_is_terminal: bool,
    /// The terminal cannot move its cursor: `TERM=dumb`.
    pub(crate) dumb_terminal: bool,
    /// What programs on the terminal are told of it: `TERM` and `COLORTERM`.
    pub(crate) of_terminal: Vec<(String, String)>,
    /// `SOURCE_DATE_EPOCH`, seconds since 1970.
    source_date_epoch: Option<i64>,
}

impl Environment {
    /// The time of files that are written out, seconds since 1970.
    pub(crate) fn written_time(&self) -> i64 {
        self.source_date_epoch.unwrap_or(NORMAL_TIME)
    }

    /// Reads it.
    ///
    /// # Errors
    /// When the current folder is gone, or a variable does not say what it should.
    pub(crate) fn read() -> Result<Environment, CliError> {
        let current_dir = std::env::current_dir()
            .map_err(|error| CliError::usage(format!("the current folder cannot be read: {error}")))?;
        let home = path("HOME");
        let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
        // The XDG specification: a relative path there is invalid and ignored.
        let xdg = |name: &str| path(name).filter(|path| path.is_absolute());
        let caches = xdg("XDG_CACHE_HOME").or_else(|| below_home(".cache"));
        let configs = xdg("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
        Ok(Environment {
            store: path("PIPE_STORE")
                .map(|store| current_dir.join(store))
                .or_else(|| Some(caches.as_ref()?.join("pipe"))),
            caches,
            browser: value("BROWSER").and_then(|value| value.into_string().ok()),
            config: path("PIPE_CONFIG")
                .map(|file| current_dir.join(file))
                .or_else(|| Some(configs?.join("pipe/config.toml"))),
            docker_config: path("DOCKER_CONFIG")
                .map(|folder| current_dir.join(folder))
                .or_else(|| below_home(".docker")),
            proxies: proxies(),
            in_ci: value("CI").is_some_and(|value| value != "false"),
            allow: text("PIPE_ALLOW")?,
            cache_key: cache_key()?,
            ssh_agent: path("SSH_AUTH_SOCK").map(|socket| current_dir.join(socket)),
            no_color: value("NO_COLOR").is_some(),
            github: value("GITHUB_ACTIONS").is_some_and(|v| v == "true"),
            gitlab: value("GITLAB_CI").is_some_and(|v| v == "true"),
            ci: ci::facts(),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            dumb_terminal: value("TERM").is_some_and(|term| term == "dumb"),
            of_terminal: ["TERM", "COLORTERM"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), value(name)?.into_string().ok()?)))
                .collect(),
            source_date_epoch: epoch(text("SOURCE_DATE_EPOCH")?)?,
            home,
            current_dir,
        })
    }

    /// A variable that the user lets a package read. One that is not UTF-8 is as good as none.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// Container engines of this machine, the one that is meant first: Docker's, then Podman's.
    pub(crate) fn container_engines(&self) -> Vec<String> {
        if let Some(named) = self.variable("DOCKER_HOST").filter(|named| !named.is_empty()) {
            return vec![named];
        }
        let own = path("XDG_RUNTIME_DIR").filter(|folder| folder.is_absolute());
        let own = |socket: &str| own.as_ref().map(|folder| folder.join(socket).display().to_string());
        let sockets = [
            Some("/var/run/docker.sock".to_owned()),
            own("docker.sock"),
            own("podman/podman.sock"),
            Some("/run/podman/podman.sock".to_owned()),
        ];
        sockets.into_iter().flatten().map(|path| format!("unix://{path}")).collect()
    }

    /// The files that programs are made of, with the place that fetched packages are kept in.
    pub(crate) fn system(&self) -> OsSystem {
        OsSystem::new(&self.current_dir).with_packages(self.packages().ok())
    }

    /// Where fetched packages are.
    ///
    /// # Errors
    /// As for [`Environment::store`].
    pub(crate) fn packages(&self) -> Result<PathBuf, CliError> {
        Ok(self.store()?.join("packages"))
    }

    /// Whether somebody can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.stdin_is_terminal && self.stderr_is_terminal
    }

    /// Variables that `git` gets when it fetches: where programs and keys are, certificates. None of them is one that changes
    /// what `git` does with what it fetched.
    pub(crate) fn for_git(&self) -> Vec<(OsString, OsString)> {
        const NAMES: [&str; 9] = [
            "PATH",
            "HOME",
            "USER",
            "LOGNAME",
            "SSH_AUTH_SOCK",
            "GIT_SSL_CAINFO",
            "GIT_SSL_CAPATH",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
        ];
        NAMES.into_iter().filter_map(|name| Some((name.into(), value(name)?))).collect()
    }

    /// The folder of the store.
    ///
    /// # Errors
    /// When neither `PIPE_STORE` nor a home folder is known.
    pub(crate) fn store(&self) -> Result<&PathBuf, CliError> {
        self.store.as_ref().ok_or_else(|| {
            CliError::usage("no place for the store: neither PIPE_STORE nor XDG_CACHE_HOME nor HOME is set")
                .help("set PIPE_STORE to a folder on a local disk")
        })
    }
}

/// A variable that the user lets a package use as a secret.
pub(crate) fn secret(name: &str) -> Option<SecretBytes> {
    std::env::var_os(name).map(|value| SecretBytes::new(value.into_vec()))
}

/// Bytes of `PIPE_CACHE_KEY` at least: with fewer, who sees a key can try out what secrets it was made of.
const SHORTEST_KEY: usize = 16;

fn cache_key() -> Result<Option<SecretBytes>, CliError> {
    let Some(key) = secret("PIPE_CACHE_KEY").filter(|key| !key.expose().is_empty()) else { return Ok(None) };
    if key.expose().len() < SHORTEST_KEY {
        return Err(CliError::usage(format!("PIPE_CACHE_KEY has fewer than {SHORTEST_KEY} bytes"))
            .help("make one that nobody can guess, as `openssl rand -hex 32` does, and give it to whoever shares a cache"));
    }
    Ok(Some(key))
}

/// A variable that is set to something.
fn value(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn proxies() -> BTreeMap<String, String> {
    let names = VARIABLES.into_iter().flat_map(|name| [name.to_owned(), name.to_ascii_uppercase()]);
    names
        .filter_map(|name| Some((value(&name)?.into_string().ok()?, name)))
        .map(|(url, name)| (name, url))
        .collect()
}

fn path(name: &str) -> Option<PathBuf> {
    value(name).map(PathBuf::from)
}

fn text(name: &str) -> Result<Option<String>, CliError> {
    value(name)
        .map(|value| value.into_string().map_err(|_| CliError::usage(format!("{name} is not valid UTF-8"))))
        .transpose()
}

fn epoch(text: Option<String>) -> Result<Option<i64>, CliError> {
    let Some(text) = text else { return Ok(None) };
    let parsed = text.parse().ok().filter(|seconds| *seconds >= 0);
    parsed.map(Some).ok_or_else(|| {
        CliError::usage(format!("SOURCE_DATE_EPOCH is `{text}`; it must be a number of seconds since 1970"))
    })
}
