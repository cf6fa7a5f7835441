//! Network namespaces of steps.

mod address;
mod door;
mod gateway;
mod lent;
mod link;
mod netlink;
mod outbound;
mod pool;
mod resolvers;
mod services;
mod sysfs;
mod wire;

pub(super) use door::Door;
pub(super) use outbound::{Outbound, Outside, Surroundings};
pub(super) use pool::{Closed, NetworkPool};
pub(super) use services::RunningServices;
pub(super) use sysfs::own_sysfs;
