//! Types.

use super::Formatter;
use super::doc::{Doc, bracketed, concat, text};
use crate::ast::{TypeExpr, TypeKind};

impl Formatter<'_> {
    pub(super) fn ty(&mut self, ty: &TypeExpr) -> Doc {
        match &ty.kind {
            TypeKind::Named { modules, name, args } => {
                let mut path = String::new();
                for module in modules {
                    path.push_str(&module.text);
                    path.push('.');
                }
                path.push_str(&name.text);
                match args.is_empty() {
                    true => text(path),
                    false => concat([text(path), bracketed("[", self.types(args), "]")]),
                }
            }
            TypeKind::Optional(inner) => {
                let doc = self.ty(inner);
                // Only what is closed in itself takes a `?`.
                let closed = matches!(inner.kind, TypeKind::Named { .. } | TypeKind::Tuple(_));
                match closed {
                    true => concat([doc, text("?")]),
                    false => concat([text("("), doc, text(")?")]),
                }
            }
            TypeKind::Tuple(parts) => bracketed("(", self.types(parts), ")"),
            TypeKind::Function { params, ret } => {
                let params = bracketed("(", self.types(params), ")");
                concat([text("fn"), params, text(" -> "), self.ty(ret)])
            }
            TypeKind::Error => text(self.slice(ty.span)),
        }
    }

    fn types(&mut self, types: &[TypeExpr]) -> Vec<Doc> {
        types.iter().map(|ty| self.ty(ty)).collect()
    }
}
