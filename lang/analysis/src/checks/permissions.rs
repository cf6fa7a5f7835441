//! A dependency does what its manifest says, and no more: effects, secrets, the network of its steps.

use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::Span;

use super::data;
use crate::db::{Db, ItemNode, PackageFacts, Role, in_std, item_of, module_of};
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
    /// Secrets come in through parameters and fields, also of the functions that are given away, and through nothing else.
    fn secrets(&mut self) {
        let db = self.db;
        match &signature(db, self.node).signature {
            Signature::Function(function) => {
                self.named(&function.params);
                self.given(&function.global.name, &function.ret, function.name);
            }
            Signature::Value(value) => self.given(&value.global.name, &value.ty, value.name),
            Signature::Record(record) => self.named(&record.fields),
            Signature::Enum(item) => item.variants.iter().for_each(|variant| self.named(&variant.payload)),
            Signature::None => {}
        }
    }

    /// A function that is given away and takes a secret.
    fn given(&mut self, name: &str, ty: &Type, span: Span) {
        let takes = |ty: &Type| match ty {
            Type::Function { params, .. } => {
                params.iter().any(|param| holds_secret(self.db, self.package, param)).then_some(())
            }
            _ => None,
        };
        let takes_secret =
            data::first_part(ty, &|ty| given_parts(self.db, self.package, ty), &takes).is_some();
        if takes_secret && !self.package.permissions.secrets.iter().any(|declared| **declared == *name) {
            let message = format!("takes a secret by the function that `{name}` gives");
            self.report(&message, &format!("secrets = [\"{name}\"]"), span);
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
                if &*function.name == "decode" && in_std(self.db, &function.module) {
                    self.read(&expr.ty, expr.span);
                }
            }
            ExprKind::Parse { .. } => self.read(&expr.ty, expr.span),
            ExprKind::Variant { r#enum, variant, .. } if is_network(r#enum) => {
                let name = self.variant(r#enum, *variant);
                self.network(name.as_deref(), expr.span);
            }
            // `Host` is one of them.
            ExprKind::AllVariants(r#enum) if is_network(r#enum) => self.network(Some("Host"), expr.span),
            _ => {}
        }
    }

    /// A text that is read may say anything, `host` too.
    fn read(&mut self, ty: &Type, span: Span) {
        let network = |ty: &Type| matches!(ty, Type::Enum(global, _) if is_network(global)).then_some(());
        if data::first_part(ty, &|ty| parts(self.db, ty), &network).is_some() {
            self.network(Some("Host"), span);
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
    let but_own = |ty: &Type| match ty {
        Type::Record(global, args) | Type::Enum(global, args) if is_own(db, package, global) => args.to_vec(),
        _ => parts(db, ty),
    };
    let secret = |ty: &Type| matches!(ty, Type::Opaque(global, _) if &*global.name == "Secret").then_some(());
    data::first_part(ty, &but_own, &secret).is_some()
}

/// What values of a type can give to who gets one from this package. What its own records and enums hold is declared where they
/// are, unless only an argument makes it a secret: the `fn(T)` of a `Held[Secret]`.
fn given_parts(db: &dyn Db, package: &Arc<PackageFacts>, ty: &Type) -> Vec<Type> {
    match ty {
        Type::Record(global, args) | Type::Enum(global, args)
            if is_own(db, package, global) && !args.iter().any(|arg| holds_secret(db, package, arg)) =>
        {
            args.to_vec()
        }
        _ => parts(db, ty),
    }
}

/// Whether a record or an enum is declared by this package.
fn is_own(db: &dyn Db, package: &Arc<PackageFacts>, global: &Global) -> bool {
    let module = module_of(db, &global.module).filter(|module| module.role(db) == Role::Dependency);
    module.is_some_and(|module| module.package(db).name == package.name)
}

/// What values of a type can give.
fn parts(db: &dyn Db, ty: &Type) -> Vec<Type> {
    match ty {
        Type::Opaque(_, args) => args.to_vec(),
        Type::Action(result) => vec![(**result).clone()],
        Type::Function { params, ret } => params.iter().chain([&**ret]).cloned().collect(),
        Type::Record(_, args) | Type::Enum(_, args) => [args.to_vec(), data::parts(db, ty)].concat(),
        _ => data::parts(db, ty),
    }
}
