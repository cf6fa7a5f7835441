//! The services that one command uses, for as long as it runs.

use std::future::Future;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::death::Death;
use super::instance::{self, Instance, Wanted};
use super::{PreparedBinding, ServiceValue};
use crate::ServiceLink;
use crate::failure::Cause;
use crate::session::SessionState;

/// Running instances, one for each binding. Dropped, those that nobody else uses are stopped.
#[derive(Default)]
pub(crate) struct InUse {
    all: Vec<Used>,
}

struct Used {
    alias: String,
    instance: Arc<Instance>,
    localhost: Vec<u16>,
}

/// Why a service cannot be used.
pub(crate) enum Lost {
    /// The one who wanted it was stopped.
    Stopped,
    /// It died.
    Died {
        /// How.
        death: Death,
        /// It could be used before.
        was_ready: bool,
    },
    /// It could not be started.
    Failed(Cause),
}

impl From<Cause> for Lost {
    fn from(cause: Cause) -> Lost {
        Lost::Failed(cause)
    }
}

impl Lost {
    /// What a command fails with that is bound to it under this name; `None` when the command was stopped itself.
    pub(super) fn cause(self, alias: &str) -> Option<Cause> {
        match self {
            Lost::Stopped => None,
            Lost::Died { death, was_ready } => Some(death.cause(alias, was_ready)),
            Lost::Failed(cause) => {
                let reason = format!("its service `{alias}` could not be started: {}", cause.reason);
                Some(Cause { reason, ..cause })
            }
        }
    }
}

impl InUse {
    /// Starts what a command is bound to, all at once, and waits until it can be used.
    ///
    /// # Errors
    /// One of them cannot be had. What was started is stopped then.
    pub(crate) async fn start(
        session: &Arc<SessionState>,
        bindings: &[PreparedBinding],
        stop: &CancellationToken,
    ) -> Result<InUse, Lost> {
        // When one fails the others are not waited for.
        let give_up = stop.child_token();
        let mut starting = tokio::task::JoinSet::new();
        for (index, binding) in bindings.iter().enumerate() {
            let (session, service, give_up) = (session.clone(), binding.service.clone(), give_up.clone());
            starting.spawn(async move { (index, one(&session, &service, &give_up).await) });
        }
        let mut started: Vec<Option<Arc<Instance>>> = bindings.iter().map(|_| None).collect();
        let mut failure = None;
        while let Some(ended) = starting.join_next().await {
            let (index, instance) = ended
                .map_err(|error| Cause::machine(format!("the engine failed: {error}; please report this")))?;
            match (instance, started.get_mut(index), bindings.get(index)) {
                (Ok(instance), Some(slot), _) => *slot = Some(instance),
                (Err(lost), _, Some(binding)) if failure.is_none() => {
                    failure = lost.cause(&binding.alias);
                    give_up.cancel();
                }
                _ => {}
            }
        }
        if let Some(cause) = failure {
            return Err(Lost::Failed(cause));
        }
        let all = bindings.iter().zip(started).map(|(binding, instance)| {
            let localhost = if binding.localhost { binding.service.ports.clone() } else { Vec::new() };
            Some(Used { alias: binding.alias.clone(), instance: instance?, localhost })
        });
        all.collect::<Option<_>>().map(|all| InUse { all }).ok_or(Lost::Stopped)
    }

    /// As a backend is told of them.
    pub(crate) fn links(&self) -> Vec<ServiceLink> {
        let link = |used: &Used| ServiceLink {
            alias: used.alias.clone(),
            service: used.instance.number,
            localhost: used.localhost.clone(),
        };
        self.all.iter().map(link).collect()
    }

    /// Waits until one of them dies of something: what a command fails with that uses it. For ever where there are none.
    pub(crate) async fn one_lost(&self) -> Cause {
        let deaths = self.all.iter().map(|used| async move {
            let death = used.instance.until_dead().await;
            if death.is_quiet() {
                return std::future::pending().await;
            }
            death.cause(&used.alias, true)
        });
        first(deaths.collect()).await
    }

    /// One that is over: what a command fails with that used it. Of those that ended as programs do that have nothing more to do only
    /// where the command did not succeed.
    pub(crate) fn lost(&self, succeeded: bool) -> Option<Cause> {
        self.all.iter().find_map(|used| {
            let death = used.instance.death().filter(|death| !(death.is_quiet() && succeeded))?;
            Some(death.cause(&used.alias, true))
        })
    }
}

/// What the first of several futures gives.
async fn first<T>(futures: Vec<impl Future<Output = T>>) -> T {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(move |context| {
        let mut ready = futures.iter_mut().map(|future| future.as_mut().poll(context));
        ready.find(std::task::Poll::is_ready).unwrap_or(std::task::Poll::Pending)
    })
    .await
}

/// An instance for one command: of a shared service the one that all use.
async fn one(
    session: &Arc<SessionState>,
    service: &Arc<ServiceValue>,
    stop: &CancellationToken,
) -> Result<Arc<Instance>, Lost> {
    let wanted = || Wanted { told_as: service.node, tunnels: Vec::new() };
    if !service.shared {
        return instance::start(session, service, wanted(), stop).await;
    }
    let mut instance = service.instance.lock().await;
    if let Some(known) = &*instance {
        return match known.death() {
            // Another one would not have what the first was told.
            Some(death) => Err(Lost::Died { death, was_ready: true }),
            None => Ok(known.clone()),
        };
    }
    let started = instance::start(session, service, wanted(), stop).await?;
    Ok(instance.insert(started).clone())
}
