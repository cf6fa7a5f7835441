//! Tuples, lists and maps.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipe_syntax::ast;

use super::context::{broken, typed};
use super::demand::DemandKind;
use super::expected::{Purpose, Want};
use super::mismatch::{NEVER_LOOKED_AT, constant, is_secret};
use super::table::Unknown;
use super::text::article;
use super::{Expected, Infer};
use crate::checks;
use crate::typed::{Expr, ExprKind, ListElement, Type};

impl Infer<'_> {
    pub(crate) fn tuple(&mut self, e: &ast::Expr, parts: &[ast::Expr], want: Want<'_>) -> Expr {
        if parts.is_empty() {
            return typed(ExprKind::Unit, Type::Unit, e.span);
        }
        let wanted = match self.target(want) {
            Some(Type::Tuple(types)) if types.len() == parts.len() => Some(types),
            Some(Type::Error) => Some(parts.iter().map(|_| Type::Error).collect()),
            _ => None,
        };
        let values: Vec<Expr> = parts
            .iter()
            .enumerate()
            .map(|(i, part)| match (want.expected(), wanted.as_ref().and_then(|types| types.get(i))) {
                (Some(expected), Some(ty)) => self.check(part, &expected.part(ty.clone())),
                _ => self.infer(part),
            })
            .collect();
        let ty = Type::Tuple(values.iter().map(|value| value.ty.clone()).collect());
        typed(ExprKind::Tuple(values.into()), ty, e.span)
    }

    pub(crate) fn list(&mut self, e: &ast::Expr, elements: &[ast::Element], want: Want<'_>) -> Expr {
        let mut expected = self.element(e, want);
        let mut known = !matches!(self.table.resolve(&expected.ty), Type::Variable(_));
        let mut out = Vec::with_capacity(elements.len());
        for element in elements {
            let span = match element {
                ast::Element::Item(item) => {
                    let value = self.check(item, &expected);
                    out.push(ListElement::Item(value));
                    item.span
                }
                ast::Element::Spread(list) => {
                    let wanted = expected.part(Type::List(Arc::new(expected.ty.clone())));
                    let value = self.check(list, &wanted);
                    out.push(ListElement::Spread(value));
                    list.span
                }
            };
            // The first element decides, and is the reason that a message gives.
            if !known && !matches!(self.table.resolve(&expected.ty), Type::Variable(_)) {
                known = true;
                let text = format!("the elements are `{}` because of this one", self.show(&expected.ty));
                expected = expected.because(self.place(span), text);
            }
        }
        typed(ExprKind::List(out.into()), Type::List(Arc::new(expected.ty)), e.span)
    }

    /// What the elements of a list should be.
    fn element(&mut self, e: &ast::Expr, want: Want<'_>) -> Expected {
        match (want.expected(), self.target(want)) {
            (Some(expected), Some(Type::List(element))) => expected.part((*element).clone()),
            (Some(expected), Some(Type::Command)) => {
                expected.part(Type::String).for_purpose(Purpose::CommandWord)
            }
            (Some(_), Some(Type::Error)) => Expected::new(Type::Error),
            _ => Expected::new(self.table.fresh(e.span, Unknown::Element)),
        }
    }

    pub(crate) fn map(&mut self, e: &ast::Expr, entries: &[(ast::Expr, ast::Expr)], want: Want<'_>) -> Expr {
        let (mut key, mut value) = self.pair(e, want);
        let mut seen: BTreeMap<String, pipe_syntax::Span> = BTreeMap::new();
        let mut out = Vec::with_capacity(entries.len());
        for (index, (k, v)) in entries.iter().enumerate() {
            let typed_key = self.check(k, &key);
            if let Some(text) = constant(&typed_key)
                && let Some(first) = seen.insert(text, k.span)
            {
                let found = self.error("duplicate-key", "this key stands twice in the map", k.span);
                self.report(found.label(self.place(first), "the first one"));
            }
            let typed_value = self.check(v, &value);
            out.push((typed_key, typed_value));
            if index == 0 && want.expected().is_none() {
                key = self.because_of_first(key, k.span, "keys");
                value = self.because_of_first(value, v.span, "values");
            }
        }
        let ty = Type::Map(Arc::new(key.ty), Arc::new(value.ty));
        self.check_key(&ty, e);
        typed(ExprKind::Map(out.into()), ty, e.span)
    }

    fn because_of_first(&self, expected: Expected, span: pipe_syntax::Span, what: &str) -> Expected {
        let text = format!("the {what} are `{}` because of this one", self.show(&expected.ty));
        expected.because(self.place(span), text)
    }

    /// What the keys and the values of a map should be.
    pub(crate) fn pair(&mut self, e: &ast::Expr, want: Want<'_>) -> (Expected, Expected) {
        match (want.expected(), self.target(want)) {
            (Some(expected), Some(Type::Map(key, value))) => {
                (expected.part((*key).clone()), expected.part((*value).clone()))
            }
            (Some(_), Some(Type::Error)) => (Expected::new(Type::Error), Expected::new(Type::Error)),
            _ => {
                let key = self.table.fresh(e.span, Unknown::Element);
                let value = self.table.fresh(e.span, Unknown::Element);
                (Expected::new(key), Expected::new(value))
            }
        }
    }

    /// Keys are compared, so they are texts, numbers, booleans or variants.
    pub(crate) fn check_key(&mut self, map: &Type, e: &ast::Expr) {
        let Type::Map(key, _) = map else { return };
        let key = self.table.follow(key);
        if let Type::Parameter(_) = key {
            return self.demand(DemandKind::Key, key, e.span);
        }
        if self.has_text_form(&key) || matches!(key, Type::Variable(_)) {
            return;
        }
        self.report(checks::not_a_key(&key, self.place(e.span)));
    }

    /// The element of what a `for` or a spread goes through.
    pub(crate) fn element_of(&mut self, list: &Expr) -> Type {
        match self.table.resolve(&list.ty) {
            Type::List(element) => (*element).clone(),
            Type::Map(key, value) => Type::Tuple(vec![(*key).clone(), (*value).clone()].into()),
            Type::Error | Type::Never => Type::Error,
            variable @ Type::Variable(_) => {
                let element = self.table.fresh(list.span, Unknown::Element);
                self.table.unify(&variable, &Type::List(Arc::new(element.clone())));
                element
            }
            other => {
                let message =
                    format!("`for` goes through a list or a map; this is {}", article(&self.show(&other)));
                let found = self.error("not-a-list", message, list.span);
                self.report(match other {
                    Type::Optional(_) => found.help("it may be none: give an empty list with `?? []`"),
                    secret if is_secret(&secret) => found.help(NEVER_LOOKED_AT),
                    _ => found,
                });
                broken(list.span).ty
            }
        }
    }
}
