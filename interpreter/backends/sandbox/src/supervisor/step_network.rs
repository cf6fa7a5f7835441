//! The network of one step, from its plan to its end.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use super::network::{Closed, Door, Outside, Surroundings, own_sysfs};
use super::server::Context;
use crate::child::image::NetworkNamespace;
use crate::protocol::{Egress, Step, StepFailure, StepNetwork};

/// What keeps a step's network namespace there until the step is in it, and its way out until it has ended.
pub(super) enum StepNet {
    /// A namespace that was made ahead; without one the step makes its own.
    Closed(Option<Closed>),
    /// One with a way out.
    Outside(Outside),
    /// It should have a way out and has none, for this reason.
    Offline(String, Option<Closed>),
    /// The host's. A privileged step has a `/sys` that is not.
    Host(Option<OwnedFd>),
}

impl StepNet {
    /// The network of a step; `tunnels` are the sockets that lead to it, if it is a service.
    pub(super) fn of(
        context: &Context,
        step: &Step,
        tunnels: Vec<TcpListener>,
    ) -> Result<StepNet, StepFailure> {
        if step.serving.is_some() || !step.services.is_empty() {
            return StepNet::among_services(context, step, tunnels);
        }
        Ok(match &step.network {
            StepNetwork::Off => StepNet::Closed(context.networks.take()),
            StepNetwork::Host if step.privileged => StepNet::Host(Some(own_sysfs().map_err(|error| {
                StepFailure::Machine(format!("cannot make a `/sys` of the step's own: {error}"))
            })?)),
            StepNetwork::Host => StepNet::Host(None),
            StepNetwork::Outbound(egress) => match context.outbound.give(egress, Surroundings::default()) {
                Ok(outside) => StepNet::Outside(outside),
                Err(reason) => StepNet::Offline(reason, context.networks.take()),
            },
        })
    }

    /// Of a service, or a step that has some: a network that may lead to those only, without which it is nothing.
    fn among_services(
        context: &Context,
        step: &Step,
        tunnels: Vec<TcpListener>,
    ) -> Result<StepNet, StepFailure> {
        let egress = match &step.network {
            StepNetwork::Off => &Egress::default(),
            StepNetwork::Outbound(egress) => egress,
            StepNetwork::Host => {
                let message = "a step in the host's own network cannot have services";
                return Err(StepFailure::Step(message.to_owned()));
            }
        };
        let neighbors = context.services.neighbors(&step.services).map_err(StepFailure::Step)?;
        let ports = step.serving.iter().flat_map(|serving| serving.tunnels.iter().copied());
        let surroundings = Surroundings {
            neighbors,
            is_service: step.serving.is_some(),
            tunnels: tunnels.into_iter().zip(ports).collect(),
        };
        context.outbound.give(egress, surroundings).map(StepNet::Outside).map_err(|reason| {
            let message = format!(
                "services cannot be reached on this machine: {reason}; `pipe doctor` says what mends it"
            );
            StepFailure::Machine(message)
        })
    }

    /// The way into it, for those that use it as a service.
    pub(super) fn door(&self) -> Option<Door> {
        match self {
            StepNet::Outside(outside) => outside.door(),
            _ => None,
        }
    }

    /// Which namespace the step's processes live in.
    pub(super) fn namespace(&self) -> NetworkNamespace {
        match self {
            StepNet::Outside(_) | StepNet::Closed(Some(_)) | StepNet::Offline(_, Some(_)) => {
                NetworkNamespace::Made
            }
            StepNet::Closed(None) | StepNet::Offline(_, None) => NetworkNamespace::New,
            StepNet::Host(_) => NetworkNamespace::Host,
        }
    }

    /// A namespace that was made ahead.
    pub(super) fn made(&self) -> Option<BorrowedFd<'_>> {
        match self {
            StepNet::Outside(outside) => Some(outside.namespace()),
            StepNet::Closed(made) | StepNet::Offline(_, made) => made.as_ref().map(Closed::namespace),
            StepNet::Host(_) => None,
        }
    }

    /// A `/sys` for the step, where it cannot make one itself and must not have the host's.
    pub(super) fn sysfs(&self) -> Option<BorrowedFd<'_>> {
        match self {
            StepNet::Host(own) => own.as_ref().map(AsFd::as_fd),
            _ => None,
        }
    }

    /// What there is to tell of it when the step is over: addresses that it may not reach and tried to, and why it had no way out.
    pub(super) fn told(&self) -> (Vec<SocketAddr>, Option<String>) {
        match self {
            StepNet::Outside(outside) => (outside.refused(), None),
            StepNet::Offline(reason, _) => (Vec::new(), Some(reason.clone())),
            StepNet::Closed(_) | StepNet::Host(_) => (Vec::new(), None),
        }
    }

    /// The step is gone: what it did not use is for the next.
    pub(super) fn recycle(self, context: &Context) {
        match self {
            StepNet::Outside(outside) => outside.recycle(),
            StepNet::Closed(Some(closed)) | StepNet::Offline(_, Some(closed)) => {
                context.networks.give_back(closed);
            }
            StepNet::Closed(None) | StepNet::Offline(_, None) | StepNet::Host(_) => {}
        }
    }

    /// Files that a step with a network needs in its `/etc`.
    pub(super) fn files(&self) -> Vec<(&'static str, PathBuf)> {
        match self {
            StepNet::Outside(outside) => {
                let resolv_conf = outside.resolv_conf.clone().map(|path| ("/etc/resolv.conf", path));
                resolv_conf.into_iter().chain([("/etc/hosts", outside.hosts.clone())]).collect()
            }
            StepNet::Host(_) => {
                let of_host = ["/etc/resolv.conf", "/etc/hosts"].map(|path| (path, PathBuf::from(path)));
                of_host.into_iter().filter(|(_, path)| path.is_file()).collect()
            }
            StepNet::Closed(_) | StepNet::Offline(..) => Vec::new(),
        }
    }
}
