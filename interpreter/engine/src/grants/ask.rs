//! What ops ask for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pipe_ops::address::is_public;
use pipe_ops::{Act, Arg, Mounted, Network, NodeId, Op, Origin};

use super::grant::{Grant, SecretPlace, flag_of};
use super::path::written;
use crate::remote_address::RemoteAddress;

/// Something that a package asks for and was not granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: allow it with `{}`", self.flag())]
pub struct MissingGrant {
    /// What would grant it.
    pub grant: Grant,
    /// What happened, as the pipeline names things: `` `../x` is outside the package ``.
    pub what: String,
    /// The nodes that ask for it; none for a setting.
    pub nodes: Vec<NodeId>,
    /// Where that is written.
    pub origins: Vec<Origin>,
}

impl MissingGrant {
    /// The flag that grants it.
    pub fn flag(&self) -> String {
        self.grant.flag()
    }

    /// The flag that grants all of these.
    pub fn flag_of_all(all: &[MissingGrant]) -> String {
        let grants: Vec<Grant> = all.iter().map(|missing| missing.grant.clone()).collect();
        flag_of(&grants)
    }
}

/// What of a host path an op reads, if it reads one. The host's toolchain needs no grant.
fn host_path(op: &Op) -> Option<&str> {
    match op {
        Op::HostDir(dir) => Some(&dir.path),
        Op::HostFile { path } => Some(path),
        _ => None,
    }
}

/// Where paths of a pipeline start.
pub(super) struct Places<'a> {
    /// The package's folder, links followed.
    pub(super) package: &'a Path,
    /// What `~` is.
    pub(super) home: Option<&'a Path>,
}

/// What an op asks for beyond the package's own folder, each with what happened in words.
pub(super) fn asked(op: &Op, places: &Places<'_>) -> Vec<(Grant, String)> {
    match op {
        Op::HostDir(_) | Op::HostFile { .. } => {
            let outside = host_path(op).and_then(|path| Some((path, outside(path, places)?)));
            let ask = |(path, real)| (Grant::File(real), format!("`{path}` is outside the package"));
            outside.map(ask).into_iter().collect()
        }
        Op::Http { url, .. } | Op::Checkout { url, .. } => {
            let is_git = matches!(op, Op::Checkout { .. });
            text(url).map(|url| of_url(url, is_git)).unwrap_or_default()
        }
        Op::HostEnv { name } => {
            vec![(Grant::Env(name.clone()), format!("the package reads the variable `{name}`"))]
        }
        Op::HostSecret { source } => {
            let place = SecretPlace::parse(source, places.package, places.home);
            let ask = |place| (Grant::Secret(place), format!("the package uses the secret `{source}`"));
            place.map(ask).into_iter().collect()
        }
        Op::Effect(effect) => match &effect.act {
            Act::Export { path, .. } => {
                let what = || format!("`{path}`, which is written, is outside the package");
                outside(path, places).map(|real| (Grant::Export(real), what())).into_iter().collect()
            }
            Act::Load { .. } => of_operation("load").into_iter().collect(),
            _ => of_command(op),
        },
        Op::Exec(_) | Op::Service(_) | Op::Breakpoint(_) => of_command(op),
        Op::Declared { operation, .. } => of_operation(operation).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn text(arg: &Arg) -> Option<&str> {
    match arg {
        Arg::Const(datum) => datum.as_text(),
        Arg::Output(_) => None,
    }
}

/// What fetching from a URL asks for, as far as the URL itself tells: what a name leads to shows when it is connected to.
fn of_url(url: &str, is_git: bool) -> Vec<(Grant, String)> {
    let Some(remote) = RemoteAddress::parse(url) else { return Vec::new() };
    let mut asked = Vec::new();
    if remote.local().is_some_and(|address| !is_public(address)) {
        let what = format!("`{}` is no public address", remote.host);
        asked.push((Grant::Net(remote.place()), what));
    }
    if is_git && remote.scheme == "ssh" {
        let what = format!("the package reads a repository of `{}` with your keys", remote.host);
        asked.push((Grant::Git(remote.host.clone()), what));
    }
    asked
}

/// What a command asks for.
fn of_command(op: &Op) -> Vec<(Grant, String)> {
    let Some(exec) = op.command() else { return Vec::new() };
    let mut asked = Vec::new();
    if exec.network == Network::Host {
        asked.push((Grant::Net("host".to_owned()), "the step uses the host's own network".to_owned()));
    }
    if exec.ssh_agent {
        asked.push((Grant::SshAgent, "the step uses your SSH agent".to_owned()));
    }
    if exec.privileged {
        asked.push((Grant::Privileged, "the step is privileged".to_owned()));
    }
    let groups = exec.mounts.iter().filter_map(|mount| match &mount.shown {
        Mounted::Cache(volume) => volume.group.as_ref(),
        _ => None,
    });
    asked.extend(groups.collect::<BTreeSet<_>>().into_iter().map(|group| {
        let what = format!("the step uses a cache volume that every package of the group `{group}` writes");
        (Grant::Volume(group.clone()), what)
    }));
    asked
}

/// Operations that reach outside, by name.
fn of_operation(operation: &str) -> Option<(Grant, String)> {
    match operation {
        "load" => Some((Grant::Load, "the package puts an image into the local container engine".to_owned())),
        _ => None,
    }
}

/// Where a path of the pipeline is, if that is not in the package.
fn outside(path: &str, places: &Places<'_>) -> Option<PathBuf> {
    let real = written(path, places.package, None);
    (!real.starts_with(places.package)).then_some(real)
}
