//! Paths in a container, and which of its trees each lies in.

use pipe_analysis::typed::{CheckedKind, Type};
use pipe_ops::pure::{join_path, normalise_path};
use pipe_ops::{Arg, Datum};

use super::Call;
use crate::error::Result;
use crate::machine::Machine;
use crate::value::{ContainerValue, Value};

/// Where a path of a container lies.
pub(super) enum Place {
    /// In the root file system.
    Root(Arg),
    /// In a mounted tree, at a path in it (empty for the tree itself).
    Mount(usize, String),
    /// It is a mounted file.
    MountedFile(usize),
}

impl ContainerValue {
    /// The folder that relative paths are relative to.
    pub(crate) fn workdir(&self) -> &str {
        self.config.workdir.as_deref().unwrap_or("/")
    }

    /// A path of a user, absolute and normalised.
    pub(super) fn absolute(&self, path: &str) -> String {
        match join_path(self.workdir(), path) {
            path if path.starts_with('/') => path,
            path => normalise_path(&format!("/{path}")),
        }
    }

    /// Finds the tree of an absolute path. The last mount that covers a path hides the others.
    pub(super) fn locate(&self, path: &str) -> Place {
        for (index, mount) in self.mounts.iter().enumerate().rev() {
            if path == mount.path && mount.is_file {
                return Place::MountedFile(index);
            }
            let below = if mount.path == "/" { Some(path) } else { path.strip_prefix(mount.path.as_str()) };
            match below {
                Some("") => return Place::Mount(index, String::new()),
                Some(rest) if rest.starts_with('/') => {
                    return Place::Mount(index, rest.trim_start_matches('/').to_owned());
                }
                _ => {}
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
            Value::Text(path) => Ok(container.locate(&container.absolute(path))),
            Value::Symbolic(path) if container.mounts.is_empty() => {
                let site = call.site(self);
                let args = vec![Arg::Const(Datum::text(container.workdir())), Arg::Output(path.output)];
                let joined = self.apply_args("Path.join", args, &Type::Checked(CheckedKind::Path), &site)?;
                Ok(Place::Root(self.arg(&joined, &site)?))
            }
            _ => Err(call.unusable(self, index)),
        }
    }
}
