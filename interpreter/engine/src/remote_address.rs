//! Where a URL of a pipeline leads, as far as that decides whether it may be fetched from.

use std::net::{IpAddr, Ipv4Addr};

/// Scheme, host and port of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteAddress {
    /// In lower case.
    pub(crate) scheme: String,
    /// In lower case; an address of version 6 in brackets.
    pub(crate) host: String,
    /// The port that is connected to.
    pub(crate) port: u16,
    /// There is a password in it.
    pub(crate) has_password: bool,
}

impl RemoteAddress {
    /// Of `https://…`, `http://…` or `ssh://…`; `None` when it is none of these, or its host holds what no name does.
    pub(crate) fn parse(url: &str) -> Option<RemoteAddress> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let default = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            "ssh" => 22,
            _ => return None,
        };
        // As WHATWG's parser has it, which curl's is not: what they could take differently is refused.
        if url.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control()) {
            return None;
        }
        let authority = rest.split(['/', '?', '#']).next()?;
        let (user, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (place, default),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_address =
            host.starts_with('[') && bare.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6());
        let is_name = !host.starts_with(['-', '.'])
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
            && !host.is_empty();
        let is_user = !user.starts_with('-') && !user.contains('@');
        (is_user && (is_address || is_name)).then(|| RemoteAddress {
            scheme,
            host: host.to_ascii_lowercase(),
            port,
            has_password: user.contains(':'),
        })
    }

    /// The address that its host is without asking anybody.
    pub(crate) fn local(&self) -> Option<IpAddr> {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        match bare == "localhost" || bare.ends_with(".localhost") {
            true => Some(Ipv4Addr::LOCALHOST.into()),
            false => bare.parse().ok(),
        }
    }

    /// What grants it: `net:PLACE`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        for (url, shown) in [
            ("https://Example.com/x", Some("https example.com:443")),
            ("ssh://git@host:2222/x", Some("ssh host:2222")),
            ("http://[::1]:80/x?y", Some("http [::1]:80")),
            ("http://127.0.0.1", Some("http 127.0.0.1:80")),
            ("ftp://x/y", None),
            ("https://", None),
            ("https://a\\@b/", None),
            ("https://a b/", None),
            ("ssh://-oProxyCommand=x/", None),
            ("ssh://-x@host/", None),
            ("https://user@evil@host/", None),
            ("https://h:99999/", None),
            ("https://a'b/", None),
        ] {
            let found = RemoteAddress::parse(url).map(|found| format!("{} {}", found.scheme, found.place()));
            assert_eq!(found.as_deref(), shown, "{url}");
        }
        let parsed = |url: &str| RemoteAddress::parse(url);
        assert!(parsed("https://u:p@h/").is_some_and(|found| found.has_password));
        assert!(parsed("https://localhost/").is_some_and(|found| found.local().is_some()));
        assert_eq!(parsed("https://example.com/").and_then(|found| found.local()), None);
    }
}
