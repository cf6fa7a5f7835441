//! A dependency does what its manifest says, and no more: effects, secrets, the network of its steps.

use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::Span;

use super::data;
use crate::db::{Db, ItemNode, PackageFacts, Role, item_of, module_of};
use crate::infer::infer;
use crate::package::{EFFECTS, NetworkPermission};
use crate::place::{Finding, ItemTag};
use crate::signature::{ParamSignature, Signature, signature};
use crate::typed::{Expr, ExprKind, Global, Type};

/// Where effects, secrets and networks are declared.
const PRELUDE: &str = "std/prelude";

/// What an item of a dependency does that its manifest does not say. Tests of a dependency are never run.
pub(super) fn undeclared_permissions(db: &dyn Db, node: ItemNode<'_>) -> Vec<Finding> {
    let module = node.module(db);
    if module.role(db) != Role::Dependency || node.key(db).kind == ItemTag::Test {
        return Vec::new();
    }
    let mut search = Search { db, node, package: module.package(db), found: Vec::new() };
    search.secrets();
    for body in infer(db, node).bodies.each() {
        body.expr.walk(&mut |expr| search.expr(expr));
    }
    search.found
}

struct Search<'db> {
    db: &'db dyn Db,
    node: ItemNode<'db>,
    package: &'db Arc<PackageFacts>,
    found: Vec<Finding>,
}

impl Search<'_> {
    /// Secrets come in through parameters and fields, and through nothing else.
    fn secrets(&mut self) {
        let db = self.db;
        match &signature(db, self.node).signature {
            Signature::Function(function) => self.named(&function.params),
            Signature::Record(record) => self.named(&record.fields),
            Signature::Enum(item) => item.variants.iter().for_each(|variant| self.named(&variant.payload)),
            Signature::Value(_) | Signature::None => {}
        }
    }

    fn named(&mut self, params: &[ParamSignature]) {
        for param in params {
            let declared = self.package.permissions.secrets.iter().any(|name| **name == *param.name);
            if !declared && holds_secret(self.db, self.package, &param.ty) {
                let message = format!("takes a secret as `{}`", param.name);
                self.report(&message, &format!("secrets = [\"{}\"]", param.name), param.span);
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Call { function, .. } | ExprKind::FunctionValue { function, .. } => {
                self.effect(function, expr.span);
            }
            ExprKind::Variant { r#enum, variant, .. } if is_network(r#enum) => {
                let name = self.variant(r#enum, *variant);
                self.network(name.as_deref(), expr.span);
            }
            // `Host` is one of them.
            ExprKind::AllVariants(r#enum) if is_network(r#enum) => self.network(Some("Host"), expr.span),
            _ => {}
        }
    }

    fn effect(&mut self, function: &Global, span: Span) {
        let name = function.name.rsplit('.').next().unwrap_or_default();
        if &*function.module.0 != PRELUDE || !EFFECTS.contains(&name) {
            return;
        }
        let Some(item) = item_of(self.db, function, &[ItemTag::Function]) else { return };
        let action = match &signature(self.db, item).signature {
            Signature::Function(function) => function.action,
            _ => false,
        };
        if action && !self.package.permissions.actions.iter().any(|declared| declared == name) {
            self.report(&format!("does `{name}`"), &format!("actions = [\"{name}\"]"), span);
        }
    }

    fn network(&mut self, variant: Option<&str>, span: Span) {
        let declared = self.package.permissions.network;
        let (what, says) = match (variant, declared) {
            (Some("Host"), NetworkPermission::Off | NetworkPermission::Outbound) => {
                ("asks for the host's own network", "network = \"host\"")
            }
            (Some("Default"), NetworkPermission::Off) => {
                ("asks for the public network", "network = \"default\"")
            }
            _ => return,
        };
        self.report(what, says, span);
    }

    fn variant(&self, r#enum: &Global, index: usize) -> Option<Arc<str>> {
        let item = item_of(self.db, r#enum, &[ItemTag::Enum])?;
        let Signature::Enum(item) = &signature(self.db, item).signature else { return None };
        item.variants.get(index).map(|variant| variant.name.clone())
    }

    fn report(&mut self, what: &str, says: &str, span: Span) {
        let message =
            format!("the package `{}` {what}, and its `pipe.toml` does not say so", self.package.name);
        let place = self.node.place(self.db, span);
        let found = Diagnostic::error("undeclared-permission", message, place);
        self.found.push(found.help(format!("its authors declare it: `{says}` under `[permissions]`")));
    }
}

fn is_network(global: &Global) -> bool {
    &*global.module.0 == PRELUDE && &*global.name == "Network"
}

/// Whether a value of a type can give a secret to this package. What its own records and enums hold is declared where they are.
fn holds_secret(db: &dyn Db, package: &Arc<PackageFacts>, ty: &Type) -> bool {
    let own = |global: &Global| {
        let module = module_of(db, &global.module).filter(|module| module.role(db) == Role::Dependency);
        module.is_some_and(|module| module.package(db).name == package.name)
    };
    let parts = |ty: &Type| match ty {
        Type::Opaque(_, args) => args.to_vec(),
        Type::Action(result) => vec![(**result).clone()],
        Type::Function { params, ret } => params.iter().chain([&**ret]).cloned().collect(),
        Type::Record(global, args) | Type::Enum(global, args) if own(global) => args.to_vec(),
        Type::Record(_, args) | Type::Enum(_, args) => [args.to_vec(), data::parts(db, ty)].concat(),
        _ => data::parts(db, ty),
    };
    let secret = |ty: &Type| matches!(ty, Type::Opaque(global, _) if &*global.name == "Secret").then_some(());
    data::first_part(ty, &parts, &secret).is_some()
}
