//! Records and variants.

use std::sync::Arc;

use pipe_syntax::{Nested, Span, ast};

use super::Infer;
use super::arguments::Callable;
use super::call::{CallSite, Instance};
use super::context::{broken, typed};
use super::expected::Want;
use super::trace::{Meant, Part};
use crate::db::{ItemNode, item_of};
use crate::place::ItemTag;
use crate::signature::{EnumSignature, RecordSignature, Signature, signature};
use crate::typed::{Expr, ExprKind, Type, Types};

impl<'db> Infer<'db> {
    /// A variant of the enum that is expected. `None` when no enum is, or it has no such variant.
    pub(crate) fn bare_variant(
        &mut self,
        name: &ast::Name,
        args: Option<&[ast::Arg]>,
        target: Option<&Type>,
        span: Span,
    ) -> Option<Expr> {
        let Some(Type::Enum(global, type_args)) = target else { return None };
        let node = item_of(self.db, global, &[ItemTag::Enum])?;
        let Signature::Enum(item) = &signature(self.db, node).signature else { return None };
        let (index, _) = item.variant(&name.text)?;
        let instance = Instance { params: item.type_params.clone(), args: type_args.clone() };
        Some(self.variant(node, item, index, instance, args, name.span, span))
    }

    /// `Enum.Variant`, with a payload when `args` are given.
    pub(crate) fn qualified_variant(
        &mut self,
        node: ItemNode<'db>,
        name: &ast::Name,
        args: Option<&[ast::Arg]>,
        span: Span,
        want: Want<'_>,
    ) -> Expr {
        let Signature::Enum(item) = &signature(self.db, node).signature else { return broken(span) };
        self.refer(node);
        let instance = self.instantiate(&item.type_params, &item.global.name, span);
        let ty = Type::Enum(item.global.clone(), instance.args.clone());
        let Some((index, _)) = item.variant(&name.text) else {
            if item.broken {
                return broken(span);
            }
            self.args_silently(args.unwrap_or_default());
            return self.unknown_variant(name, Some(&ty));
        };
        self.expect_result(&ty, want);
        self.variant(node, item, index, instance, args, name.span, span)
    }

    #[allow(clippy::too_many_arguments)] // the parts of one written variant
    fn variant(
        &mut self,
        node: ItemNode<'db>,
        item: &EnumSignature,
        index: usize,
        instance: Instance,
        args: Option<&[ast::Arg]>,
        name: Span,
        span: Span,
    ) -> Expr {
        self.refer(node);
        self.trace_use(name, || Meant::Part(node, Part::Variant(index)));
        let Some(variant) = item.variants.get(index) else { return broken(span) };
        let payload = match args {
            // A variant whose payload has defaults needs no parentheses.
            None if variant.payload.iter().all(|p| !p.required) => {
                variant.payload.iter().map(|_| None).collect()
            }
            None => {
                let first = variant.payload.iter().find(|p| p.required).map_or("", |p| &*p.name);
                let message = format!("`{}` needs its `{first}`", variant.name);
                let found = self.error("missing-argument", message, name);
                let found = found.label(node.place(self.db, variant.span), "the variant");
                self.report(found.help(format!("write `{}({first}: …)`", variant.name)));
                return broken(span);
            }
            Some(args) => {
                let types = variant.payload.iter().map(|p| instance.apply(&p.ty)).collect();
                let callable = Callable {
                    what: &variant.name,
                    node,
                    params: &variant.payload,
                    types,
                    skip: 0,
                    variant: Some(index),
                };
                self.arguments(&callable, args, CallSite { span, name })
            }
        };
        self.generic_defaults(&item.global, Some(index), &instance, &payload, name);
        let ty = Type::Enum(item.global.clone(), instance.args);
        typed(
            ExprKind::Variant { r#enum: item.global.clone(), variant: index, payload: payload.into() },
            ty,
            span,
        )
    }

    /// `Enum.all`.
    pub(crate) fn all_variants(&mut self, node: ItemNode<'db>, span: Span) -> Expr {
        let Signature::Enum(item) = &signature(self.db, node).signature else { return broken(span) };
        self.refer(node);
        if let Some(variant) = item.variants.iter().find(|variant| !variant.payload.is_empty()) {
            let message = format!(
                "`{0}.all` needs an enum without payloads; `{1}` has one",
                item.global.name, variant.name
            );
            let found = self.error("payload-in-all", message, span);
            self.report(found.label(node.place(self.db, variant.span), "this variant has a payload"));
            return broken(span);
        }
        let element = Type::Enum(item.global.clone(), Types::default());
        typed(ExprKind::AllVariants(item.global.clone()), Type::List(Arc::new(element)), span)
    }

    /// `App(name: "a")`.
    pub(crate) fn record(
        &mut self,
        node: ItemNode<'db>,
        record: &RecordSignature,
        args: &[ast::Arg],
        name: Span,
        span: Span,
        want: Want<'_>,
    ) -> Expr {
        self.refer(node);
        if record.broken {
            self.args_silently(args);
            return broken(span);
        }
        if record.opaque {
            self.args_silently(args);
            let message = format!("a `{}` cannot be written as a value", record.global.name);
            let found = self.error("not-a-value", message, name);
            self.report(found.help("it comes from the functions and operations of the prelude"));
            return broken(span);
        }
        let instance = self.instantiate(&record.type_params, &record.global.name, span);
        let ty = Type::Record(record.global.clone(), instance.args.clone());
        self.expect_result(&ty, want);
        let types = record.fields.iter().map(|field| instance.apply(&field.ty)).collect();
        let callable = Callable {
            what: &record.global.name,
            node,
            params: &record.fields,
            types,
            skip: 0,
            variant: None,
        };
        let fields = self.arguments(&callable, args, CallSite { span, name });
        self.generic_defaults(&record.global, None, &instance, &fields, name);
        typed(ExprKind::Record { record: record.global.clone(), fields: fields.into() }, ty, span)
    }

    /// `app.with(name: "b")`; the value when it is no record of a program, or something else is called.
    pub(crate) fn update(
        &mut self,
        base: Expr,
        args: &[ast::Arg],
        name: &ast::Name,
        span: Span,
    ) -> Result<Expr, Expr> {
        let ty = self.table.resolve(&base.ty);
        if name.text != "with" || !matches!(ty, Type::Record(..)) {
            return Err(base);
        }
        let Some((node, record, type_args)) = self.record_of(&ty) else { return Err(base) };
        let instance = Instance { params: record.type_params.clone(), args: type_args };
        let types = record.fields.iter().map(|field| instance.apply(&field.ty)).collect();
        // Every field may be left out: it keeps its value.
        let optional: Vec<_> = record
            .fields
            .iter()
            .map(|field| crate::signature::ParamSignature { required: false, ..field.clone() })
            .collect();
        if let Some(positional) = args.iter().find(|arg| arg.name.is_none()) {
            let found = self.error("argument-order", "`with` takes fields by name", positional.value.span);
            self.report(
                found.help(format!("write `{}: …`", record.fields.first().map_or("field", |f| &*f.name))),
            );
            self.args_silently(args);
            return Ok(broken(span));
        }
        let callable =
            Callable { what: &record.global.name, node, params: &optional, types, skip: 0, variant: None };
        let fields = self.arguments(&callable, args, CallSite { span, name: name.span });
        let fields = fields.into_iter().enumerate().filter_map(|(i, field)| Some((i, field?))).collect();
        Ok(typed(ExprKind::Update { base: Nested::new(base), fields }, ty, span))
    }

    /// The variants of the enum that a type is, with its name.
    pub(crate) fn variants_of(&self, ty: Option<&Type>) -> Option<(Arc<str>, Vec<Arc<str>>)> {
        let Some(Type::Enum(global, _)) = ty else { return None };
        let node = item_of(self.db, global, &[ItemTag::Enum])?;
        let Signature::Enum(item) = &signature(self.db, node).signature else { return None };
        Some((global.name.clone(), item.variants.iter().map(|variant| variant.name.clone()).collect()))
    }
}
