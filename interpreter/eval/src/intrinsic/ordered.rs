//! What compares values: `==`, `<` and their like, `contains`, `unique`, `sort`, `sort_by`, `min`, `max`.
//!
//! The order of a type follows from its parts. Where the data alone does not say it (variants stand in the order of their
//! declaration, versions and ports are compared as numbers) the type goes along.

use std::collections::HashSet;

use pipe_analysis::typed::{FunctionParam, Type};
use pipe_ops::pure::{self, Shapes};
use pipe_ops::{Arg, Datum};

use super::shape::Defaults;
use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::{Machine, Site, qualified};
use crate::value::Value;

pub(super) const TABLE: Table = &[
    ("List.sort", Entry::Run(|machine, call| with_order(machine, call, "List.sort"))),
    ("List.min", Entry::Run(|machine, call| with_order(machine, call, "List.min"))),
    ("List.max", Entry::Run(|machine, call| with_order(machine, call, "List.max"))),
    ("List.sort_by", Entry::Run(sort_by)),
    ("List.contains", Entry::Run(|machine, call| with_equality(machine, call, "List.contains"))),
    ("List.index_of", Entry::Run(|machine, call| with_equality(machine, call, "List.index_of"))),
    ("List.unique", Entry::Run(|machine, call| with_equality(machine, call, "List.unique"))),
];

/// How many types are looked at behind one: a generic record may mention itself with ever larger arguments.
const MOST_TYPES: usize = 1_000;

impl Machine {
    /// What has to be known of a type to put its values in order; `None` when the data says it.
    pub(crate) fn order_of(&mut self, ty: &Type, site: &Site) -> Result<Option<Shapes>> {
        if is_simple(ty) {
            return Ok(None);
        }
        let shapes = self.shapes_of(ty, Defaults::Dropped, site)?;
        let plain = shapes.enums.is_empty() && !self.holds_numbers(ty);
        Ok((!plain).then_some(shapes))
    }

    /// An operator that compares two values of a type.
    pub(crate) fn compare(
        &mut self,
        function: &str,
        ty: &Type,
        sides: [&Value; 2],
        result: &Type,
        site: &Site,
    ) -> Result<Value> {
        let mut args = Vec::with_capacity(3);
        for side in sides {
            args.push(self.arg(side, site)?);
        }
        args.extend(match function {
            "equal" | "not_equal" => self.equality_argument(ty, site)?,
            _ => self.order_argument(ty, site)?,
        });
        self.apply_args(function, args, result, site)
    }

    fn order_argument(&mut self, ty: &Type, site: &Site) -> Result<Option<Arg>> {
        self.order_of(ty, site)?.map(|shapes| argument(&shapes, site)).transpose()
    }

    /// What has to be known of a type to tell whether two of its values are equal: `1.2` is the version `1.2.0`.
    fn equality_argument(&mut self, ty: &Type, site: &Site) -> Result<Option<Arg>> {
        if is_simple(ty) || !self.holds_numbers(ty) {
            return Ok(None);
        }
        let shapes = self.shapes_of(ty, Defaults::Dropped, site)?;
        argument(&shapes, site).map(Some)
    }

    /// Whether a type has a part whose texts are compared as numbers.
    fn holds_numbers(&self, ty: &Type) -> bool {
        let mut open = vec![ty.clone()];
        let mut seen = HashSet::new();
        while let Some(ty) = open.pop() {
            match &ty {
                Type::Checked(kind) if pure::is_number(kind.name()) => return true,
                Type::List(inner) | Type::Optional(inner) => open.push((**inner).clone()),
                Type::Map(key, value) => open.extend([(**key).clone(), (**value).clone()]),
                Type::Tuple(parts) => open.extend(parts.iter().cloned()),
                Type::Record(..) | Type::Enum(..) if seen.len() < MOST_TYPES && !seen.contains(&ty) => {
                    open.extend(self.types_in(&ty));
                    seen.insert(ty);
                }
                _ => {}
            }
        }
        false
    }

    /// The types of a record's fields, or of an enum's payloads.
    fn types_in(&self, ty: &Type) -> Vec<Type> {
        let of = |fields: &mut dyn Iterator<Item = &FunctionParam>, type_params, args| -> Vec<Type> {
            fields.map(|field| field.ty.substituted(type_params, args)).collect()
        };
        match ty {
            Type::Record(global, args) => self
                .record_named(&qualified(global))
                .map_or_else(Vec::new, |decl| of(&mut decl.fields.iter(), &decl.type_params, args)),
            Type::Enum(global, args) => self.enum_named(&qualified(global)).map_or_else(Vec::new, |decl| {
                of(&mut decl.variants.iter().flat_map(|variant| &variant.payload), &decl.type_params, args)
            }),
            _ => Vec::new(),
        }
    }
}

/// Whether the data alone says the order of a type's values, at one look.
fn is_simple(ty: &Type) -> bool {
    match ty {
        Type::Bool | Type::Int | Type::Float | Type::String | Type::Duration | Type::Size | Type::Unit => {
            true
        }
        Type::Checked(kind) => !pure::is_number(kind.name()),
        _ => false,
    }
}

/// A type as an argument of a pure function.
fn argument(shapes: &Shapes, site: &Site) -> Result<Arg> {
    let text = shapes.to_datum().map_err(|e| error::internal(&e.to_string(), site.place.clone()))?;
    Ok(Arg::Const(text))
}

/// Comparing so many elements costs as much as an expression.
const COMPARED_PER_STEP: usize = 4;

impl Call<'_> {
    /// Counts what sorting so many elements takes.
    fn count_sorting(&self, machine: &mut Machine, count: usize) -> Result<()> {
        let rounds = usize::BITS - count.leading_zeros();
        machine.step(count * rounds as usize / COMPARED_PER_STEP, self.frame, self.span())
    }
}

fn with_order(machine: &mut Machine, call: &Call<'_>, function: &str) -> Result<Value> {
    let site = call.site(machine);
    if let Value::List(items) = call.arg(0)? {
        call.count_sorting(machine, items.len())?;
    }
    let mut args = vec![machine.arg(call.arg(0)?, &site)?];
    args.extend(machine.order_argument(call.type_arg(0)?, &site)?);
    machine.apply_args(function, args, call.ty, &site)
}

/// The arguments of the call, and the type of the elements where `==` needs it.
fn with_equality(machine: &mut Machine, call: &Call<'_>, function: &str) -> Result<Value> {
    let site = call.site(machine);
    let mut args = Vec::with_capacity(call.args.len() + 1);
    for value in &call.args {
        args.push(machine.arg(value, &site)?);
    }
    args.extend(machine.equality_argument(call.type_arg(0)?, &site)?);
    machine.apply_args(function, args, call.ty, &site)
}

/// By what a function gives for each element; elements may be anything, and equal ones keep their order.
fn sort_by(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let items = call.list(machine, 0)?;
    call.count_sorting(machine, items.len())?;
    let keys = call.keys(machine, 1)?;
    let site = call.site(machine);
    let shapes = machine.order_of(call.type_arg(1)?, &site)?;
    let mut keyed: Vec<(Datum, Value)> = keys.into_iter().zip(items.iter().cloned()).collect();
    keyed.sort_by(|(a, _), (b, _)| pure::order(shapes.as_ref(), a, b));
    call.made(machine, keyed.into_iter().map(|(_, item)| item).collect())
}
