//! The host's resolvers, and what a step is told of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::protocol::Egress;

const FILE: &str = "/etc/resolv.conf";
const PORT: u16 = 53;

/// What the host's own programs resolve names with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resolvers {
    /// In the order of preference, at least one.
    pub(super) servers: Vec<SocketAddr>,
    /// Lines about how names are completed.
    rules: Vec<String>,
}

impl Resolvers {
    /// Of the host.
    pub(super) fn of_host() -> Resolvers {
        Resolvers::parse(&std::fs::read_to_string(FILE).unwrap_or_default())
    }

    /// Reads `resolv.conf(5)`.
    fn parse(text: &str) -> Resolvers {
        let mut resolvers = Resolvers { servers: Vec::new(), rules: Vec::new() };
        for line in text.lines() {
            match line.split_whitespace().next() {
                Some("nameserver") => resolvers.servers.extend(server(line)),
                Some("search" | "domain" | "options") => resolvers.rules.push(line.trim().to_owned()),
                _ => {}
            }
        }
        if resolvers.servers.is_empty() {
            // What the C library does then.
            resolvers.servers.push(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
        }
        resolvers
    }

    /// A step's `/etc/resolv.conf`.
    pub(super) fn file(&self, forwarder: IpAddr) -> String {
        let rules: String = self.rules.iter().map(|rule| format!("{rule}\n")).collect();
        format!("nameserver {forwarder}\n{rules}")
    }
}

/// An address, perhaps with the interface it is reached by.
fn server(line: &str) -> Option<SocketAddr> {
    let text = line.split_whitespace().nth(1)?;
    let (address, scope) =
        text.split_once('%').map_or((text, None), |(address, scope)| (address, Some(scope)));
    match (address.parse().ok()?, scope) {
        (IpAddr::V6(address), Some(scope)) => {
            let index = scope.parse().ok().or_else(|| interface_index(scope))?;
            Some(SocketAddr::V6(std::net::SocketAddrV6::new(address, PORT, 0, index)))
        }
        (address, _) => Some(SocketAddr::new(address, PORT)),
    }
}

fn interface_index(name: &str) -> Option<u32> {
    let path = format!("/sys/class/net/{name}/ifindex");
    (!name.contains('/')).then(|| std::fs::read_to_string(path).ok()?.trim().parse().ok())?
}

/// A step's `/etc/hosts`, with names beside those that only the host knows. The first that stands there for a name holds.
pub(super) fn hosts(egress: &Egress, names: &[(String, IpAddr)]) -> String {
    let names: String =
        names.iter().chain(&egress.names).map(|(name, address)| format!("{address} {name}\n")).collect();
    format!("127.0.0.1 localhost pipe\n::1 localhost ip6-localhost ip6-loopback\n{names}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn servers_and_rules_are_read() {
        let text = "# x\nnameserver 127.0.0.53\nnameserver fe80::1%3\nsearch corp.example a\noptions edns0\nsortlist 1\n";
        let resolvers = Resolvers::parse(text);
        let servers: Vec<String> = resolvers.servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["127.0.0.53:53", "[fe80::1%3]:53"]);
        let file = resolvers.file("192.0.0.1".parse().unwrap());
        assert_eq!(file, "nameserver 192.0.0.1\nsearch corp.example a\noptions edns0\n");
        assert_eq!(Resolvers::parse("").servers, ["127.0.0.1:53".parse().unwrap()]);
    }
}
