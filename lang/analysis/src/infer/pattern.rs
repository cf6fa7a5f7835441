//! Patterns against the type of what is matched.

use std::sync::Arc;

use pipe_literal::{check_percent, check_port};
use pipe_syntax::ast::{self, NumValue, PatternKind as Tree};
use pipe_syntax::{Span, deeper};

use super::Infer;
use super::binder::BoundBy;
use super::literal::code;
use super::mismatch::{NEVER_LOOKED_AT, is_secret};
use super::text::article;
use super::trace::{Meant, Part};
use crate::db::{ItemNode, item_of};
use crate::nearest::with_nearest;
use crate::place::ItemTag;
use crate::signature::{EnumSignature, ParamSignature, Signature, signature, substitute};
use crate::typed::{CheckedKind, Global, LocalId, Pattern, Type};

impl<'db> Infer<'db> {
    /// The pattern, typed; its names are bound in the innermost scope.
    pub(crate) fn pattern(&mut self, pattern: &ast::Pattern, ty: &Type) -> Pattern {
        deeper(|| self.pattern_form(pattern, ty))
    }

    fn pattern_form(&mut self, pattern: &ast::Pattern, ty: &Type) -> Pattern {
        let resolved = self.table.resolve(ty);
        match &pattern.kind {
            Tree::Wildcard | Tree::Error => Pattern::Wildcard,
            Tree::Bind(name) if self.bound_here(&name.text) => {
                let message = format!("`{}` is bound twice in this pattern", name.text);
                let found = self.error("pattern-names", message, name.span);
                self.report(found.help("give each part a name of its own, and compare them in `if`"));
                Pattern::Wildcard
            }
            Tree::Bind(name) => Pattern::Bind(self.declare(name, resolved, BoundBy::Other)),
            Tree::Bool(value) => {
                self.literal_pattern(pattern.span, &resolved, Type::Bool, Pattern::Bool(*value))
            }
            Tree::Number { negative, value } => {
                self.number_pattern(pattern.span, *negative, value, &resolved)
            }
            Tree::String(string) => self.string_pattern(pattern.span, string, &resolved),
            Tree::None => match self.optional_part(&resolved, pattern.span) {
                Some(_) => Pattern::None,
                None => Pattern::Wildcard,
            },
            Tree::Some(inner) => match self.optional_part(&resolved, pattern.span) {
                Some(part) => Pattern::Some(Box::new(self.pattern(inner, &part))),
                None => self.bind_all(inner),
            },
            Tree::Variant { path, name, args, rest } => {
                self.variant_pattern(pattern, path, name, args.as_deref(), *rest, &resolved)
            }
            Tree::Tuple(parts) if parts.is_empty() && resolved == Type::Unit => Pattern::Wildcard,
            Tree::Tuple(parts) => {
                let types = match &resolved {
                    Type::Tuple(types) if types.len() == parts.len() => types.to_vec(),
                    Type::Variable(_) => self.tuple_parts(parts.len(), &resolved, pattern.span),
                    _ => {
                        self.pattern_mismatch(
                            pattern.span,
                            &format!("a tuple of {}", parts.len()),
                            &resolved,
                        );
                        vec![Type::Error; parts.len()]
                    }
                };
                Pattern::Tuple(parts.iter().zip(&types).map(|(part, ty)| self.pattern(part, ty)).collect())
            }
            Tree::List(parts) => {
                let element = match &resolved {
                    Type::List(element) => (**element).clone(),
                    Type::Variable(_) => {
                        let element = self.table.fresh(pattern.span, super::table::Unknown::Element);
                        self.table.unify(&resolved, &Type::List(Arc::new(element.clone())));
                        element
                    }
                    _ => {
                        self.pattern_mismatch(pattern.span, "a list", &resolved);
                        Type::Error
                    }
                };
                Pattern::List(parts.iter().map(|part| self.pattern(part, &element)).collect())
            }
            Tree::Or(alternatives) => self.or_pattern(alternatives, &resolved),
        }
    }

    /// Whether the pattern has bound a name already.
    fn bound_here(&self, name: &str) -> bool {
        self.scopes.last().is_some_and(|scope| scope.iter().any(|(bound, _)| &**bound == name))
    }

    fn pattern_mismatch(&mut self, span: Span, pattern: &str, ty: &Type) {
        if matches!(ty, Type::Error | Type::Never) {
            return;
        }
        let message =
            format!("this pattern is for {pattern}; what is matched is {}", article(&self.show(ty)));
        let found = self.error("pattern-mismatch", message, span);
        self.report(match ty {
            Type::Optional(_) => {
                found.help("a value that may be none is taken apart by `some(x)` and `none`")
            }
            secret if is_secret(secret) => found.help(NEVER_LOOKED_AT),
            _ => found,
        });
    }

    fn literal_pattern(&mut self, span: Span, ty: &Type, own: Type, pattern: Pattern) -> Pattern {
        if self.table.try_unify(ty, &own) {
            return pattern;
        }
        self.pattern_mismatch(span, &article(&own.to_string()), ty);
        Pattern::Wildcard
    }

    fn number_pattern(&mut self, span: Span, negative: bool, number: &ast::NumLit, ty: &Type) -> Pattern {
        let sign = if negative { -1 } else { 1 };
        match (&number.value, ty) {
            (NumValue::Int(value), Type::Checked(kind @ (CheckedKind::Port | CheckedKind::Percent))) => {
                let value = value.saturating_mul(sign);
                let checked = match kind {
                    CheckedKind::Port => check_port(value),
                    _ => check_percent(value),
                };
                if let Err(message) = checked {
                    self.report(self.error(code(*kind), message, span));
                    return Pattern::Wildcard;
                }
                Pattern::Text(value.to_string().into())
            }
            (NumValue::Int(value), Type::Float) => {
                Pattern::Float((value.saturating_mul(sign) as f64).to_bits())
            }
            (NumValue::Int(value), _) => {
                self.literal_pattern(span, ty, Type::Int, Pattern::Int(value.saturating_mul(sign)))
            }
            (NumValue::Float(bits), _) => {
                let value = f64::from_bits(*bits) * sign as f64;
                self.literal_pattern(span, ty, Type::Float, Pattern::Float(value.to_bits()))
            }
            (NumValue::Duration(ns), _) => {
                self.literal_pattern(span, ty, Type::Duration, Pattern::Duration(ns.saturating_mul(sign)))
            }
            (NumValue::Size(_), _) if negative => {
                self.report(self.error("pattern-mismatch", "a size is never negative", span));
                Pattern::Wildcard
            }
            (NumValue::Size(bytes), _) => self.literal_pattern(span, ty, Type::Size, Pattern::Size(*bytes)),
            (NumValue::Bad, _) => Pattern::Wildcard,
        }
    }

    fn string_pattern(&mut self, span: Span, string: &ast::StrLit, ty: &Type) -> Pattern {
        // A string with holes is no pattern; the parser has said so.
        let Some(text) = string.constant() else { return Pattern::Wildcard };
        if let Type::Checked(kind) = ty {
            if !self.check_string(*kind, string) {
                return Pattern::Wildcard;
            }
            return Pattern::Text(text.into());
        }
        self.literal_pattern(span, ty, Type::String, Pattern::Text(text.into()))
    }

    fn optional_part(&mut self, ty: &Type, span: Span) -> Option<Type> {
        match ty {
            Type::Optional(inner) => Some((**inner).clone()),
            Type::Variable(_) => {
                let inner = self.table.fresh(span, super::table::Unknown::Element);
                self.table.unify(ty, &Type::Optional(Arc::new(inner.clone())));
                Some(inner)
            }
            _ => {
                self.pattern_mismatch(span, "a value that may be none", ty);
                None
            }
        }
    }

    /// Binds the names of a pattern that does not fit, so that the arm's body says nothing about them.
    fn bind_all(&mut self, pattern: &ast::Pattern) -> Pattern {
        self.pattern(pattern, &Type::Error);
        Pattern::Wildcard
    }

    fn variant_pattern(
        &mut self,
        pattern: &ast::Pattern,
        path: &[ast::Name],
        name: &ast::Name,
        args: Option<&[ast::PatternArg]>,
        rest: bool,
        ty: &Type,
    ) -> Pattern {
        if let Type::Record(global, type_args) = ty
            && *global.name == *name.text
        {
            return self.record_pattern(global, type_args, path, name, args, rest);
        }
        let Type::Enum(global, type_args) = ty else {
            let what = if self.names.ty(&name.text).is_some_and(|node| self.is_record(node)) {
                format!("`{}`", name.text)
            } else {
                "a variant".to_owned()
            };
            self.pattern_mismatch(pattern.span, &what, ty);
            for arg in args.unwrap_or_default() {
                self.bind_all(&arg.pattern);
            }
            return Pattern::Wildcard;
        };
        let node = item_of(self.db, global, &[ItemTag::Enum]);
        let Some(node) = node else { return Pattern::Wildcard };
        let Signature::Enum(item) = &signature(self.db, node).signature else { return Pattern::Wildcard };
        if let Some(last) = path.last()
            && *last.text != *global.name
        {
            self.pattern_mismatch(pattern.span, &format!("`{}`", last.text), ty);
            return Pattern::Wildcard;
        }
        // The module before an enum's name is used, even though the type decides.
        if let [module, _, ..] = path {
            self.entity_of_value(module);
        }
        if let Some(name) = path.last() {
            self.trace_use(name.span, || Meant::Item(node));
        }
        let Some((variant, declared)) = item.variant(&name.text) else {
            self.unknown_pattern_variant(item, name);
            for arg in args.unwrap_or_default() {
                self.bind_all(&arg.pattern);
            }
            return Pattern::Wildcard;
        };
        self.trace_use(name.span, || Meant::Part(node, Part::Variant(variant)));
        let types: Vec<Type> =
            declared.payload.iter().map(|p| substitute(&p.ty, &item.type_params, type_args)).collect();
        let part = |i| Meant::Part(node, Part::Payload(variant, i));
        let payload = self.payload(name, &declared.payload, &types, args, rest, &part);
        Pattern::Variant { variant, payload: payload.into() }
    }

    /// `App(name: p, ..)`: a record taken apart.
    fn record_pattern(
        &mut self,
        global: &Global,
        type_args: &[Type],
        path: &[ast::Name],
        name: &ast::Name,
        args: Option<&[ast::PatternArg]>,
        rest: bool,
    ) -> Pattern {
        if let [module, ..] = path {
            self.entity_of_value(module);
        }
        let Some(node) = item_of(self.db, global, &[ItemTag::Record]) else { return Pattern::Wildcard };
        let Signature::Record(record) = &signature(self.db, node).signature else { return Pattern::Wildcard };
        self.trace_use(name.span, || Meant::Item(node));
        let types: Vec<Type> =
            record.fields.iter().map(|field| substitute(&field.ty, &record.type_params, type_args)).collect();
        let part = |i| Meant::Part(node, Part::Field(i));
        Pattern::Record(self.payload(name, &record.fields, &types, args, rest, &part).into())
    }

    fn is_record(&self, node: ItemNode<'_>) -> bool {
        matches!(&signature(self.db, node).signature, Signature::Record(_))
    }

    fn unknown_pattern_variant(&mut self, item: &EnumSignature, name: &ast::Name) {
        let candidates: Vec<Arc<str>> = item.variants.iter().map(|variant| variant.name.clone()).collect();
        let message = format!("`{}` has no variant `{}`", item.global.name, name.text);
        let found = self.error("unknown-variant", message, name.span);
        let found = with_nearest(found, &name.text, &candidates, self.place(name.span));
        self.report(match found.help {
            Some(_) => found,
            None => found.help(format!("it has {}", candidates.join(", "))),
        });
    }

    /// A pattern for each payload, in order. What is left out is not looked at.
    fn payload(
        &mut self,
        name: &ast::Name,
        declared: &[ParamSignature],
        types: &[Type],
        args: Option<&[ast::PatternArg]>,
        rest: bool,
        part: &dyn Fn(usize) -> Meant<'db>,
    ) -> Vec<Pattern> {
        let mut payload: Vec<Option<Pattern>> = types.iter().map(|_| None).collect();
        let args_given = args.is_some();
        let (mut next, mut twice) = (0, false);
        for arg in args.unwrap_or_default() {
            let index = match &arg.name {
                Some(field) => declared.iter().position(|p| field.text == *p.name),
                None => {
                    next += 1;
                    Some(next - 1)
                }
            };
            let slot = index.and_then(|i| Some((types.get(i)?.clone(), i)));
            match slot {
                Some((_, i)) if payload.get(i).is_some_and(Option::is_some) => {
                    let field = declared.get(i).map_or("", |p| &*p.name);
                    let message = format!("`{field}` stands twice in the pattern of `{}`", name.text);
                    let span = arg.name.as_ref().map_or(arg.pattern.span, |name| name.span);
                    self.report(self.error("pattern-payload", message, span));
                    self.bind_all(&arg.pattern);
                    twice = true;
                }
                Some((ty, i)) => {
                    if let Some(field) = &arg.name {
                        self.trace_use(field.span, || part(i));
                    }
                    let typed = self.pattern(&arg.pattern, &ty);
                    if let Some(place) = payload.get_mut(i) {
                        *place = Some(typed);
                    }
                }
                None => {
                    self.no_such_payload(name, declared, arg);
                    self.bind_all(&arg.pattern);
                }
            }
        }
        let missing = payload.iter().position(Option::is_none).filter(|_| !twice);
        if let Some(missing) = missing
            && args_given
            && !rest
        {
            let field = declared.get(missing).map_or("", |p| &*p.name);
            let message = format!("the pattern of `{}` leaves out `{field}`", name.text);
            let found = self.error("pattern-payload", message, name.span);
            self.report(found.help("end it with `..` to leave parts out"));
        }
        payload.into_iter().map(|pattern| pattern.unwrap_or(Pattern::Wildcard)).collect()
    }

    fn no_such_payload(&mut self, name: &ast::Name, declared: &[ParamSignature], arg: &ast::PatternArg) {
        let names: Vec<Arc<str>> = declared.iter().map(|p| p.name.clone()).collect();
        let found = match &arg.name {
            Some(field) => {
                let message = format!("`{}` has no `{}`", name.text, field.text);
                let found = self.error("pattern-payload", message, field.span);
                with_nearest(found, &field.text, &names, self.place(field.span))
            }
            None => {
                let message = match names.len() {
                    0 => format!("`{}` has no payload", name.text),
                    n => format!("`{}` has {n} part{}", name.text, if n == 1 { "" } else { "s" }),
                };
                self.error("pattern-payload", message, arg.pattern.span)
            }
        };
        self.report(found);
    }

    /// All alternatives bind the same names, and a name is one local whichever of them fits.
    fn or_pattern(&mut self, alternatives: &[ast::Pattern], ty: &Type) -> Pattern {
        let mut out = Vec::with_capacity(alternatives.len());
        let mut first: Option<Vec<(Arc<str>, LocalId)>> = None;
        for alternative in alternatives {
            self.scopes.push(Vec::new());
            let pattern = self.pattern(alternative, ty);
            let bound = self.scopes.pop().unwrap_or_default();
            let pattern = match &first {
                None => {
                    first = Some(bound);
                    pattern
                }
                Some(first) => self.same_names(first, bound, pattern, alternative.span),
            };
            out.push(pattern);
        }
        if let (Some(scope), Some(first)) = (self.scopes.last_mut(), first) {
            scope.extend(first);
        }
        Pattern::Or(out.into())
    }

    fn same_names(
        &mut self,
        first: &[(Arc<str>, LocalId)],
        bound: Vec<(Arc<str>, LocalId)>,
        mut pattern: Pattern,
        span: Span,
    ) -> Pattern {
        let missing = first.iter().find(|(name, _)| !bound.iter().any(|(other, _)| other == name));
        let extra = bound.iter().find(|(name, _)| !first.iter().any(|(other, _)| other == name));
        if let Some((name, _)) = missing.or(extra) {
            let found = self.error("pattern-names", format!("not every alternative binds `{name}`"), span);
            self.report(found.help("the alternatives of a pattern bind the same names"));
            return Pattern::Wildcard;
        }
        for (name, id) in &bound {
            let Some((_, original)) = first.iter().find(|(other, _)| other == name) else { continue };
            let types = (self.local_type(*original), self.local_type(*id));
            if !self.table.try_unify(&types.0, &types.1) {
                let (a, b) = (self.show(&types.0), self.show(&types.1));
                let message = format!("`{name}` is a `{a}` in one alternative and a `{b}` in another");
                self.report(self.error("pattern-names", message, span));
            }
            rename(&mut pattern, *id, *original);
            self.trace_same_local(*id, *original);
        }
        pattern
    }

    fn local_type(&self, id: LocalId) -> Type {
        self.locals.get(id.0 as usize).map_or(Type::Error, |local| local.decl.ty.clone())
    }
}

/// Lets a pattern bind another local.
fn rename(pattern: &mut Pattern, from: LocalId, to: LocalId) {
    match pattern {
        Pattern::Bind(id) if *id == from => *id = to,
        Pattern::Some(inner) => rename(inner, from, to),
        Pattern::Variant { payload: parts, .. }
        | Pattern::Record(parts)
        | Pattern::Tuple(parts)
        | Pattern::List(parts)
        | Pattern::Or(parts) => {
            for part in parts {
                rename(part, from, to);
            }
        }
        _ => {}
    }
}
