//! A command with everything it depends on known.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::{
    Arg, CacheVolume, Datum, Digest, Exec, Limits, Mounted, Node, Preimage, ResolvedExec, ResolvedGiven,
    ResolvedMount, ResolvedMounted, StepKey,
};
use pipe_store::{Store, Stored};

use super::super::{Inputs, content, tree::over_base};
use super::confidential;
use super::stale::Stale;
use super::surroundings::{self, Surroundings};
use crate::failure::Cause;
use crate::results::ExecResult;
use crate::services::{PreparedBinding, bindings};
use crate::session::SessionState;
use crate::{
    HeldSecret, MountSource, MountSpec, ServiceLink, StepSpec, TreeValue, Value, VolumeSpec, describe,
};

/// Bytes that one argument or variable may have. The kernel takes 128 KiB; what is below that is left for the name.
pub(super) const ARGUMENT_LIMIT: usize = 100 << 10;

/// Bytes that all arguments and variables together may have.
const ARGUMENTS_LIMIT: usize = 1 << 20;

/// A command that is ready to run, or to be looked up.
pub(crate) struct PreparedExec {
    pub(crate) name: Arc<str>,
    pub(crate) key: StepKey,
    pub(crate) preimage: Preimage,
    pub(crate) root: TreeValue,
    pub(crate) mounts: Vec<PreparedMount>,
    /// Services that it is bound to.
    pub(crate) services: Vec<PreparedBinding>,
    resolved: ResolvedExec,
    /// Variables that are no part of the key.
    volatile: BTreeMap<String, String>,
    /// Its secrets, as it is given them.
    secrets: Vec<(ResolvedGiven, HeldSecret)>,
    timeout: Option<Duration>,
    /// How many times it is run again at most while it does not succeed.
    pub(super) retries: u32,
    pub(super) limits: Limits,
    /// The oldest result that is used.
    fresh: Option<Duration>,
    shell: Option<String>,
    /// The signal that asks it to end, if it is a service.
    pub(crate) stop_signal: u8,
}

/// Something shown at a path.
pub(crate) struct PreparedMount {
    pub(crate) path: String,
    pub(crate) shown: Shown,
}

/// What a mount shows.
pub(crate) enum Shown {
    /// A tree or a file.
    Value(Value),
    Cache(CacheVolume),
    Tmpfs(Option<u64>),
}

/// Resolves a command's inputs.
///
/// # Errors
/// When a computed argument cannot be one: too long, or with a NUL byte.
pub(crate) fn prepare(
    store: &Store,
    node: &Node,
    exec: &Exec,
    inputs: &Inputs,
) -> Result<PreparedExec, Cause> {
    let root = inputs.tree(exec.root)?.clone();
    let mounts = exec.mounts.iter().map(|mount| {
        let shown = match &mount.shown {
            Mounted::Tree(source) | Mounted::File(source) => Shown::Value(inputs.get(*source)?.clone()),
            Mounted::Cache(volume) => Shown::Cache(volume.clone()),
            Mounted::Tmpfs { size } => Shown::Tmpfs(*size),
        };
        Ok(PreparedMount { path: mount.path.clone(), shown })
    });
    let mounts: Vec<PreparedMount> = mounts.collect::<Result<_, Cause>>()?;
    let set = exec.env.iter().map(|(name, arg)| Ok((name.to_string(), inputs.text(arg)?.to_owned())));
    let set = set.collect::<Result<BTreeMap<_, _>, Cause>>()?;
    let Surroundings { mut env, workdir, user, stop_signal } =
        surroundings::of(store, exec, &root, set, inputs)?;
    let volatile = exec.volatile_env.iter().filter_map(|name| env.remove_entry(name)).collect();
    let services = bindings(exec, inputs)?;
    let secrets = confidential::given(exec, inputs)?;
    confidential::take_out(&secrets, &mut env);
    let resolved = ResolvedExec {
        base: root.base,
        root: root.tree.digest.0,
        mounts: mounts.iter().map(resolved_mount).collect::<Result<_, _>>()?,
        argv: argv(inputs, &exec.argv)?,
        env,
        workdir,
        user,
        platform: exec.platform.to_string(),
        network: exec.network,
        stdin: exec.stdin.as_ref().map(|arg| inputs.text(arg).map(str::to_owned)).transpose()?,
        services: services.iter().map(PreparedBinding::resolved).collect(),
        secrets: confidential::resolved(exec, &secrets)?,
        ssh_agent: exec.ssh_agent,
        allow_secret_in: exec.allow_secret_in.clone(),
        privileged: exec.privileged,
    };
    check_sizes(&resolved, &volatile)?;
    let preimage = resolved.preimage();
    Ok(PreparedExec {
        name: describe::name(node),
        key: preimage.key(),
        preimage,
        root,
        mounts,
        services,
        resolved,
        volatile,
        secrets,
        timeout: node.hints.timeout.map(duration),
        retries: node.hints.retries,
        limits: node.hints.limits,
        fresh: node.hints.fresh.map(duration),
        shell: node.hints.shell.as_deref().map(str::to_owned),
        stop_signal,
    })
}

fn duration(nanoseconds: i64) -> Duration {
    Duration::from_nanos(nanoseconds.max(0).unsigned_abs())
}

fn resolved_mount(mount: &PreparedMount) -> Result<ResolvedMount, Cause> {
    let shown = match &mount.shown {
        Shown::Value(value) => {
            let (file_mode, base) = match value {
                Value::File(file) => (Some(file.mode), None),
                Value::Tree(tree) if !tree.is_whole() => return Err(over_base("mounted")),
                Value::Tree(tree) => (None, tree.base),
                Value::Datum(_) | Value::Service(_) | Value::Secret(_) => (None, None),
            };
            ResolvedMounted::Content { content: content(value)?, file_mode, base }
        }
        Shown::Cache(volume) => {
            ResolvedMounted::Cache { name: volume.name.clone(), group: volume.group.clone() }
        }
        Shown::Tmpfs(_) => ResolvedMounted::Tmpfs,
    };
    Ok(ResolvedMount { path: mount.path.clone(), shown })
}

/// Texts as they are, lists of texts flattened.
pub(crate) fn argv(inputs: &Inputs, args: &[Arg]) -> Result<Vec<String>, Cause> {
    let mut argv = Vec::with_capacity(args.len());
    for arg in args {
        match inputs.datum(arg)? {
            Datum::Text(text) => argv.push(text.to_string()),
            Datum::List(items) => {
                for item in items {
                    let text = item.as_text().ok_or_else(|| Cause::machine("an argument is not a text"))?;
                    argv.push(text.to_owned());
                }
            }
            _ => return Err(Cause::machine("an argument is not a text")),
        }
    }
    if argv.is_empty() {
        return Err(Cause::pipeline("the command is an empty list: name a program"));
    }
    Ok(argv)
}

/// Values that only running gave can be anything; those known earlier were checked where they are written.
fn check_sizes(exec: &ResolvedExec, volatile: &BTreeMap<String, String>) -> Result<(), Cause> {
    let arguments = exec.argv.iter().enumerate().map(|(at, text)| (format!("argument {at}"), text));
    let variables =
        exec.env.iter().chain(volatile).map(|(name, text)| (format!("the variable `{name}`"), text));
    let mut total = 0usize;
    for (what, text) in arguments.chain(variables) {
        total = total.saturating_add(text.len());
        if text.contains('\0') {
            return Err(Cause::pipeline(format!("{what} holds a NUL byte, which no program can be given")));
        }
        if text.len() > ARGUMENT_LIMIT {
            let (len, limit) = (text.len() >> 10, ARGUMENT_LIMIT >> 10);
            return Err(too_large(format!(
                "{what} has {len} KiB, a program can be given at most {limit} KiB"
            )));
        }
    }
    if total > ARGUMENTS_LIMIT {
        return Err(too_large("all arguments and variables together have more than 1 MiB".into()));
    }
    Ok(())
}

fn too_large(reason: String) -> Cause {
    Cause::pipeline(reason).help("put it in a file with `.write(path, text)`, or give it by `stdin:`")
}

impl PreparedExec {
    /// Under a key that nothing else has or will have: a command that is run for what it does to the world.
    pub(crate) fn once(self) -> PreparedExec {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos());
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let unique = format!("once {:?} {now} {} {next}", self.key, std::process::id());
        self.under(StepKey(Digest::of(unique.as_bytes())))
    }

    /// Under another key: that of a command that ran for what it does to the world.
    pub(crate) fn under(self, key: StepKey) -> PreparedExec {
        PreparedExec { key, ..self }
    }

    /// The stored result, if there is one that is whole.
    pub(crate) fn look_up(&self, store: &Store) -> Result<Option<ExecResult>, Cause> {
        let record = store.lookup_step(self.key)?;
        Ok(record.and_then(|record| ExecResult::from_record(self.key, record, &self.root, &self.mounts)))
    }

    /// The cache volumes that it mounts, in order.
    pub(super) fn volumes(&self) -> impl Iterator<Item = &CacheVolume> {
        self.mounts.iter().filter_map(|mount| match &mount.shown {
            Shown::Cache(volume) => Some(volume),
            Shown::Value(_) | Shown::Tmpfs(_) => None,
        })
    }

    /// Whether its result may come from a cache of others, or go into one: not where its age counts, which such a cache does not tell, nor
    /// where secrets may be in it, or make its key one that no other store has.
    pub(super) fn is_shared(&self) -> bool {
        self.fresh.is_none() && !self.preimage.may_hold_secrets() && !self.lacks_common_key()
    }

    /// Whether a secret counts in its key in a way that no other store does.
    pub(super) fn lacks_common_key(&self) -> bool {
        let mut secrets = self.resolved.secrets.iter().zip(&self.secrets);
        secrets.any(|(resolved, (_, secret))| {
            resolved.value.is_some() && secret.get().is_ok_and(|secret| !secret.is_common())
        })
    }

    /// The trees and files that are mounted, in order; `None` for what is neither.
    pub(crate) fn shown(&self) -> Vec<Option<Stored>> {
        let shown = self.mounts.iter().map(|mount| match &mount.shown {
            Shown::Value(value) => value.stored(),
            Shown::Cache(_) | Shown::Tmpfs(_) => None,
        });
        shown.collect()
    }

    /// Every tree and file that it sees, by path, the root first.
    pub(super) fn seen(&self) -> Vec<(String, Stored)> {
        let root = Stored::Tree((*self.root.tree).clone());
        let mounts = self.mounts.iter().filter_map(|mount| match &mount.shown {
            Shown::Value(value) => Some((mount.path.clone(), value.stored()?)),
            Shown::Cache(_) | Shown::Tmpfs(_) => None,
        });
        std::iter::once(("/".to_owned(), root)).chain(mounts).collect()
    }

    /// The user whose cache volumes it mounts, and the platform.
    pub(super) fn volume_user(&self) -> (&str, &str) {
        let user = self.resolved.user.as_deref().and_then(|user| user.split(':').next());
        let user = user.filter(|user| !user.is_empty() && *user != "root").unwrap_or("0");
        (user, &self.resolved.platform)
    }

    /// What a backend is to run, with the run's working folder, its cache volumes in order and the services that it reaches.
    pub(crate) async fn spec(
        &self,
        work: PathBuf,
        volumes: Vec<VolumeSpec>,
        session: &SessionState,
        services: Vec<ServiceLink>,
    ) -> Result<StepSpec, Cause> {
        let network = &session.network;
        let mut volumes = volumes.into_iter();
        let mounts = self.mounts.iter().map(|mount| {
            let source = match &mount.shown {
                Shown::Value(Value::Tree(tree)) => MountSource::Tree(tree.tree.layers.clone()),
                Shown::Value(Value::File(file)) => MountSource::File(file.clone()),
                Shown::Value(other @ (Value::Datum(_) | Value::Service(_) | Value::Secret(_))) => {
                    return Err(Cause::machine(format!("{} cannot be mounted", other.kind())));
                }
                Shown::Cache(_) => {
                    let volume = volumes.next();
                    MountSource::Volume(volume.ok_or_else(|| Cause::machine("a cache volume was not taken"))?)
                }
                Shown::Tmpfs(size) => MountSource::Tmpfs { size: *size },
            };
            Ok(MountSpec { path: mount.path.clone(), source })
        });
        let mut env = self.resolved.env.clone();
        env.extend(self.volatile.clone());
        for (name, value) in network.variables(self.resolved.network) {
            env.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        let agent = session.context.engine.options.ssh_agent.as_deref();
        let secrets = confidential::for_step(&self.resolved, &self.secrets, agent, &mut env)?;
        Ok(StepSpec {
            name: self.name.to_string(),
            work,
            base: self.root.base(),
            root: self.root.tree.layers.clone(),
            mounts: mounts.collect::<Result<_, _>>()?,
            argv: self.resolved.argv.clone(),
            env,
            workdir: self.resolved.workdir.clone(),
            user: self.resolved.user.clone(),
            network: network.of(self.resolved.network).await?,
            certificates: network.certificates(self.resolved.network),
            stdin: self.resolved.stdin.clone().map(String::into_bytes),
            timeout: self.timeout,
            limits: self.limits,
            platform: self.resolved.platform.clone(),
            shell: self.shell.clone(),
            services,
            secrets,
            privileged: self.resolved.privileged,
            keeps_when_killed: false,
        })
    }

    /// Why a result is too old to be used, if it is.
    pub(crate) fn stale(&self, result: &ExecResult) -> Option<Stale> {
        Stale::of(result.created, self.fresh?)
    }

    /// The name of a secret, by its place among those that must not be in what it leaves.
    pub(super) fn secret_name(&self, index: usize) -> &str {
        self.secrets.get(index).map_or("?", |(_, secret)| secret.name())
    }

    /// The shell of the script that it is, if it is one.
    pub(super) fn shell(&self) -> Option<&str> {
        self.shell.as_deref()
    }

    pub(super) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }
}
