//! `x.f` without a call.

use pipe_syntax::ast;

use super::Infer;
use super::context::broken;
use super::expected::Want;
use super::path::Entity;
use crate::signature::{Signature, signature};
use crate::typed::{Expr, Type};

impl<'db> Infer<'db> {
    pub(crate) fn field(
        &mut self,
        e: &ast::Expr,
        base: &ast::Expr,
        optional: bool,
        name: Option<&ast::Name>,
    ) -> Expr {
        let Some(name) = name else {
            self.unfinished(base);
            return broken(e.span);
        };
        if !optional {
            if let Some(owner) = self.type_path(base) {
                return self.field_of_type(owner, e, name);
            }
            if self.entity_of_module(base).is_some() {
                return match self.entity(e) {
                    Some(Entity::Item(node)) => self.item_value(node, e.span),
                    _ => broken(e.span),
                };
            }
        }
        let base = self.infer(base);
        if optional {
            return self.chain(base, e.span, |infer, base| infer.field_of(base, name));
        }
        self.field_of(base, name)
    }

    fn field_of(&mut self, base: Expr, name: &ast::Name) -> Expr {
        let ty = self.table.resolve(&base.ty);
        let span = base.span.to(name.span);
        if matches!(ty, Type::Error | Type::Never) {
            return broken(span);
        }
        if let Ok(field) = self.field_named(base, &ty, name) {
            return field;
        }
        self.unknown_field(&ty, name);
        broken(span)
    }

    /// `Env.Staging`, `Env.all`.
    fn field_of_type(&mut self, owner: Entity<'db>, e: &ast::Expr, name: &ast::Name) -> Expr {
        let Entity::Item(node) = owner else {
            if let Entity::Checked(kind) = owner {
                let message = format!("type `{kind}` has no `{}`", name.text);
                let found = self.error("unknown-name", message, name.span);
                self.report(found.help(format!("`{kind}.parse(text)` reads one from a text")));
            }
            return broken(e.span);
        };
        match &signature(self.db, node).signature {
            Signature::Enum(item) if name.text == "all" && item.variant("all").is_none() => {
                self.all_variants(node, e.span)
            }
            Signature::Enum(_) => self.qualified_variant(node, name, None, e.span, Want::Infer),
            _ => {
                let message = format!("type `{}` has no `{}`", node.key(self.db).name, name.text);
                self.report(self.error("unknown-name", message, name.span));
                broken(e.span)
            }
        }
    }
}
