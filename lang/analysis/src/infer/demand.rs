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

/// A default of a record or an enum: only where it is left out does it ask for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DefaultOf {
    /// The variant whose payload it is in; `None` in a record.
    pub(crate) variant: Option<usize>,
    /// Which field of the record, or of the payload.
    pub(crate) index: usize,
}

/// A use of a generic function, or of the defaults of a generic type: they may ask something of the types it is used with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GenericUse {
    pub(crate) function: Global,
    /// Of a type, the defaults that count, as nothing is given in their place; `None` for a function.
    pub(crate) left_out: Option<Vec<DefaultOf>>,
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

/// What the bodies of an item ask of types, each with the default that it is, when it is that of a record or an enum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemDemands(pub(crate) Vec<(Option<DefaultOf>, Demands)>);

impl ItemDemands {
    /// Those of all bodies.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Demands> {
        self.0.iter().map(|(_, demands)| demands)
    }

    /// Those that count for a use of the item.
    pub(crate) fn of_use<'a>(
        &'a self,
        left_out: Option<&'a [DefaultOf]>,
    ) -> impl Iterator<Item = &'a Demands> {
        let counts = move |of: &Option<DefaultOf>| match (of, left_out) {
            (Some(default), Some(left_out)) => left_out.contains(default),
            _ => true,
        };
        self.0.iter().filter(move |(of, _)| counts(of)).map(|(_, demands)| demands)
    }
}

impl Infer<'_> {
    /// Notes that something is done with the values of a type.
    pub(crate) fn demand(&mut self, kind: DemandKind, ty: Type, span: Span) {
        self.demands.demands.push(Demand { kind, ty, span });
    }

    /// Notes the use of a function with the types that its parameters have there. `value` is the first argument's place.
    pub(crate) fn generic_use(
        &mut self,
        function: &Global,
        instance: &Instance,
        name: Span,
        value: Option<Span>,
    ) {
        if instance.args.is_empty() {
            return;
        }
        if !function.module.0.starts_with("std/") {
            let args = instance.params.iter().cloned().zip(instance.args.iter().cloned()).collect();
            let function = function.clone();
            self.demands.uses.push(GenericUse { function, left_out: None, args, span: name });
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
        let left_out = given.iter().enumerate().filter(|(_, given)| given.is_none());
        let left_out: Vec<_> = left_out.map(|(index, _)| DefaultOf { variant, index }).collect();
        if instance.args.is_empty() || left_out.is_empty() || item.module.0.starts_with("std/") {
            return;
        }
        let args = instance.params.iter().cloned().zip(instance.args.iter().cloned()).collect();
        let left_out = Some(left_out);
        self.demands.uses.push(GenericUse { function: item.clone(), left_out, args, span: name });
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
