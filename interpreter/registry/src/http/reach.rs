//! Where a registry may lead: whoever it is that it sends us to, not into the user's own network.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use pipe_ops::address::is_public;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::Endpoint;
use super::url::Url;

/// Which addresses that are not public may be reached, as the user has granted it: by the name that a URL has, and its address.
#[derive(Clone)]
pub struct Granted(Arc<Rule>);

type Rule = dyn Fn(&str, SocketAddr) -> bool + Send + Sync;

impl Granted {
    /// By a rule.
    pub fn by(rule: impl Fn(&str, SocketAddr) -> bool + Send + Sync + 'static) -> Granted {
        Granted(Arc::new(rule))
    }

    /// Whether an address is reached: anybody could have it, or it was granted.
    pub fn reaches(&self, host: &str, address: SocketAddr) -> bool {
        is_public(address.ip()) || (self.0)(host, address)
    }
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Granted")
    }
}

/// Where a request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reach {
    /// Where somebody of this side named it: the user's configuration, or the image's reference.
    Anywhere,
    /// To public addresses.
    Public,
}

impl Reach {
    /// Of a place that an endpoint named.
    pub(super) fn of(endpoint: &Endpoint, url: &Url) -> Reach {
        if endpoint.granted.is_some() {
            return Reach::Public;
        }
        let own = url.host == endpoint.url.host;
        let named = endpoint.settings.redirect_hosts.contains(&url.host)
            || endpoint.settings.auth_hosts.contains(&url.host);
        // What is in the user's own network, or a mirror of the user's, may be led around in it.
        if own || named || endpoint.is_mirror || is_local(&endpoint.url.host) {
            Reach::Anywhere
        } else {
            Reach::Public
        }
    }

    /// Whether a URL's host alone says that it is out of reach; a name's addresses are looked at when it is connected to.
    pub(super) fn refuses(self, endpoint: &Endpoint, url: &Url) -> bool {
        let granted = || {
            let granted = endpoint.granted.as_ref().zip(local_address(&url.host));
            granted.is_some_and(|(granted, ip)| granted.reaches(&url.host, SocketAddr::new(ip, url.port())))
        };
        self == Reach::Public && is_local(&url.host) && !granted()
    }
}

/// The host is an address that not anybody could have, or this machine.
fn is_local(host: &str) -> bool {
    local_address(host).is_some_and(|address| !is_public(address))
}

/// The address that a host is by its name alone.
fn local_address(host: &str) -> Option<IpAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if host == "localhost" { Some(IpAddr::from([127, 0, 0, 1])) } else { bare.parse().ok() }
}

/// What is said of a place that is out of reach.
pub(super) fn refusal(endpoint: &Endpoint, url: &Url) -> String {
    let (name, host) = (&endpoint.credentials, &url.host);
    if endpoint.granted.is_some() {
        return format!(
            "it leads to `{host}`, which is no public address; allow it with `--allow net:{host}:{}`",
            url.port()
        );
    }
    format!(
        "it leads to `{host}`, which is no public address; if that is right, say \
         `[registry.\"{name}\"] redirect_hosts = [\"{host}\"]` in the user configuration"
    )
}

/// Finds public addresses only, at the moment of the connection: a name may change what it stands for.
#[derive(Debug, Default)]
pub(super) struct PublicResolver {
    granted: Option<Granted>,
    resolver: DefaultResolver,
}

impl PublicResolver {
    /// That finds what was granted, too.
    pub(super) fn granting(granted: Option<Granted>) -> PublicResolver {
        PublicResolver { granted, ..PublicResolver::default() }
    }
}

/// All addresses of a name are private.
#[derive(Debug)]
pub(super) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its name leads to no public address")
    }
}

impl std::error::Error for NotPublic {}

impl Resolver for PublicResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let all = self.resolver.resolve(uri, config, timeout)?;
        let mut public = self.empty();
        let reaches = |address: &SocketAddr| match &self.granted {
            Some(granted) => granted.reaches(uri.host().unwrap_or_default(), *address),
            None => is_public(address.ip()),
        };
        all.iter().filter(|address| reaches(address)).for_each(|address| public.push(*address));
        if public.is_empty() { Err(ureq::Error::Other(Box::new(NotPublic))) } else { Ok(public) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{Reference, Settings};

    fn endpoint(image: &str, settings: &Settings) -> Endpoint {
        Endpoint::all(&Reference::parse(image).unwrap(), settings).unwrap().remove(0)
    }

    #[test]
    fn strangers_do_not_lead_into_the_own_network() {
        let mut settings = Settings::default();
        let stranger = endpoint("ghcr.io/me/app", &settings);
        let reach = |endpoint: &Endpoint, url: &str| {
            let url = Url::parse(url).unwrap();
            let reach = Reach::of(endpoint, &url);
            (reach, reach.refuses(endpoint, &url))
        };
        for local in [
            "http://127.0.0.1/x",
            "https://10.0.0.1",
            "http://[::1]:80/",
            "https://169.254.169.254/",
            "http://localhost",
        ] {
            assert_eq!(reach(&stranger, local), (Reach::Public, true), "{local}");
            assert_eq!(reach(&endpoint("127.0.0.1:5000/app", &settings), local), (Reach::Anywhere, false));
        }
        assert_eq!(reach(&stranger, "https://cdn.example/x"), (Reach::Public, false));
        assert_eq!(reach(&stranger, "https://ghcr.io/x"), (Reach::Anywhere, false));
        let own = settings.registries.entry("ghcr.io".into()).or_default();
        own.redirect_hosts.push("10.0.0.1".into());
        assert_eq!(
            reach(&endpoint("ghcr.io/me/app", &settings), "https://10.0.0.1"),
            (Reach::Anywhere, false)
        );
        settings.registries.entry("ghcr.io".into()).or_default().mirrors.push("https://mirror.corp".into());
        assert_eq!(
            reach(&endpoint("ghcr.io/me/app", &settings), "https://10.0.0.2"),
            (Reach::Anywhere, false)
        );
    }

    #[test]
    fn names_are_looked_at_when_they_are_resolved() {
        let timeout = NextTimeout::default();
        let uri: Uri = "http://localhost:80/".parse().unwrap();
        let agent = ureq::Agent::new_with_defaults();
        let error = PublicResolver::default().resolve(&uri, agent.config(), timeout).unwrap_err();
        assert!(matches!(error, ureq::Error::Other(_)), "{error}");
    }
}
