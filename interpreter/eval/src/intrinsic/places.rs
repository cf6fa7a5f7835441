//! Paths in a container, and which of its trees each lies in.

use pipe_analysis::typed::{CheckedKind, Type};
use pipe_ops::pure::{join_path, normalise_path};
use pipe_ops::{Arg, Mounted};

use super::Call;
use crate::error::{self, EvalError, Result};
use crate::machine::{Machine, Site};
use crate::value::{ContainerValue, Value};

/// Where a path of a container lies.
pub(super) enum Place {
    /// In the root file system.
    Root(Arg),
    /// In a mounted tree, at a path in it (empty for the tree itself).
    Mount(usize, String),
    /// It is a mounted file.
    MountedFile(usize),
    /// In this, which is neither an input nor a result.
    Apart(String),
}

impl ContainerValue {
    /// The folder that relative paths are relative to. Of an image that says more than the pipeline it is itself relative: seen from
    /// the image's own.
    pub(crate) fn workdir(&self) -> &str {
        let own = if self.image().is_some() { "." } else { "/" };
        self.config.workdir.as_deref().unwrap_or(own)
    }

    /// A path of a user, normalised; absolute, unless only the image says what it is relative to.
    pub(super) fn absolute(&self, path: &str) -> String {
        match join_path(self.workdir(), path) {
            path if path.starts_with('/') || self.image().is_some() => path,
            path => normalise_path(&format!("/{path}")),
        }
    }

    /// Finds the tree of an absolute path. The last mount that covers a path hides the others.
    pub(super) fn locate(&self, path: &str) -> Place {
        for (index, mount) in self.mounts.iter().enumerate().rev() {
            let below = path.strip_prefix(mount.path.as_str());
            let Some(rest) = below.filter(|rest| rest.is_empty() || rest.starts_with('/')) else { continue };
            match &mount.shown {
                Mounted::Tree(_) => return Place::Mount(index, rest.trim_start_matches('/').to_owned()),
                Mounted::File(_) if rest.is_empty() => return Place::MountedFile(index),
                Mounted::File(_) => {}
                Mounted::Cache(volume) => return Place::Apart(format!("the cache volume `{}`", volume.name)),
                Mounted::Tmpfs { .. } => return Place::Apart(format!("the tmpfs at `{}`", mount.path)),
            }
        }
        Place::Root(Arg::text(path))
    }
}

impl Machine {
    /// Where the path in an argument lies. A path that is known only later can be looked up where nothing is mounted.
    pub(super) fn place_of(
        &mut self,
        container: &ContainerValue,
        call: &Call<'_>,
        index: usize,
    ) -> Result<Place> {
        match call.arg(index)? {
            Value::Text(path) => {
                let known = container.absolute(path);
                if container.config.has_secret_file(&known) {
                    let message = format!("`{path}` holds a secret, which steps read and nothing else does");
                    return Err(error::invalid(message, call.arg_place(index)));
                }
                if known.starts_with('/') {
                    return match container.locate(&known) {
                        Place::Apart(what) => Err(apart(path, &what, call, index)),
                        place => Ok(place),
                    };
                }
                if !container.mounts.is_empty() {
                    return Err(unknown_workdir(call, index));
                }
                self.below_workdir(container, Arg::text(path.clone()), call)
            }
            Value::Symbolic(path) if container.mounts.is_empty() => {
                self.below_workdir(container, Arg::Output(path.output), call)
            }
            _ => Err(call.unusable(self, index)),
        }
    }

    /// A path that has to be known before anything runs.
    pub(super) fn known_path(
        &mut self,
        container: &ContainerValue,
        call: &Call<'_>,
        index: usize,
    ) -> Result<String> {
        let path = container.absolute(&call.text(self, index)?);
        if path.starts_with('/') { Ok(path) } else { Err(unknown_workdir(call, index)) }
    }

    /// Paths that have to be known before anything runs.
    pub(super) fn known_paths(
        &self,
        container: &ContainerValue,
        call: &Call<'_>,
        index: usize,
    ) -> Result<Vec<String>> {
        let paths = call.texts(self, index)?;
        let paths = paths.iter().map(|path| container.absolute(path));
        paths
            .map(|path| if path.starts_with('/') { Ok(path) } else { Err(unknown_workdir(call, index)) })
            .collect()
    }

    fn below_workdir(&mut self, container: &ContainerValue, path: Arg, call: &Call<'_>) -> Result<Place> {
        let site = call.site(self);
        let workdir = self.workdir_of(container, &site)?;
        self.join(workdir, path, &site).map(Place::Root)
    }

    /// The working folder, absolute.
    pub(super) fn workdir_of(&mut self, container: &ContainerValue, site: &Site) -> Result<Arg> {
        let known = Arg::text(container.workdir());
        match container.image() {
            Some(image) if !container.workdir().starts_with('/') => {
                let args = vec![Arg::Output(image)];
                let own = self.apply_args("image.workdir", args, &Type::Checked(CheckedKind::Path), site)?;
                let own = self.arg(&own, site)?;
                if container.workdir() == "." { Ok(own) } else { self.join(own, known, site) }
            }
            _ => Ok(known),
        }
    }

    pub(super) fn join(&mut self, folder: Arg, path: Arg, site: &Site) -> Result<Arg> {
        let args = vec![folder, path];
        let joined = self.apply_args("Path.join", args, &Type::Checked(CheckedKind::Path), site)?;
        self.arg(&joined, site)
    }
}

/// Where a relative path leads is the image's to say, and that comes too late here.
fn unknown_workdir(call: &Call<'_>, index: usize) -> Box<EvalError> {
    let message = "this path is relative to the image's own working folder, which is known only when the image was fetched";
    error::invalid(message, call.arg_place(index))
        .help("give an absolute path, or say `.workdir(\"/…\")` before")
}

/// What is in a cache volume or in memory exists for steps only.
fn apart(path: &str, what: &str, call: &Call<'_>, index: usize) -> Box<EvalError> {
    let message = format!("`{path}` lies in {what}, which only steps read and write");
    let help =
        "copy it inside the step, out to a folder of the container such as `/out`, and take it from there";
    error::invalid(message, call.arg_place(index)).help(help)
}
