//! Commands in containers, and what they reach.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Arg, Mount, SecretUse};
use crate::{Named, Output};

/// A command in a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// The root file system.
    pub root: Output,
    /// What is shown at paths of it, in the order it was mounted.
    pub mounts: Vec<Mount>,
    /// Program and arguments: texts, or lists of texts that are flattened.
    pub argv: Vec<Arg>,
    /// The configuration of the image that the root began as, if it was one: what is not said here is as it says.
    pub image: Option<Output>,
    /// The environment: the whole of it, or what is set over the image's.
    pub env: Named<Arg>,
    /// Variables of the image that were taken away, sorted.
    pub unset_env: Vec<String>,
    /// Names in `env`, sorted, whose values are no part of the step's key.
    pub volatile_env: Vec<String>,
    /// The working folder. One that is not absolute is seen from the image's own.
    pub workdir: Arc<str>,
    /// `user[:group]`, by name or number; the image's own when `None`.
    pub user: Option<String>,
    /// `os/arch[/variant]`.
    pub platform: Arc<str>,
    /// Which network the step gets.
    pub network: Network,
    /// What the step reads on standard input; nothing when `None`.
    pub stdin: Option<Arg>,
    /// Services that it reaches, in the order they were bound.
    pub services: Vec<Binding>,
    /// Secrets that it is given, in order.
    pub secrets: Vec<SecretUse>,
    /// Whether it reaches the user's SSH agent.
    pub ssh_agent: bool,
    /// Absolute paths, normalised, at or below which its secrets may stay in what it leaves. Such a result never leaves this machine.
    pub allow_secret_in: Vec<String>,
    /// Whether it has every capability inside its namespaces, and may make further ones.
    pub privileged: bool,
}

/// The network a step gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Network {
    /// Its own loopback and nothing else.
    Off,
    /// Outbound connections to public addresses.
    Outbound,
    /// The host's own.
    Host,
}

/// A service that a command reaches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Binding {
    /// The host name that leads to it.
    pub alias: String,
    /// The [`Op::Service`].
    pub service: Output,
    /// Its ports are on the command's own loopback, too.
    pub localhost: bool,
}

/// A process that commands talk to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// What is run. It reads nothing.
    pub exec: Exec,
    /// A command that is run beside it until it succeeds: then it can be used.
    pub ready: Option<Probe>,
    /// TCP ports that it listens on, in order. Without `ready` it can be used when somebody listens at all of them.
    pub ports: Vec<u16>,
    /// One instance for everybody; else each command that is bound to it has one of its own.
    pub shared: bool,
}

/// A command that is run in a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Program and arguments: texts, or lists of texts that are flattened.
    pub argv: Vec<Arg>,
    /// What is set over the service's own environment.
    pub env: BTreeMap<String, Arg>,
}
