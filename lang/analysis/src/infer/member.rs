//! Fields and operations of values.

use std::sync::Arc;

use pipe_syntax::{Nested, Span, ast};

use super::Infer;
use super::call::{CallSite, Instance};
use super::context::{broken, typed};
use super::expected::Want;
use super::mismatch::{NEVER_LOOKED_AT, is_secret};
use super::text::article;
use super::trace::{Meant, Part};
use crate::db::{ItemNode, item_of};
use crate::foreign::{self, Here, with_here};
use crate::nearest::with_nearest;
use crate::place::ItemTag;
use crate::scope::receiver_name;
use crate::signature::{RecordSignature, Signature, signature};
use crate::typed::{Expr, ExprKind, Global, Type, Types};

impl<'db> Infer<'db> {
    /// `x.f(a)`, `x?.f(a)`.
    pub(crate) fn operation(
        &mut self,
        e: &ast::Expr,
        base: &ast::Expr,
        optional: bool,
        name: &ast::Name,
        args: &[ast::Arg],
        want: Want<'_>,
    ) -> Expr {
        let base = self.infer(base);
        if optional {
            return self.chain(base, e.span, |infer, base| {
                infer.operation_of(base, e.span, name, args, Want::Infer)
            });
        }
        self.operation_of(base, e.span, name, args, want)
    }

    fn operation_of(
        &mut self,
        base: Expr,
        span: Span,
        name: &ast::Name,
        args: &[ast::Arg],
        want: Want<'_>,
    ) -> Expr {
        let ty = self.table.resolve(&base.ty);
        if matches!(ty, Type::Error | Type::Never) {
            self.args_silently(args);
            return broken(span);
        }
        if let Some(node) = self.names.operation(&ty, &name.text)
            && let Signature::Function(function) = &signature(self.db, node).signature
        {
            let site = CallSite { span, name: name.span };
            return self.call_function(node, function, Some(base), args, site, want);
        }
        let base = match self.update(base, args, name, span) {
            Ok(updated) => return updated,
            Err(base) => base,
        };
        if let Ok(field) = self.field_named(base, &ty, name) {
            let function = self.table.resolve(&field.ty);
            if matches!(function, Type::Function { .. }) {
                return self.call_value(field, args, span);
            }
            self.args_silently(args);
            let found = self.error(
                "field-called",
                format!("`{}` is a field, not an operation", name.text),
                name.span,
            );
            let found = found.help("write it without `()`");
            let after = Span { start: name.span.end, end: span.end };
            let found = if args.is_empty() { found.fix("remove `()`", self.place(after), "") } else { found };
            self.report(found);
            return broken(span);
        }
        self.args_silently(args);
        self.unknown_operation(&ty, name);
        broken(span)
    }

    /// A field of a value, also of the types of the engine; the value when it has no such field.
    pub(crate) fn field_named(&mut self, base: Expr, ty: &Type, name: &ast::Name) -> Result<Expr, Expr> {
        let span = base.span.to(name.span);
        let Some((node, record, args)) = self.record_of(ty) else { return Err(base) };
        let mut fields = record.fields.iter().enumerate();
        let Some((index, field)) = fields.find(|(_, field)| name.text == *field.name) else {
            return Err(base);
        };
        self.trace_use(name.span, || Meant::Part(node, Part::Field(index)));
        let instance = Instance { params: record.type_params.clone(), args };
        let ty = instance.apply(&field.ty);
        let base = Nested::new(base);
        let kind = if record.opaque {
            let name = format!("{}.{}", record.global.name, field.name);
            ExprKind::IntrinsicField { base, field: Global::new(record.global.module.clone(), name) }
        } else {
            ExprKind::Field { base, index }
        };
        Ok(typed(kind, ty, span))
    }

    /// The declaration that says which fields a type has, with its type arguments.
    pub(crate) fn record_of(&self, ty: &Type) -> Option<(ItemNode<'db>, Arc<RecordSignature>, Types)> {
        let (node, args) = match ty {
            Type::Record(global, args) | Type::Opaque(global, args) => {
                (item_of(self.db, global, &[ItemTag::Record])?, args.clone())
            }
            Type::Checked(kind) => (self.names.std_type(kind.name())?, Types::default()),
            _ => return None,
        };
        match &signature(self.db, node).signature {
            Signature::Record(record) => Some((node, record.clone(), args)),
            _ => None,
        }
    }

    fn unknown_operation(&mut self, ty: &Type, name: &ast::Name) {
        let shown = self.show(ty);
        if let Type::Optional(inner) = ty {
            let message = format!("`{shown}` has no operation `{}`: it may be none", name.text);
            let found = self.error("unknown-operation", message, name.span);
            let known = self.names.operation(inner, &name.text).is_some();
            let inner = self.show(inner);
            let help = match foreign::optional(&name.text).filter(|_| !known) {
                Some(Here::Written(sentence)) => sentence.to_owned(),
                _ => format!("`?.` calls it on {} if there is one; `??` gives another", article(&inner)),
            };
            self.report(found.help(help));
            return;
        }
        if let Type::Variable(_) = ty {
            return self.unknown_receiver(name);
        }
        let candidates = self.operation_names(ty);
        let here = receiver_name(ty).and_then(|receiver| foreign::operation(receiver, &name.text));
        if let Some(here) = here.or_else(|| foreign::operation("", &name.text)) {
            let message = format!("{shown} has no operation `{}`", name.text);
            let found = self.error("unknown-operation", message, name.span);
            return self.report(with_here(found, here, self.place(name.span)));
        }
        let nearest = pipe_diagnostics::nearest(&name.text, candidates.iter().map(|c| &**c));
        let message = match nearest {
            Some(best) => format!("{shown} has no operation `{}`; the nearest is `{best}`", name.text),
            None => format!("{shown} has no operation `{}`", name.text),
        };
        let found = self.error("unknown-operation", message, name.span);
        let found = match nearest {
            Some(best) => found.fix(format!("write `{best}`"), self.place(name.span), best),
            None if is_secret(ty) => found.help(NEVER_LOOKED_AT),
            None if matches!(ty, Type::Action(_)) => found.help("`do` runs an action and gives its result"),
            None if self.names.value(&name.text).is_some() => {
                found.help(format!("a function is applied by `|> {}(…)`", name.text))
            }
            None if candidates.is_empty() => found.help("it has no operations"),
            None => found.help(format!("it has {}", candidates.join(", "))),
        };
        self.report(found);
    }

    fn unknown_receiver(&mut self, name: &ast::Name) {
        let message = format!("the type of what `{}` is asked of is not known here", name.text);
        let found = self.error("ambiguous-type", message, name.span);
        self.report(found.help("write the type where it is bound"));
    }

    fn operation_names(&self, ty: &Type) -> Vec<Arc<str>> {
        let declared = self.names.operations(ty);
        let mut names: Vec<Arc<str>> = declared.into_iter().flat_map(|names| names.keys().cloned()).collect();
        if matches!(ty, Type::Record(..)) {
            names.push(Arc::from("with"));
        }
        names
    }

    /// A field that a value does not have.
    pub(crate) fn unknown_field(&mut self, ty: &Type, name: &ast::Name) {
        if self.names.operation(ty, &name.text).is_some() {
            let message = format!("`{}` is an operation of {}", name.text, self.show(ty));
            let found = self.error("operation-not-called", message, name.span);
            self.report(found.help(format!("call it: `.{}(…)`", name.text)));
            return;
        }
        if let Type::Variable(_) = ty {
            return self.unknown_receiver(name);
        }
        let shown = self.show(ty);
        let found = self.error("unknown-field", format!("{shown} has no field `{}`", name.text), name.span);
        if let Type::Optional(_) = ty {
            let help = "it may be none: `?.` reads the field if there is a value, `??` gives another";
            self.report(found.help(help));
            return;
        }
        let mut candidates: Vec<Arc<str>> = match self.record_of(ty) {
            Some((_, record, _)) if record.broken => return,
            Some((_, record, _)) => record.fields.iter().map(|field| field.name.clone()).collect(),
            None => Vec::new(),
        };
        candidates.extend(self.operation_names(ty));
        if is_secret(ty) {
            return self.report(found.help(NEVER_LOOKED_AT));
        }
        let here = receiver_name(ty).and_then(|receiver| foreign::operation(receiver, &name.text));
        let place = self.place(name.span);
        self.report(match here {
            Some(Here::Called(ours)) => {
                let call = format!("{ours}()");
                found.help(format!("it is the operation `.{call}` here")).fix(
                    format!("write `{call}`"),
                    place,
                    call,
                )
            }
            Some(here) => with_here(found, here, place),
            None => with_nearest(found, &name.text, &candidates, place),
        });
    }
}
