//! What a body asks of types that are settled only at its end, or by the callers of a generic function.
//!
//! `xs.contains(x)` compares, `json.encode(x)` writes: both need plain data, which a type parameter may turn out not to
//! be. `checks::demands` looks at what is noted here.

use std::sync::Arc;

use pipe_syntax::Span;

use super::Infer;
use super::call::Instance;
use crate::typed::{Expr, Global, Type};

/// What is done with the values of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DemandKind {
    /// They are compared.
    Compare,
    /// They are put in order.
    Order,
    /// They are keys of a map.
    Key,
    /// They are written as text.
    Encode,
    /// They are read from text.
    Decode,
}

/// Something is done with the values of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) kind: DemandKind,
    pub(crate) ty: Type,
    /// Of what does it.
    pub(crate) span: Span,
}

/// A default of a function, a record or an enum: only where nothing is given in its place does it ask for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DefaultOf {
    /// The variant whose payload it is in; `None` in a record and a function.
    pub(crate) variant: Option<usize>,
    /// Which parameter, which field of the record, or of the payload.
    pub(crate) index: usize,
}

impl DefaultOf {
    /// The defaults that count where this is given: those for which there is nothing.
    fn left_out(variant: Option<usize>, given: &[Option<Expr>]) -> Vec<DefaultOf> {
        let left_out = given.iter().enumerate().filter(|(_, given)| given.is_none());
        left_out.map(|(index, _)| DefaultOf { variant, index }).collect()
    }
}

/// A use of a generic function, or of the defaults of a generic type: they may ask something of the types it is used with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GenericUse {
    pub(crate) function: Global,
    /// The defaults that count, as nothing is given in their place.
    pub(crate) left_out: Vec<DefaultOf>,
    /// For each type parameter, its type here.
    pub(crate) args: Vec<(Arc<str>, Type)>,
    pub(crate) span: Span,
}

/// What a body asks of types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demands {
    pub(crate) demands: Vec<Demand>,
    pub(crate) uses: Vec<GenericUse>,
}

/// What the bodies of an item ask of types, each with the default that it is, when it is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemDemands(pub(crate) Vec<(Option<DefaultOf>, Demands)>);

impl ItemDemands {
    /// Those of all bodies.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Demands> {
        self.0.iter().map(|(_, demands)| demands)
    }

    /// Those that count for a use of the item.
    pub(crate) fn of_use<'a>(&'a self, left_out: &'a [DefaultOf]) -> impl Iterator<Item = &'a Demands> {
        let counts = move |of: &Option<DefaultOf>| of.is_none_or(|default| left_out.contains(&default));
        self.0.iter().filter(move |(of, _)| counts(of)).map(|(_, demands)| demands)
    }
}

impl Infer<'_> {
    /// Notes that something is done with the values of a type.
    pub(crate) fn demand(&mut self, kind: DemandKind, ty: Type, span: Span) {
        self.demands.demands.push(Demand { kind, ty, span });
    }

    /// Notes the use of a function with the types that its parameters have there: those of `given` that are none have their defaults.
    /// `value` is the first argument's place.
    pub(crate) fn generic_use(
        &mut self,
        function: &Global,
        instance: &Instance,
        given: &[Option<Expr>],
        name: Span,
        value: Option<Span>,
    ) {
        if instance.args.is_empty() {
            return;
        }
        if !function.module.0.starts_with("std/") {
            self.note_use(function, instance, DefaultOf::left_out(None, given), name);
            return;
        }
        let Some((kind, parameter)) = asked_by_std(&function.name) else { return };
        let Some(ty) = instance.args.get(parameter) else { return };
        let span = value.filter(|_| kind == DemandKind::Encode).unwrap_or(name);
        self.demand(kind, ty.clone(), span);
    }

    /// Notes that defaults of a generic record or variant count, which stand for the `given` that are none.
    pub(crate) fn generic_defaults(
        &mut self,
        item: &Global,
        variant: Option<usize>,
        instance: &Instance,
        given: &[Option<Expr>],
        name: Span,
    ) {
        let left_out = DefaultOf::left_out(variant, given);
        if instance.args.is_empty() || left_out.is_empty() || item.module.0.starts_with("std/") {
            return;
        }
        self.note_use(item, instance, left_out, name);
    }

    fn note_use(&mut self, item: &Global, instance: &Instance, left_out: Vec<DefaultOf>, span: Span) {
        let args = instance.params.iter().cloned().zip(instance.args.iter().cloned()).collect();
        self.demands.uses.push(GenericUse { function: item.clone(), left_out, args, span });
    }
}

/// What a function of the standard library asks of one of its type parameters, by its index.
fn asked_by_std(function: &str) -> Option<(DemandKind, usize)> {
    Some(match function {
        "List.contains" | "List.unique" | "List.index_of" => (DemandKind::Compare, 0),
        "List.sort" | "List.min" | "List.max" => (DemandKind::Order, 0),
        "List.sort_by" => (DemandKind::Order, 1),
        "List.group_by" => (DemandKind::Key, 1),
        "Map.get" | "Map.insert" | "Map.contains" | "Map.remove" | "Map.merge" => (DemandKind::Key, 0),
        "encode" => (DemandKind::Encode, 0),
        "decode" => (DemandKind::Decode, 0),
        _ => return None,
    })
}
