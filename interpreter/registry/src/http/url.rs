//! The parts of a URL that decide where something may be sent.

use crate::settings::is_loopback;

/// A URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: String,
    /// In lower case, without a port.
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    /// Path and query, beginning with a slash, or empty.
    pub(crate) rest: String,
}

impl Url {
    /// Takes `http://…` or `https://…` apart. User names in it are refused: they would be credentials in the wrong place.
    pub(crate) fn parse(text: &str) -> Option<Url> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let rest = rest.split('#').next().unwrap_or_default();
        let rest = if rest.starts_with('?') { format!("/{rest}") } else { rest.to_owned() };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let named =
            !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b));
        let known = matches!(scheme.as_str(), "http" | "https") && named;
        let printable = rest.bytes().all(|b| b.is_ascii_graphic());
        (known && printable).then(|| Url { scheme, host: host.to_ascii_lowercase(), port, rest })
    }

    /// The URL that `location` means when this one answered with it.
    pub(crate) fn join(&self, location: &str) -> Option<Url> {
        if location.starts_with("//") {
            return Url::parse(&format!("{}:{location}", self.scheme));
        }
        if location.starts_with('/') {
            return Url::parse(&format!("{}{location}", self.origin()));
        }
        if location.contains("://") {
            return Url::parse(location);
        }
        let path = self.rest.split('?').next().unwrap_or_default();
        let folder = path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or("/");
        Url::parse(&format!("{}{folder}{location}", self.origin()))
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        match self.port {
            Some(port) => format!("{}://{}:{port}", self.scheme, self.host),
            None => format!("{}://{}", self.scheme, self.host),
        }
    }

    /// The port that is connected to.
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(if self.scheme == "https" { 443 } else { 80 })
    }

    /// Nobody else can read what is sent there.
    pub(crate) fn is_private(&self) -> bool {
        self.scheme == "https" || is_loopback(&self.host)
    }

    /// Scheme, host and port are the same.
    pub(crate) fn same_origin(&self, other: &Url) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.port() == other.port()
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.origin(), self.rest)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let url = Url::parse("https://Example.com:5000/v2/?a=b#c").unwrap();
        assert_eq!((url.host.as_str(), url.port, url.rest.as_str()), ("example.com", Some(5000), "/v2/?a=b"));
        assert_eq!(url.join("/x").unwrap().to_string(), "https://example.com:5000/x");
        assert_eq!(url.join("x").unwrap().to_string(), "https://example.com:5000/v2/x");
        assert_eq!(url.join("http://other/x").unwrap().to_string(), "http://other/x");
        assert_eq!(url.join("//other/x").unwrap().to_string(), "https://other/x");
        assert!(Url::parse("http://[::1]:80/x").unwrap().is_private());
        assert!(!Url::parse("http://example.com").unwrap().is_private());
        for wrong in ["ftp://a", "a", "https://", "https://user:pw@host/", "https://a b/", "https://h:99999/"]
        {
            assert!(Url::parse(wrong).is_none(), "{wrong}");
        }
    }
}
