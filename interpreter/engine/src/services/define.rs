//! What a service is, with everything that it depends on known.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use pipe_ops::{Digest, Exec, Node, NodeId, Origin, Preimage, ResolvedBinding, Service};
use pipe_store::Store;
use tokio::sync::Mutex;

use super::instance::Instance;
use crate::failure::Cause;
use crate::steps::Inputs;
use crate::steps::exec::{PreparedExec, argv, prepare};
use crate::{Value, describe};

/// A service, not necessarily running. Two of one definition are equal.
pub struct ServiceValue {
    pub(super) node: NodeId,
    pub(super) name: Arc<str>,
    pub(super) origin: Option<Origin>,
    pub(super) step: PreparedExec,
    /// The command that tells whether it is ready, and the variables that it has beside the service's own.
    pub(super) ready: Option<(Vec<String>, BTreeMap<String, String>)>,
    pub(super) ports: Vec<u16>,
    pub(super) shared: bool,
    definition: Digest,
    /// Of a shared one: what all use.
    pub(super) instance: Mutex<Option<Arc<Instance>>>,
}

/// A service that a command is bound to.
pub(crate) struct PreparedBinding {
    pub(crate) alias: String,
    pub(crate) service: Arc<ServiceValue>,
    pub(crate) localhost: bool,
}

impl PartialEq for ServiceValue {
    fn eq(&self, other: &ServiceValue) -> bool {
        self.definition == other.definition
    }
}

impl Eq for ServiceValue {}

impl fmt::Debug for ServiceValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceValue")
            .field("name", &self.name)
            .field("definition", &self.definition)
            .finish()
    }
}

impl ServiceValue {
    /// Everything that it is, without what it is called and where it was made.
    pub fn definition(&self) -> Digest {
        self.definition
    }
}

/// Resolves a service's inputs. Nothing is started.
///
/// # Errors
/// As for a command.
pub(crate) fn define(
    store: &Store,
    id: NodeId,
    node: &Node,
    service: &Service,
    inputs: &Inputs,
) -> Result<Value, Cause> {
    let step = prepare(store, node, &service.exec, inputs)?;
    let ready = service.ready.as_ref().map(|ready| {
        let env = ready.env.iter().map(|(name, arg)| Ok((name.clone(), inputs.text(arg)?.to_owned())));
        Ok::<_, Cause>((argv(inputs, &ready.argv)?, env.collect::<Result<_, Cause>>()?))
    });
    let ready = ready.transpose()?;
    let definition = definition(&step, &ready, service).key().0;
    Ok(Value::Service(Arc::new(ServiceValue {
        node: id,
        name: describe::name(node),
        origin: node.origins.first().cloned(),
        step,
        ready,
        ports: service.ports.clone(),
        shared: service.shared,
        definition,
        instance: Mutex::default(),
    })))
}

fn definition(
    step: &PreparedExec,
    ready: &Option<(Vec<String>, BTreeMap<String, String>)>,
    service: &Service,
) -> Preimage {
    let mut preimage = Preimage::new("service").digest("command", step.key.0);
    if let Some((argv, env)) = ready {
        preimage = argv.iter().fold(preimage, |preimage, arg| preimage.text("ready", arg));
        preimage = env
            .iter()
            .fold(preimage, |preimage, (name, value)| preimage.text(format!("ready env {name}"), value));
    }
    let ports = service.ports.iter();
    let preimage = ports.fold(preimage, |preimage, port| preimage.text("port", port.to_string()));
    if service.shared { preimage.text("shared", "") } else { preimage }
}

/// The services that a command is bound to.
///
/// # Errors
/// When what stands for one is something else.
pub(crate) fn bindings(exec: &Exec, inputs: &Inputs) -> Result<Vec<PreparedBinding>, Cause> {
    let binding = |binding: &pipe_ops::Binding| match inputs.get(binding.service)? {
        Value::Service(service) => Ok(PreparedBinding {
            alias: binding.alias.clone(),
            service: service.clone(),
            localhost: binding.localhost,
        }),
        other => Err(Cause::machine(format!("{} stands where a service is needed", other.kind()))),
    };
    exec.services.iter().map(binding).collect()
}

impl PreparedBinding {
    /// As the key of the command has it.
    pub(crate) fn resolved(&self) -> ResolvedBinding {
        ResolvedBinding {
            alias: self.alias.clone(),
            definition: self.service.definition,
            localhost: self.localhost,
        }
    }
}
