//! How registries are reached: user configuration, as data.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Settings of one registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrySettings {
    /// URLs that are asked first, in order; a path in one stands before the repository's name.
    pub mirrors: Vec<String>,
    /// Without TLS. When it is not said: only registries on this machine.
    pub plain_http: Option<bool>,
    /// The program `docker-credential-NAME` that knows the credentials.
    pub credential_helper: Option<String>,
    /// Hosts beside its own that credentials may be sent to for a token.
    pub auth_hosts: Vec<String>,
    /// Hosts with addresses that are not public, that it may send downloads to.
    pub redirect_hosts: Vec<String>,
}

/// Proxies, as the environment names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http://`.
    pub http: Option<String>,
    /// For `https://`.
    pub https: Option<String>,
    /// Hosts and domains that are reached directly; `*` is all.
    pub none: Vec<String>,
}

/// How registries are reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// By the registry's name: `docker.io`.
    pub registries: BTreeMap<String, RegistrySettings>,
    /// The folder of Docker's own configuration: `~/.docker`.
    pub docker_config: Option<PathBuf>,
    /// Container engines of this machine that images can be put into, as `unix:///path` or `tcp://host:port`: the first that is there.
    pub container_engines: Vec<String>,
    /// Proxies.
    pub proxies: Proxies,
    /// Certificates of authorities, in PEM, that are trusted beside those of the system.
    pub certificates: Vec<u8>,
    /// The first pause before something is tried again; each further one is three times as long.
    pub pause: Duration,
    /// Longest wait that a registry may ask for.
    pub longest_pause: Duration,
    /// How long a registry may be silent.
    pub silence: Duration,
    /// How long it may be silent when it was sent something: it may have to put gigabytes in their place first.
    pub commit: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            registries: BTreeMap::new(),
            docker_config: None,
            container_engines: Vec::new(),
            proxies: Proxies::default(),
            certificates: Vec::new(),
            pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(60),
            silence: Duration::from_secs(30),
            commit: Duration::from_secs(300),
        }
    }
}

impl Settings {
    /// Those of one registry; what is not said is as it is by default.
    pub fn of(&self, registry: &str) -> RegistrySettings {
        self.registries.get(registry).cloned().unwrap_or_default()
    }
}

impl Proxies {
    /// The proxy for a URL; none for this machine itself.
    pub fn of(&self, scheme: &str, host: &str) -> Option<&str> {
        let proxy = if scheme == "https" { &self.https } else { &self.http };
        let proxy = proxy.as_deref().filter(|proxy| !proxy.is_empty())?;
        (!is_loopback(host) && !self.none.iter().any(|entry| covers(entry.trim(), host))).then_some(proxy)
    }
}

fn covers(entry: &str, host: &str) -> bool {
    let domain = entry.trim_start_matches("*.").trim_start_matches('.');
    let below = || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    entry == "*" || !domain.is_empty() && (host.eq_ignore_ascii_case(domain) || below())
}

/// The host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_for_hosts_elsewhere() {
        let proxies = Proxies {
            http: None,
            https: Some("http://proxy:3128".into()),
            none: vec!["example.com".into(), ".corp".into()],
        };
        assert_eq!(proxies.of("https", "ghcr.io"), Some("http://proxy:3128"));
        for (scheme, host) in [
            ("http", "ghcr.io"),
            ("https", "127.0.0.1"),
            ("https", "example.com"),
            ("https", "a.example.com"),
            ("https", "registry.corp"),
        ] {
            assert_eq!(proxies.of(scheme, host), None, "{scheme} {host}");
        }
        assert!(proxies.of("https", "notexample.com").is_some());
    }
}
