//! What a step may reach over a network.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use pipe_ops::address::is_in;

/// The network of a step, with everything that the backend must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepNetwork {
    /// Its own loopback and nothing else.
    Off,
    /// Outbound connections: to public addresses, and to what was granted beside them.
    Outbound(Arc<Egress>),
    /// The host's own.
    Host,
}

/// What steps may reach beside public addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Egress {
    /// Addresses.
    pub allowed: Vec<Reach>,
    /// Names that only the host knows, with their addresses.
    pub names: Vec<(String, IpAddr)>,
}

/// Addresses that may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The first bits of them.
    pub network: IpAddr,
    /// How many bits count.
    pub prefix: u8,
    /// The only port; `None`: all.
    pub port: Option<u16>,
}

/// Where a grant `net:PLACE` leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkPlace {
    /// `host`: the host's own network.
    Host,
    /// `10.0.0.7`, `10.0.0.0/8`, `10.0.0.7:5432`, `[fd00::1]:80`: addresses.
    Addresses(Reach),
    /// `db.internal:5432`: the addresses that the host knows for a name.
    Name {
        /// The name.
        name: String,
        /// The only port; `None`: all.
        port: Option<u16>,
    },
}

/// Why a text is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// It is nothing that can be read.
    #[error("it is neither `host` nor an address, a range of addresses or a name, with or without a port")]
    Unreadable,
    /// It is the host's loopback.
    #[error("a place on the host's loopback is granted by its port: `127.0.0.1:PORT`")]
    LoopbackWithoutPort,
}

impl NetworkPlace {
    /// Whether it holds an address that somebody calls by this name.
    pub fn reaches(&self, host: &str, address: SocketAddr) -> bool {
        match self {
            NetworkPlace::Host => false,
            NetworkPlace::Addresses(reach) => {
                is_in(address.ip(), reach.network, reach.prefix)
                    && reach.port.is_none_or(|port| port == address.port())
            }
            NetworkPlace::Name { name, port } => {
                name == host && port.is_none_or(|port| port == address.port())
            }
        }
    }

    /// Whether all that `other` holds is in it.
    pub(crate) fn covers(&self, other: &NetworkPlace) -> bool {
        let ports = |own: Option<u16>, other: Option<u16>| own.is_none() || own == other;
        match (self, other) {
            (NetworkPlace::Addresses(own), NetworkPlace::Addresses(other)) => {
                is_in(other.network, own.network, own.prefix)
                    && own.prefix <= other.prefix
                    && ports(own.port, other.port)
            }
            (
                NetworkPlace::Name { name, port },
                NetworkPlace::Name { name: other_name, port: other_port },
            ) => name == other_name && ports(*port, *other_port),
            (own, other) => own == other,
        }
    }
}

impl FromStr for NetworkPlace {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<NetworkPlace, PlaceError> {
        if text == "host" {
            return Ok(NetworkPlace::Host);
        }
        let (place, port) = split_port(text)?;
        let place = match addresses(place, port) {
            Some(reach) => NetworkPlace::Addresses(reach),
            None if place == "localhost" => {
                NetworkPlace::Addresses(Reach { network: IpAddr::V4(Ipv4Addr::LOCALHOST), prefix: 32, port })
            }
            None if is_name(place) => NetworkPlace::Name { name: place.to_owned(), port },
            None => return Err(PlaceError::Unreadable),
        };
        match &place {
            NetworkPlace::Addresses(reach) if reach.network.is_loopback() && !reach.is_one_port() => {
                Err(PlaceError::LoopbackWithoutPort)
            }
            _ => Ok(place),
        }
    }
}

impl Reach {
    /// A single address at a single port.
    fn is_one_port(&self) -> bool {
        self.port.is_some() && self.prefix == if self.network.is_ipv4() { 32 } else { 128 }
    }
}

/// The port is behind the last colon; an address of version 6 with one stands in brackets.
fn split_port(text: &str) -> Result<(&str, Option<u16>), PlaceError> {
    let port = |text: &str| text.parse().ok().filter(|port| *port != 0).ok_or(PlaceError::Unreadable);
    if let Some(rest) = text.strip_prefix('[') {
        return match rest.split_once(']') {
            Some((place, "")) => Ok((place, None)),
            Some((place, rest)) => {
                Ok((place, Some(port(rest.strip_prefix(':').ok_or(PlaceError::Unreadable)?)?)))
            }
            None => Err(PlaceError::Unreadable),
        };
    }
    match text.split_once(':') {
        Some((place, rest)) if !rest.contains(':') => Ok((place, Some(port(rest)?))),
        _ => Ok((text, None)),
    }
}

fn addresses(place: &str, port: Option<u16>) -> Option<Reach> {
    let (address, prefix) = match place.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
        None => (place, None),
    };
    let network: IpAddr = address.parse().ok()?;
    let bits = if network.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(bits);
    (prefix <= bits).then_some(Reach { network, prefix, port })
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    // What has only digits and dots is an address that was mistyped.
    let letters = text.chars().any(|c| c.is_ascii_alphabetic());
    letters && text.len() < 254 && text.chars().all(plain) && !text.starts_with(['-', '.'])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn reach(network: &str, prefix: u8, port: Option<u16>) -> NetworkPlace {
        NetworkPlace::Addresses(Reach { network: network.parse().unwrap(), prefix, port })
    }

    #[test]
    fn places_of_all_kinds() {
        let name = |name: &str, port| NetworkPlace::Name { name: name.to_owned(), port };
        for (text, place) in [
            ("host", NetworkPlace::Host),
            ("10.0.0.7", reach("10.0.0.7", 32, None)),
            ("10.0.0.0/8", reach("10.0.0.0", 8, None)),
            ("10.0.0.0/8:443", reach("10.0.0.0", 8, Some(443))),
            ("127.0.0.1:80", reach("127.0.0.1", 32, Some(80))),
            ("localhost:80", reach("127.0.0.1", 32, Some(80))),
            ("fd00::1", reach("fd00::1", 128, None)),
            ("[fd00::]:443", reach("fd00::", 128, Some(443))),
            ("[fd00::/8]", reach("fd00::", 8, None)),
            ("db.internal:5432", name("db.internal", Some(5432))),
            ("registry", name("registry", None)),
        ] {
            assert_eq!(text.parse(), Ok(place), "{text}");
        }
    }

    #[test]
    fn a_range_covers_what_is_in_it() {
        let covers = |own: &str, other: &str| {
            own.parse::<NetworkPlace>().unwrap().covers(&other.parse::<NetworkPlace>().unwrap())
        };
        assert!(covers("10.0.0.0/8", "10.1.0.0/16:443") && covers("db", "db:5432") && covers("db:1", "db:1"));
        assert!(!covers("10.0.0.0/8:80", "10.0.0.1:443") && !covers("10.0.0.0/8", "10.0.0.0/7"));
        assert!(!covers("db:1", "db") && !covers("host", "10.0.0.1") && !covers("db", "db2"));
        let reaches = |own: &str, host: &str, address: &str| {
            own.parse::<NetworkPlace>().unwrap().reaches(host, address.parse().unwrap())
        };
        assert!(reaches("10.0.0.0/8", "x", "10.0.0.1:80") && reaches("db:80", "db", "10.0.0.1:80"));
        assert!(!reaches("db:80", "db", "10.0.0.1:81") && !reaches("host", "db", "10.0.0.1:81"));
    }

    #[test]
    fn what_is_no_place() {
        for text in
            ["", "10.0.0", "10.0.0.0/33", "a b", "a:b", "a:0", "a:70000", "[::1", "[::1]x", "-x", "1.2.3.4.5"]
        {
            assert_eq!(text.parse::<NetworkPlace>(), Err(PlaceError::Unreadable), "{text}");
        }
        for text in ["127.0.0.1", "localhost", "::1", "127.0.0.0/8:80"] {
            assert_eq!(text.parse::<NetworkPlace>(), Err(PlaceError::LoopbackWithoutPort), "{text}");
        }
    }
}
