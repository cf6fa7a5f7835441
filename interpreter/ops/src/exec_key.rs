//! The key of a command in a container.

use std::collections::BTreeMap;

use crate::{Digest, Network, Preimage};

/// An exec with everything it depends on known. Nothing else is in its key: no time limit, no name, no clock, no host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedExec {
    /// What the root stands on, when that is not nothing: the toolchain's digest.
    pub base: Option<Digest>,
    /// The root's content.
    pub root: Digest,
    /// Paths of mounts, in order, and what they show.
    pub mounts: Vec<ResolvedMount>,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// The working folder.
    pub workdir: String,
    /// `user[:group]`; the image's own when `None`.
    pub user: Option<String>,
    /// `os/arch[/variant]`.
    pub platform: String,
    /// Which network the step gets.
    pub network: Network,
    /// What it reads on standard input.
    pub stdin: Option<String>,
}

/// A mount whose content is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedMount {
    /// The absolute path.
    pub path: String,
    /// A tree's or a file's content.
    pub content: Digest,
    /// Permission bits, when it is a file.
    pub file_mode: Option<u32>,
    /// What a tree stands on, when that is not nothing.
    pub base: Option<Digest>,
}

impl ResolvedExec {
    /// What the step's key is made of.
    pub fn preimage(&self) -> Preimage {
        todo!()
    }
}
