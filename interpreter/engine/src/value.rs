//! What nodes give.

use std::sync::Arc;

use pipe_ops::{Datum, Digest};
use pipe_store::{FileRef, Stored, Tree, TreeKind};

use crate::{Base, HeldSecret, ServiceValue};

/// A value of an [`Output`](pipe_ops::Output).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A folder, or a container's root.
    Tree(TreeValue),
    /// A file.
    File(FileRef),
    /// A plain value.
    Datum(Datum),
    /// A service, not necessarily running.
    Service(Arc<ServiceValue>),
    /// A secret.
    Secret(HeldSecret),
}

/// A tree with what it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeValue {
    /// The tree of the store.
    pub tree: Arc<Tree>,
    /// The digest of the host's own tools when the tree is a difference over them.
    pub base: Option<Digest>,
}

impl TreeValue {
    /// A tree that stands for itself.
    pub(crate) fn whole(tree: Tree) -> TreeValue {
        TreeValue { tree: Arc::new(tree), base: None }
    }

    /// The same base with another tree over it.
    pub(crate) fn with_tree(&self, tree: Tree) -> TreeValue {
        TreeValue { tree: Arc::new(tree), base: self.base }
    }

    /// What a root made of it stands on.
    pub fn base(&self) -> Base {
        if self.base.is_some() { Base::Toolchain } else { Base::Scratch }
    }

    /// The tree holds all there is, without a base.
    pub fn is_whole(&self) -> bool {
        self.base.is_none() && self.tree.kind == TreeKind::Whole
    }
}

impl Value {
    /// What the store knows of it.
    pub fn stored(&self) -> Option<Stored> {
        match self {
            Value::Tree(value) => Some(Stored::Tree((*value.tree).clone())),
            Value::File(file) => Some(Stored::File(file.clone())),
            Value::Datum(_) | Value::Service(_) | Value::Secret(_) => None,
        }
    }

    /// The kind, as an error names it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Tree(_) => "a folder",
            Value::File(_) => "a file",
            Value::Datum(_) => "a plain value",
            Value::Service(_) => "a service",
            Value::Secret(_) => "a secret",
        }
    }
}
