//! What a command is shown at paths of its root.

use serde::{Deserialize, Serialize};

use crate::Output;

/// Something shown at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// The absolute path, normalised.
    pub path: String,
    /// What is shown.
    pub shown: Mounted,
}

/// What a mount shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mounted {
    /// A tree: a private writable view, left as `Slot::Mount`.
    Tree(Output),
    /// A file, likewise.
    File(Output),
    /// A folder that outlives the run. What is in it is no input and no result.
    Cache(CacheVolume),
    /// An empty folder in memory, gone with the step.
    Tmpfs {
        /// The most bytes it holds; the kernel's own limit (half of memory) when `None`.
        size: Option<u64>,
    },
}

impl Mounted {
    /// The tree or file that it is a view of.
    pub fn source(&self) -> Option<Output> {
        match self {
            Mounted::Tree(source) | Mounted::File(source) => Some(*source),
            Mounted::Cache(_) | Mounted::Tmpfs { .. } => None,
        }
    }
}

/// A cache volume, as a step asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CacheVolume {
    /// Its name. Volumes of one name in different packages are different ones.
    pub name: String,
    /// The packages that name the same group have the same volumes; without one they are the package's own.
    pub group: Option<String>,
    /// How steps share it.
    pub sharing: Sharing,
}

/// How steps share a cache volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sharing {
    /// Any number at once.
    Shared,
    /// One after the other.
    Locked,
    /// A copy each, for as long as they run.
    Private,
}
