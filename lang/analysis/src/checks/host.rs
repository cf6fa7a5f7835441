//! The outside enters through parameters only.

use pipe_syntax::{Span, ast};

use super::for_each_name;
use crate::db::{ItemNode, Role};
use crate::infer::{BodyKind, Infer};
use crate::place::{Finding, ItemTag};
use crate::scope::{Found, Names};

/// Modules of the standard library that read the outside, with what a message calls them.
const OUTSIDE: &[(&str, &str)] = &[("std/workspace", "the workspace"), ("std/host", "the host")];

fn outside(module: &str) -> Option<&'static str> {
    OUTSIDE.iter().find(|(name, _)| *name == module).map(|(_, called)| *called)
}

/// Reports a use of the outside where it cannot be read.
pub(crate) fn host_access(infer: &Infer<'_>, node: ItemNode<'_>, span: Span) -> Option<Finding> {
    let db = infer.db;
    let called = outside(&node.module(db).id(db).0)?;
    let allowed = match (infer.kind, infer.names.module.role(db)) {
        (BodyKind::CommandLine, _) | (_, Role::Std) => true,
        // In a dependency the default does not exist, so nothing is read.
        (BodyKind::Default, _) => true,
        _ => false,
    };
    let value = matches!(node.key(db).kind, ItemTag::Function | ItemTag::Let);
    if allowed || !value {
        return None;
    }
    let message = format!("{called} can be read in the default of a parameter only");
    let found = infer.error("host-access", message, span);
    Some(
        found.help(
            "take it as a parameter and make this its default, so that callers and tests can give another",
        ),
    )
}

/// Whether an expression reads the outside: in a dependency such a default does not exist.
pub(crate) fn reads_host(names: Names<'_>, e: &ast::Expr) -> bool {
    let mut reads = false;
    for_each_name(e, &mut |name| {
        if let Some(Found::Module(Some(module))) = names.value(&name.text) {
            reads |= outside(&module.id(names.db).0).is_some();
        }
    });
    reads
}
