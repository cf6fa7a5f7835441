//! Whether a place may be asked, and how: public addresses by anybody, others and the user's own keys by a grant.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use pipe_fetch::GitSettings;
use pipe_registry::{Granted, Proxies};

use crate::failure::Cause;
use crate::remote_address::RemoteAddress;
use crate::{EngineOptions, Grant, Grants, MissingGrant, NetworkPlace};

/// What decides it.
#[derive(Debug)]
pub(super) struct Ways {
    git: GitSettings,
    grants: Grants,
    proxies: Proxies,
}

/// How a place is reached.
enum Reached {
    /// By the user's proxy, which resolves names itself.
    ByProxy,
    /// At these addresses.
    At(Vec<IpAddr>),
}

impl Ways {
    pub(super) fn of(options: &EngineOptions) -> Ways {
        Ways {
            git: options.git.clone(),
            grants: options.grants.clone(),
            proxies: options.images.settings.proxies.clone(),
        }
    }

    /// What addresses beside public ones are reached.
    pub(super) fn granted(&self) -> Granted {
        let places: Vec<NetworkPlace> = self.grants.all.iter().filter_map(place).collect();
        Granted::by(move |host, address| places.iter().any(|place| place.reaches(host, address)))
    }

    /// Refuses a URL that may not be fetched from. Asks only who knows names.
    pub(super) fn check(&self, url: &str, is_git: bool) -> Result<RemoteAddress, Cause> {
        let remote = RemoteAddress::parse(url).ok_or_else(|| {
            let schemes = if is_git { "`https://…` or `ssh://…`" } else { "`https://…`" };
            Cause::pipeline(format!("`{url}` cannot be fetched")).help(format!("write {schemes}"))
        })?;
        if remote.has_password {
            return Err(Cause::pipeline("a password does not belong into a URL")
                .help("a private repository is read as you with `--allow git:HOST`"));
        }
        self.reached(&remote)?;
        Ok(remote)
    }

    /// How `git` reaches a repository. One that the user named a mirror for is reached as the user says.
    pub(super) fn git(&self, url: &str) -> Result<GitSettings, Cause> {
        if self.git.mirrors(url) {
            return Ok(self.git.clone());
        }
        let remote = self.check(url, true)?;
        let is_private = remote.local().is_some_and(|address| address.is_loopback());
        if remote.scheme == "http" && !is_private {
            return Err(Cause::pipeline(format!("`{url}`: over plain http anybody could send anything"))
                .help("write `https://…` or `ssh://…`"));
        }
        let known = Grant::Git(remote.host.clone());
        let is_known = self.grants.cover(&known);
        if remote.scheme == "ssh" && !is_known {
            return Err(missing(known, format!("`{}` asks for your keys", remote.host)));
        }
        let settings = match is_known {
            true => self.git.clone().with_credentials()?,
            false => self.git.clone().anonymous(),
        };
        let settings = settings.without_redirects();
        Ok(match self.reached(&remote)? {
            Reached::ByProxy => settings,
            Reached::At(addresses) => settings.only_at(&remote.host, remote.port, &addresses),
        })
    }

    fn reached(&self, remote: &RemoteAddress) -> Result<Reached, Cause> {
        let refused = || {
            let what = format!("`{}` leads to no public address", remote.host);
            missing(Grant::Net(remote.place()), what)
        };
        let granted = self.granted();
        let may = |address: &SocketAddr| granted.reaches(&remote.host, *address);
        if let Some(address) = remote.local() {
            let address = SocketAddr::new(address, remote.port);
            return if may(&address) { Ok(Reached::At(vec![address.ip()])) } else { Err(refused()) };
        }
        if self.proxies.of(&remote.scheme, &remote.host).is_some() {
            return Ok(Reached::ByProxy);
        }
        let found = (remote.host.as_str(), remote.port).to_socket_addrs().map_err(|error| {
            Cause::machine(format!("the name `{}` cannot be resolved: {error}", remote.host))
        })?;
        let addresses: Vec<IpAddr> = found.filter(may).map(|address| address.ip()).collect();
        if addresses.is_empty() { Err(refused()) } else { Ok(Reached::At(addresses)) }
    }
}

fn place(grant: &Grant) -> Option<NetworkPlace> {
    match grant {
        Grant::Net(place) => place.parse().ok(),
        _ => None,
    }
}

fn missing(grant: Grant, what: String) -> Cause {
    let missing = MissingGrant { grant, what, nodes: Vec::new(), origins: Vec::new() };
    Cause::usage(missing.to_string())
}
