//! The query that builds an item's signature.

use std::sync::Arc;

use pipe_syntax::ast;

use super::{
    EnumSignature, FunctionSignature, Lowering, ParamSignature, RecordSignature, Signature, SignatureResult,
    ValueSignature, VariantSignature, lets,
};
use crate::checks;
use crate::db::{Db, ItemNode, Role};
use crate::scope::Names;
use crate::typed::Type;

/// The type parameters of a record or an enum: what a mention of it needs to know, without looking at its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeHeader {
    pub(crate) params: Vec<Arc<str>>,
    pub(crate) opaque: bool,
}

/// The type parameters of a record or an enum.
#[salsa::tracked]
pub(crate) fn type_params<'db>(db: &'db dyn Db, node: ItemNode<'db>) -> TypeHeader {
    let (params, opaque) = match &**node.tree(db) {
        ast::ItemKind::Record(record) => (texts(&record.type_params), record.opaque),
        ast::ItemKind::Enum(item) => (texts(&item.type_params), false),
        _ => (Vec::new(), false),
    };
    TypeHeader { params, opaque }
}

fn texts(names: &[ast::Name]) -> Vec<Arc<str>> {
    names.iter().map(|name| name.text.shared()).collect()
}

/// The outside of an item.
#[salsa::tracked]
pub(crate) fn signature<'db>(db: &'db dyn Db, node: ItemNode<'db>) -> SignatureResult {
    let tree = node.tree(db).clone();
    let names = Names::new(db, node.module(db));
    let type_params = match &*tree {
        ast::ItemKind::Function(function) => texts(&function.type_params),
        _ => type_params(db, node).params.clone(),
    };
    let mut builder = Builder { node, lowering: Lowering::new(names, Some(node), &type_params) };
    let signature = match &*tree {
        ast::ItemKind::Function(item) => Signature::Function(Arc::new(builder.function(item))),
        ast::ItemKind::Param(item) => Signature::Value(Arc::new(builder.param(item))),
        ast::ItemKind::Let(item) => Signature::Value(Arc::new(builder.let_item(item))),
        ast::ItemKind::Record(item) => Signature::Record(Arc::new(builder.record(item))),
        ast::ItemKind::Enum(item) => Signature::Enum(Arc::new(builder.enum_item(item))),
        ast::ItemKind::Use(_) | ast::ItemKind::Test(_) | ast::ItemKind::Error => Signature::None,
    };
    let Lowering { findings, aliases, .. } = builder.lowering;
    SignatureResult { signature, findings, aliases }
}

struct Builder<'a, 'db> {
    node: ItemNode<'db>,
    lowering: Lowering<'a, 'db>,
}

impl<'db> Builder<'_, 'db> {
    fn db(&self) -> &'db dyn Db {
        self.lowering.names.db
    }

    fn function(&mut self, item: &ast::Function) -> FunctionSignature {
        let params = self.params(&item.params);
        let ret = match &item.ret {
            Some(ty) => self.lowering.lower(ty),
            None if item.action => Type::Unit,
            None => Type::Error,
        };
        FunctionSignature {
            global: self.node.global(self.db()),
            action: item.action,
            type_params: texts(&item.type_params),
            params,
            ret,
            name: item.name.span,
            ret_span: item.ret.as_ref().map(|ty| ty.span),
            broken: item.broken,
        }
    }

    fn param(&mut self, item: &ast::ParamItem) -> ValueSignature {
        let ty = self.lowering.lower(&item.ty);
        ValueSignature {
            global: self.node.global(self.db()),
            ty,
            name: item.name.span,
            ty_span: Some(item.ty.span),
        }
    }

    fn let_item(&mut self, item: &ast::LetItem) -> ValueSignature {
        let ty = match &item.ty {
            Some(ty) => self.lowering.lower(ty),
            None => lets::inferred_type(self.db(), self.node),
        };
        let ty_span = item.ty.as_ref().map(|ty| ty.span);
        ValueSignature { global: self.node.global(self.db()), ty, name: item.name.span, ty_span }
    }

    fn record(&mut self, item: &ast::Record) -> RecordSignature {
        let fields =
            item.fields.iter().map(|f| self.one(&f.name, &f.ty, f.default.as_ref(), f.span)).collect();
        RecordSignature {
            global: self.node.global(self.db()),
            opaque: item.opaque,
            type_params: texts(&item.type_params),
            fields,
            name: item.name.span,
            broken: item.broken,
        }
    }

    fn enum_item(&mut self, item: &ast::Enum) -> EnumSignature {
        let variants = item
            .variants
            .iter()
            .map(|variant| VariantSignature {
                name: variant.name.text.shared(),
                payload: self.params(&variant.payload),
                span: variant.span,
            })
            .collect();
        EnumSignature {
            global: self.node.global(self.db()),
            type_params: texts(&item.type_params),
            variants,
            name: item.name.span,
            broken: item.broken,
        }
    }

    fn params(&mut self, params: &[ast::Param]) -> Vec<ParamSignature> {
        params.iter().map(|p| self.one(&p.name, &p.ty, p.default.as_ref(), p.span)).collect()
    }

    fn one(
        &mut self,
        name: &ast::Name,
        ty: &ast::TypeExpr,
        default: Option<&ast::Expr>,
        span: pipe_syntax::Span,
    ) -> ParamSignature {
        // A library cannot read the host: there the default is none, and its users must give the value.
        let hidden = self.node.module(self.db()).role(self.db()) == Role::Dependency
            && default.is_some_and(|default| checks::reads_host(self.lowering.names, default));
        ParamSignature {
            name: name.text.shared(),
            ty: self.lowering.lower(ty),
            required: default.is_none() || hidden,
            span,
        }
    }
}
