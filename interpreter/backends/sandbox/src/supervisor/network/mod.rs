//! Network namespaces of steps.

mod address;
mod gateway;
mod link;
mod netlink;
mod outbound;
mod pool;
mod resolvers;
mod wire;

pub(super) use outbound::{Outbound, Outside};
pub(super) use pool::{Closed, NetworkPool};
