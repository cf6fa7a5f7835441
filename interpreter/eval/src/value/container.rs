//! Containers: a root file system, what is mounted, and the configuration of what runs in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use pipe_ops::{Arg, Binding, Mount, Mounted, Named, NodeId, Output, SecretGiven, SecretUse, Slot};

use super::{Shared, Value};
use crate::simulation::Told;

/// A container. Everything but its trees is known while the program is evaluated.
#[derive(Clone, Debug)]
pub struct ContainerValue {
    /// Its root file system.
    pub root: Output,
    /// What is mounted, trees and files as the last command left them, in order. None is at or below the path of a later one.
    pub mounts: Vec<Mount>,
    /// Services that its commands reach, in the order they were bound.
    pub services: Vec<Binding>,
    /// What runs in it, and how.
    pub config: Shared<Config>,
    /// The last command that ran.
    pub last: Option<LastExec>,
    /// What the last command of a fake gave.
    pub(crate) told: Option<Arc<Told>>,
}

/// Configuration of a container.
#[derive(Clone, Debug)]
pub struct Config {
    /// What it began with.
    pub base: Base,
    /// Variables that were set; `None` for one that was taken away.
    pub env: Named<Option<Value>>,
    /// Variables among them whose values make no step run again. They are no part of an image.
    pub volatile: BTreeSet<Arc<str>>,
    /// The working folder, when it was set.
    pub workdir: Option<Arc<str>>,
    /// `user[:group]`, when it was set.
    pub user: Option<Arc<str>>,
    /// A list of texts, when it was set.
    pub entrypoint: Option<Value>,
    /// A list of texts, when it was set.
    pub command: Option<Value>,
    /// Labels of the image.
    pub labels: IndexMap<Arc<str>, Value>,
    /// Annotations of its manifest.
    pub annotations: IndexMap<Arc<str>, Value>,
    /// Ports it listens on, in order.
    pub ports: Vec<Arc<str>>,
    /// `os/arch[/variant]`.
    pub platform: Arc<str>,
    /// It began as an image that was asked for without a platform.
    pub any_platform: bool,
    /// What runs `sh` scripts, when it was set.
    pub shell: Option<Vec<Arc<str>>>,
    /// Secrets that its steps are given. They are no part of an image.
    pub secrets: Vec<SecretUse>,
    /// Whether its steps reach the user's SSH agent.
    pub ssh_agent: bool,
    /// Nothing runs in it: what its commands give, by what is said of them.
    pub(crate) fake: Option<Arc<[Arc<Told>]>>,
}

/// What a container began with. It decides what is known of its configuration before anything was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing, or the host's tools: nothing is set.
    Bare,
    /// An image, by its configuration, which is known only when it was fetched.
    Image(Output),
}

/// The last command of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastExec {
    /// The exec's node.
    pub exec: NodeId,
    /// The node whose results are read: a guard, or the exec itself when failure is allowed.
    pub result: NodeId,
}

impl ContainerValue {
    /// A container in which nothing is set.
    pub(crate) fn new(root: Output, base: Base, platform: Arc<str>) -> ContainerValue {
        let config = Config {
            base,
            env: Named::new(),
            volatile: BTreeSet::new(),
            workdir: None,
            user: None,
            entrypoint: None,
            command: None,
            labels: IndexMap::new(),
            annotations: IndexMap::new(),
            ports: Vec::new(),
            platform,
            any_platform: false,
            shell: None,
            secrets: Vec::new(),
            ssh_agent: false,
            fake: None,
        };
        let config = Shared::new(config);
        ContainerValue { root, mounts: Vec::new(), services: Vec::new(), config, last: None, told: None }
    }

    /// What an image's node gives.
    pub(crate) fn of_image(root: Output, platform: Arc<str>) -> ContainerValue {
        let config = Output { node: root.node, slot: Slot::Config };
        ContainerValue::new(root, Base::Image(config), platform)
    }

    /// The image's configuration, if it began as one.
    pub(crate) fn image(&self) -> Option<Output> {
        match self.config.base {
            Base::Bare => None,
            Base::Image(config) => Some(config),
        }
    }

    /// What a fake says of a command: by default that it succeeds and prints nothing.
    pub(crate) fn said_of(&self, command: &str) -> Arc<Told> {
        let fake = self.config.fake.iter().flat_map(|fake| fake.iter());
        let mut of_it = fake.filter(|told| command.contains(&*told.of));
        of_it.next().cloned().unwrap_or_else(|| Arc::new(Told::nothing()))
    }

    /// How much there is to copy when something of it changes.
    pub(crate) fn weight(&self) -> usize {
        let config = &self.config;
        self.mounts.len()
            + self.services.len()
            + config.env.len()
            + config.labels.len()
            + config.annotations.len()
            + config.ports.len()
            + config.secrets.len()
    }

    /// Reads other nodes in the stead of these.
    pub(crate) fn redirect(&mut self, to: &BTreeMap<NodeId, NodeId>) {
        let redirect = |node: &mut NodeId| *node = to.get(node).copied().unwrap_or(*node);
        redirect(&mut self.root.node);
        for mount in &mut self.mounts {
            if let Mounted::Tree(source) | Mounted::File(source) = &mut mount.shown {
                redirect(&mut source.node);
            }
        }
        self.services.iter_mut().for_each(|binding| redirect(&mut binding.service.node));
        if !self.config.secrets.is_empty() {
            for given in &mut self.config.secrets {
                redirect(&mut given.secret.node);
                if let SecretGiven::Login { username: Arg::Output(output), .. } = &mut given.given {
                    redirect(&mut output.node);
                }
            }
        }
        if let Some(LastExec { exec, result }) = &mut self.last {
            redirect(exec);
            redirect(result);
        }
    }

    /// All its trees: what must be there when it is asked for.
    pub(crate) fn outputs(&self) -> Vec<Output> {
        let mounts = self.mounts.iter().filter_map(|mount| mount.shown.source());
        std::iter::once(self.root).chain(mounts).collect()
    }

    /// Mounts something. What it hides can never be seen again.
    pub(crate) fn add_mount(&mut self, path: String, shown: Mounted) {
        let below = format!("{path}/");
        self.mounts.retain(|mount| mount.path != path && !mount.path.starts_with(&below));
        self.mounts.push(Mount { path, shown });
    }
}

impl From<ContainerValue> for Value {
    fn from(container: ContainerValue) -> Value {
        Value::Container(Arc::new(container))
    }
}
