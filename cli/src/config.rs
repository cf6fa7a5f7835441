//! The user's configuration file.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use pipe_registry::RegistrySettings;
use pipe_store::{Floor, Limits};
use serde::Deserialize;

use crate::amount::size;
use crate::exit::CliError;

/// What the file may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// How many steps run at once.
    pub(crate) jobs: Option<NonZeroUsize>,
    /// How large the store may become.
    #[serde(default)]
    cache: Cache,
    /// How registries are reached, by their names.
    #[serde(default)]
    registry: BTreeMap<String, Registry>,
    /// How repositories of packages are reached.
    #[serde(default)]
    git: Git,
    #[serde(default)]
    network: Network,
    /// Where secrets are that packages ask for as variables.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, String>,
    /// What packages are allowed.
    #[serde(default)]
    grants: Vec<PackageGrants>,
}

/// How large the store may become.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Cache {
    /// All of it: `50GiB`.
    size: Option<String>,
    /// What stays free on its disk: `10GiB`, `5%`.
    free: Option<String>,
    /// Caches of others that are asked, as `--cache-from` takes them.
    from: Vec<String>,
    /// Caches of others that are filled, as `--cache-to` takes them.
    to: Vec<String>,
}

/// What the store may take, unless the configuration says otherwise: as much as a few images and their builds need.
const SIZE: u64 = 50 << 30;

/// What stays free on its disk: a twentieth, but no more than this.
const FREE: Floor = Floor::Percent(5, 10 << 30);

/// How a registry is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Registry {
    /// URLs that are asked first.
    mirrors: Vec<String>,
    /// Without TLS.
    plain_http: Option<bool>,
    /// `docker-credential-NAME` knows the credentials.
    credential_helper: Option<String>,
    /// Other hosts that credentials may be sent to for a token.
    auth_hosts: Vec<String>,
    /// Hosts without a public address that it may send downloads to.
    redirect_hosts: Vec<String>,
}

/// How the user's network leads outside. What the environment says of proxies goes before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Network {
    /// For `http://`.
    http_proxy: Option<String>,
    /// For `https://`.
    https_proxy: Option<String>,
    /// Hosts and domains that are reached directly.
    no_proxy: Vec<String>,
    /// A file with certificates of authorities in PEM, which are trusted beside those of the system.
    ca: Option<PathBuf>,
}

/// How repositories of packages are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Git {
    /// What an address begins with, and what is asked instead.
    mirrors: BTreeMap<String, String>,
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

    /// What the store keeps to.
    ///
    /// # Errors
    /// When the file says what is no size.
    pub(crate) fn limits(&self) -> Result<Limits, CliError> {
        let wrong = |name: &'static str| {
            move |reason: String| CliError::usage(format!("`cache.{name}` in the configuration: {reason}"))
        };
        let bytes = self.cache.size.as_deref().map(size).transpose().map_err(wrong("size"))?;
        let free = self.cache.free.as_deref().map(floor).transpose().map_err(wrong("free"))?;
        Ok(Limits { size: bytes.unwrap_or(SIZE), free: free.unwrap_or(FREE) })
    }

    /// How registries are reached.
    pub(crate) fn registries(&self) -> BTreeMap<String, RegistrySettings> {
        let settings = |registry: &Registry| RegistrySettings {
            mirrors: registry.mirrors.clone(),
            plain_http: registry.plain_http,
            credential_helper: registry.credential_helper.clone(),
            auth_hosts: registry.auth_hosts.clone(),
            redirect_hosts: registry.redirect_hosts.clone(),
        };
        self.registry.iter().map(|(name, registry)| (name.clone(), settings(registry))).collect()
    }

    /// Takes up a setting of a package, which was granted, where the file says nothing of it. Whether there is such a setting here.
    pub(crate) fn adopt(&mut self, key: &str, value: &str) -> bool {
        let setting = key.strip_prefix("registry.").and_then(|rest| rest.rsplit_once('.'));
        match (setting, value.parse()) {
            (Some((registry, "mirrors")), _) => {
                let mirrors = &mut self.registry.entry(registry.to_owned()).or_default().mirrors;
                if mirrors.is_empty() {
                    mirrors.extend(value.split_whitespace().map(str::to_owned));
                }
                true
            }
            (Some((registry, "plain_http")), Ok(plain)) => {
                self.registry.entry(registry.to_owned()).or_default().plain_http.get_or_insert(plain);
                true
            }
            _ => false,
        }
    }

    /// Proxies of the configuration, by the names of their variables, in both spellings that programs look for.
    pub(crate) fn proxies(&self) -> BTreeMap<String, String> {
        let Network { http_proxy, https_proxy, no_proxy, .. } = &self.network;
        let none = (!no_proxy.is_empty()).then(|| no_proxy.join(","));
        let set =
            [("http_proxy", http_proxy.clone()), ("https_proxy", https_proxy.clone()), ("no_proxy", none)];
        let set = set.into_iter().filter_map(|(name, value)| Some((name, value?)));
        set.flat_map(|(name, value)| [(name.to_owned(), value.clone()), (name.to_ascii_uppercase(), value)])
            .collect()
    }

    /// The user's own certificates of authorities.
    ///
    /// # Errors
    /// The file that the configuration names cannot be read, or has none.
    pub(crate) fn certificates(&self) -> Result<Option<Vec<u8>>, CliError> {
        const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
        let Some(file) = &self.network.ca else { return Ok(None) };
        let failed = |what: String| {
            let message = format!("`network.ca` in the configuration: {}: {what}", file.display());
            CliError::usage(message)
                .help("it is a file with certificates in PEM: `-----BEGIN CERTIFICATE-----`")
        };
        if !file.is_absolute() {
            return Err(failed("it is not an absolute path".to_owned()));
        }
        let bytes = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
        if !bytes.windows(BEGIN.len()).any(|part| part == BEGIN) {
            return Err(failed("there is no certificate in it".to_owned()));
        }
        Ok(Some(bytes))
    }

    /// Caches of others that are asked.
    pub(crate) fn cache_from(&self) -> &[String] {
        &self.cache.from
    }

    /// Caches of others that are filled.
    pub(crate) fn cache_to(&self) -> &[String] {
        &self.cache.to
    }

    /// What addresses of repositories begin with, and what is asked instead.
    pub(crate) fn git_mirrors(&self) -> impl Iterator<Item = (String, String)> {
        self.git.mirrors.iter().map(|(prefix, mirror)| (prefix.clone(), mirror.clone()))
    }

    /// What the package in this folder, links followed, is allowed.
    pub(crate) fn grants(&self, package: &Path) -> impl Iterator<Item = &str> {
        let is_package = move |folder: &Path| folder.canonicalize().is_ok_and(|folder| folder == package);
        let of_package = self.grants.iter().filter(move |grants| is_package(&grants.package));
        of_package.flat_map(|grants| grants.allow.iter().map(String::as_str))
    }
}

/// A size, or a part of the disk.
fn floor(text: &str) -> Result<Floor, String> {
    match text.trim().strip_suffix('%') {
        None => size(text).map(Floor::Bytes),
        Some(percent) => match percent.trim().parse() {
            Ok(percent @ 0..=90) => Ok(Floor::Percent(percent, u64::MAX)),
            _ => Err(format!("`{text}` is not a size like `10GiB`, or a part of the disk like `5%`")),
        },
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

    #[test]
    fn the_store_has_limits() {
        let limits = |text: &str| toml::from_str::<Config>(text).unwrap().limits();
        assert_eq!(limits("").unwrap(), Limits { size: SIZE, free: FREE });
        let own = limits("[cache]\nsize = \"2GiB\"\nfree = \"7%\"").unwrap();
        assert_eq!(own, Limits { size: 2 << 30, free: Floor::Percent(7, u64::MAX) });
        assert!(limits("[cache]\nsize = \"much\"").is_err());
        assert!(limits("[cache]\nfree = \"101%\"").is_err());
        assert!(toml::from_str::<Config>("[cache]\nsise = \"2GiB\"").is_err());
    }

    #[test]
    fn repositories_have_mirrors() {
        let text = "[git.mirrors]\n\"https://example.com/\" = \"https://git.corp/\"\n";
        let config: Config = toml::from_str(text).unwrap();
        let mirrors: Vec<(String, String)> = config.git_mirrors().collect();
        assert_eq!(mirrors, [("https://example.com/".to_owned(), "https://git.corp/".to_owned())]);
        assert!(toml::from_str::<Config>("[git]\nmirror = []").is_err());
    }

    #[test]
    fn registries_have_mirrors() {
        let text = "[registry.\"docker.io\"]\nmirrors = [\"http://127.0.0.1:5000\"]\n[registry.x]\nplain_http = true\n";
        let config: Config = toml::from_str(text).unwrap();
        let registries = config.registries();
        assert_eq!(registries["docker.io"].mirrors, ["http://127.0.0.1:5000"]);
        assert_eq!(registries["x"].plain_http, Some(true));
        assert!(toml::from_str::<Config>("[registry.x]\nmirror = []").is_err());
    }

    #[test]
    fn settings_of_a_package_stand_behind_the_users() {
        let text = "[registry.\"docker.io\"]\nmirrors = [\"http://own\"]\n";
        let mut config: Config = toml::from_str(text).unwrap();
        for (key, value) in [
            ("registry.docker.io.mirrors", "http://theirs"),
            ("registry.docker.io.plain_http", "true"),
            ("registry.ghcr.io.mirrors", "http://a https://b/c"),
        ] {
            assert!(config.adopt(key, value), "{key}");
        }
        let registries = config.registries();
        assert_eq!(registries["docker.io"].mirrors, ["http://own"]);
        assert_eq!(registries["docker.io"].plain_http, Some(true));
        assert_eq!(registries["ghcr.io"].mirrors, ["http://a", "https://b/c"]);
        for key in ["cache.from", "registry.x.plain_http", "registry.mirrors", "registry.x.credential_helper"]
        {
            assert!(!config.adopt(key, "x"), "{key}");
        }
    }

    #[test]
    fn the_network_has_proxies_and_authorities() {
        let text = "[network]\nhttps_proxy = \"http://proxy:1\"\nno_proxy = [\"a\", \".b\"]\n";
        let config: Config = toml::from_str(text).unwrap();
        let proxies = config.proxies();
        assert_eq!(proxies["https_proxy"], "http://proxy:1");
        assert_eq!(proxies["NO_PROXY"], "a,.b");
        assert_eq!(proxies.len(), 4);
        assert_eq!(config.certificates().unwrap(), None);
        for wrong in ["ca = \"ca.pem\"", "ca = \"/dev/null\"", "ca = \"/no/such\""] {
            let config: Config = toml::from_str(&format!("[network]\n{wrong}\n")).unwrap();
            assert!(config.certificates().is_err(), "{wrong}");
        }
        assert!(toml::from_str::<Config>("[network]\nproxy = 1").is_err());
    }
}
