//! The network of a session's steps.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pipe_ops::Network;
use tokio::sync::OnceCell;

use crate::failure::Cause;
use crate::{CERTIFICATES, Egress, EngineOptions, Grant, NetworkPlace, Reach, StepNetwork};

/// By which programs are told where the certificates of authorities are: OpenSSL and Go, curl, git, Python's requests and pip, Node (which takes them
/// beside its own), cargo, the clients of AWS.
const CERTIFICATE_VARIABLES: &[&str] = &[
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "CARGO_HTTP_CAINFO",
    "AWS_CA_BUNDLE",
];

/// What connects the steps of a session with the outside: what they may reach is decided once, when the first asks.
#[derive(Debug)]
pub(crate) struct SessionNetwork {
    places: Vec<NetworkPlace>,
    proxies: BTreeMap<String, String>,
    certificates: Option<Arc<[u8]>>,
    egress: OnceCell<Arc<Egress>>,
    said_offline: AtomicBool,
}

impl SessionNetwork {
    /// For what the user grants, and the user's own proxies.
    pub(crate) fn start(options: &EngineOptions) -> SessionNetwork {
        let granted = options.grants.all.iter().filter_map(|grant| match grant {
            Grant::Net(place) => place.parse().ok(),
            _ => None,
        });
        let is_proxy = |name: &str| !name.eq_ignore_ascii_case("no_proxy");
        let proxies = options.proxies.iter().filter(|(name, _)| is_proxy(name));
        let proxies = proxies.filter_map(|(_, url)| proxy_place(url));
        SessionNetwork {
            places: granted.chain(proxies).collect(),
            proxies: options.proxies.iter().map(|(name, url)| (name.clone(), without_login(url))).collect(),
            certificates: options.certificates.clone(),
            egress: OnceCell::new(),
            said_offline: AtomicBool::new(false),
        }
    }

    /// What a step gets.
    ///
    /// # Errors
    /// When a name that was granted is not known to this machine.
    pub(crate) async fn of(&self, network: Network) -> Result<StepNetwork, Cause> {
        match network {
            Network::Off => Ok(StepNetwork::Off),
            Network::Host => Ok(StepNetwork::Host),
            Network::Outbound => {
                let egress = self.egress.get_or_try_init(|| self.resolve()).await?;
                Ok(StepNetwork::Outbound(egress.clone()))
            }
        }
    }

    /// Variables that tell programs of the user's proxies and certificates, for a step that has a network and none of them itself. They
    /// are no part of what a step is: through a proxy or not, the same is fetched.
    pub(crate) fn variables(&self, network: Network) -> impl Iterator<Item = (&str, &str)> {
        let proxies = self.proxies.iter().map(|(name, url)| (name.as_str(), url.as_str()));
        let names = self.certificates.iter().flat_map(|_| CERTIFICATE_VARIABLES);
        proxies.chain(names.map(|name| (*name, CERTIFICATES))).filter(move |_| network != Network::Off)
    }

    /// The user's own certificates of authorities, for a step that has a network.
    pub(crate) fn certificates(&self, network: Network) -> Option<Arc<[u8]>> {
        self.certificates.clone().filter(|_| network != Network::Off)
    }

    /// Whether to say that there is no network: once is enough.
    pub(crate) fn says_offline(&self) -> bool {
        !self.said_offline.swap(true, Ordering::Relaxed)
    }

    async fn resolve(&self) -> Result<Arc<Egress>, Cause> {
        let mut egress = Egress::default();
        for place in &self.places {
            match place {
                NetworkPlace::Host => {}
                NetworkPlace::Addresses(reach) => egress.allowed.push(reach.clone()),
                NetworkPlace::Name { name, port } => {
                    for address in addresses(name).await? {
                        let prefix = if address.is_ipv4() { 32 } else { 128 };
                        egress.allowed.push(Reach { network: address, prefix, port: *port });
                        egress.names.push((name.clone(), address));
                    }
                }
            }
        }
        Ok(Arc::new(egress))
    }

    /// Takes it down. What steps are connected by is the backend's, and ends with it.
    pub(crate) fn stop(&self) {}
}

/// By the host's own files and resolvers.
async fn addresses(name: &str) -> Result<Vec<IpAddr>, Cause> {
    let found = tokio::net::lookup_host((name, 0)).await.map_err(|error| {
        Cause::usage(format!("`net:{name}` is granted, and this machine knows no such name: {error}"))
    })?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses)
}

/// Where a proxy is: `http://login@proxy.example:3128/`. One that cannot be read is nowhere.
fn proxy_place(url: &str) -> Option<NetworkPlace> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next()?;
    let place = authority.rsplit('@').next().filter(|place| !place.is_empty())?;
    let has_port = place
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.contains(':') || host.ends_with(']') && !port.is_empty());
    let port = match scheme {
        "https" => 443,
        "socks4" | "socks4a" | "socks5" | "socks5h" => 1080,
        _ => 80,
    };
    if has_port { place.parse().ok() } else { format!("{place}:{port}").parse().ok() }
}

/// A proxy's address without user and password: those are secrets, and a step gets none that it was not given.
fn without_login(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let place = authority.rsplit('@').next().unwrap_or(authority);
    format!("{scheme}{place}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_found_in_their_addresses() {
        for (url, place) in [
            ("http://127.0.0.1:3128", "127.0.0.1:3128"),
            ("http://user:p@ss@proxy.corp:8080/", "proxy.corp:8080"),
            ("proxy.corp", "proxy.corp:80"),
            ("https://proxy.corp/", "proxy.corp:443"),
            ("socks5h://[fd00::1]", "[fd00::1]:1080"),
            ("http://[fd00::1]:3128", "[fd00::1]:3128"),
        ] {
            assert_eq!(proxy_place(url), place.parse().ok(), "{url}");
        }
        assert_eq!(proxy_place("http://"), None);
    }

    #[test]
    fn logins_stay_here() {
        assert_eq!(without_login("http://user:p@ss@proxy.corp:8080/x"), "http://proxy.corp:8080/x");
        assert_eq!(without_login("proxy:1"), "proxy:1");
        assert_eq!(without_login("localhost,.corp"), "localhost,.corp");
    }
}
