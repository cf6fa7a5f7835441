//! What the lints say about one item.

use super::frame::{Frame, Seen, in_prelude};
use super::{key, scan, script, secret_env, volume};
use crate::db::{Db, ItemNode};
use crate::infer::infer;
use crate::place::{Finding, Place};
use crate::typed::{Expr, ExprKind, Global};

/// What the lints say about an item, and what they note for the package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemLints {
    pub(crate) findings: Vec<Finding>,
    /// Images that are named by a constant.
    pub(crate) images: Vec<(String, Place)>,
    /// Cache volumes of containers for a platform that is constant.
    pub(crate) volumes: Vec<Volume>,
}

/// A cache volume with the platform of what uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Volume {
    pub(crate) name: String,
    pub(crate) platform: String,
    pub(crate) place: Place,
}

/// A call of an operation of the prelude.
pub(crate) struct Operation<'c, 'db> {
    pub(crate) frame: &'c Frame<'db>,
    pub(crate) function: &'db Global,
    pub(crate) args: &'db [Option<Expr>],
}

impl<'db> Operation<'_, 'db> {
    pub(crate) fn name(&self) -> &'db str {
        &self.function.name
    }

    /// An argument by its index.
    pub(crate) fn arg(&self, index: usize) -> Option<Seen<'db>> {
        Some(self.frame.see(self.args.get(index)?.as_ref()?))
    }

    /// An argument by its name.
    pub(crate) fn named(&self, name: &str) -> Option<&'db Expr> {
        super::frame::argument(self.frame.db, self.function, self.args, name)
    }

    pub(crate) fn place(&self, expr: &Expr) -> Place {
        self.frame.node.place(self.frame.db, expr.span)
    }
}

/// What the lints say about an item.
#[salsa::tracked]
pub(crate) fn item_lints<'db>(db: &'db dyn Db, node: ItemNode<'db>) -> ItemLints {
    let mut out = ItemLints::default();
    if node.broken(db) {
        return out;
    }
    for body in infer(db, node).bodies.each() {
        let frame = Frame::of(db, node, body);
        let mut scripts = script::Scripts::new(db, node);
        body.expr.walk(&mut |expr| {
            scripts.meet(expr);
            let ExprKind::Call { function, args, .. } = &expr.kind else { return };
            if in_prelude(function) {
                operation(&Operation { frame: &frame, function, args }, &mut scripts, &mut out);
            }
        });
        scripts.finish(&mut out.findings);
    }
    out
}

fn operation<'db>(call: &Operation<'_, 'db>, scripts: &mut script::Scripts<'db>, out: &mut ItemLints) {
    match call.name() {
        "image" => {
            if let Some(reference) = call.arg(0)
                && let Some(text) = reference.text()
            {
                out.images.push((text, call.place(reference.expr)));
            }
        }
        "Container.env" | "Container.volatile_env" | "Container.envs" => {
            secret_env::look(call, &mut out.findings)
        }
        "Container.cache" => volume::look(call, out),
        "Container.run" | "Container.check" | "Container.perform" | "Container.service" => {
            scripts.called(call);
            if matches!(call.name(), "Container.run" | "Container.check") {
                scan::look(call, &mut out.findings);
                key::look(call, &mut out.findings);
            }
            script::look_at_words(call, &mut out.findings);
        }
        _ => {}
    }
}
