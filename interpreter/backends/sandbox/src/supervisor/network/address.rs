//! Which addresses a step may reach: public ones, and what was granted.

use std::net::{IpAddr, SocketAddr};

use pipe_ops::address::{is_in, is_public, plain};

use crate::protocol::{Egress, Reach};

/// Whether a step with this permission may send to an address.
pub(super) fn may_reach(egress: &Egress, target: SocketAddr) -> bool {
    let address = plain(target.ip());
    egress.public && is_public(address)
        || egress.allowed.iter().any(|reach| covers(reach, address, target.port()))
}

fn covers(reach: &Reach, address: IpAddr, port: u16) -> bool {
    is_in(address, reach.network, reach.prefix) && reach.port.is_none_or(|granted| granted == port)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn grants_open_what_they_name() {
        let reach = |network: &str, prefix, port| Reach { network: network.parse().unwrap(), prefix, port };
        let allowed = vec![
            reach("10.1.0.0", 16, None),
            reach("192.168.0.7", 32, Some(5432)),
            reach("fd00::1", 128, None),
        ];
        let egress = Egress { public: true, allowed, names: Vec::new() };
        let may = |target: &str| may_reach(&egress, target.parse().unwrap());
        assert!(
            may("10.1.2.3:80")
                && may("[::ffff:10.1.2.3]:80")
                && may("192.168.0.7:5432")
                && may("[fd00::1]:1")
        );
        assert!(
            !may("10.2.0.1:80") && !may("192.168.0.7:80") && !may("192.168.0.8:5432") && !may("[fd00::2]:1")
        );
        assert!(may("8.8.8.8:53"));
        let closed = Egress::default();
        assert!(!may_reach(&closed, "8.8.8.8:53".parse().unwrap()));
    }
}
