//! `T.parse(text)`: a text that is known only when the program runs, as a value of a type or the reason why it is none.

use pipe_syntax::{Nested, ast};

use super::context::{broken, typed};
use super::{Expected, Infer};
use crate::db::ItemNode;
use crate::signature::EnumSignature;
use crate::typed::{Expr, ExprKind, Global, ModuleId, Type, Types};

impl<'db> Infer<'db> {
    /// `Version.parse(text)`: a `Result[Version, String]`.
    pub(crate) fn parse(&mut self, target: Type, e: &ast::Expr, name: &ast::Name, args: &[ast::Arg]) -> Expr {
        let [ast::Arg { name: None, value }] = args else {
            self.args_silently(args);
            let message = format!("`{target}.parse` takes one text");
            self.report(self.error("missing-argument", message, name.span));
            return broken(e.span);
        };
        let text = self.check(value, &Expected::new(Type::String));
        let ty = Type::Enum(result(), vec![target.clone(), Type::String].into());
        typed(ExprKind::Parse { target, text: Nested::new(text) }, ty, e.span)
    }

    /// `Target.parse(text)`: the variant that a text names, as it is printed.
    pub(crate) fn parse_variant(
        &mut self,
        node: ItemNode<'db>,
        item: &EnumSignature,
        e: &ast::Expr,
        name: &ast::Name,
        args: &[ast::Arg],
    ) -> Expr {
        self.refer(node);
        let Some(variant) = item.variants.iter().find(|variant| !variant.payload.is_empty()) else {
            return self.parse(Type::Enum(item.global.clone(), Types::default()), e, name, args);
        };
        self.args_silently(args);
        let message = format!(
            "`{0}.parse` needs an enum without payloads; `{1}` has one",
            item.global.name, variant.name
        );
        let found = self.error("payload-in-all", message, e.span);
        self.report(found.label(node.place(self.db, variant.span), "this variant has a payload"));
        broken(e.span)
    }

    /// The type that a name stands for when it is a built-in one that is read from a text.
    pub(crate) fn scalar_path(&self, e: &ast::Expr) -> Option<Type> {
        let ast::ExprKind::TypeName(name) = &e.kind else { return None };
        match name.text.as_str() {
            "Bool" => Some(Type::Bool),
            "Int" => Some(Type::Int),
            "Float" => Some(Type::Float),
            "Duration" => Some(Type::Duration),
            "Size" => Some(Type::Size),
            "String" => Some(Type::String),
            _ => None,
        }
    }
}

/// `Result` of the standard library.
fn result() -> Global {
    Global::new(ModuleId("std/result".into()), "Result")
}

pub(crate) fn is_result(global: &Global) -> bool {
    &*global.module.0 == "std/result" && &*global.name == "Result"
}
