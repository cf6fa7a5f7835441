//! What puts values in order: `<` and its like, `sort`, `sort_by`, `min`, `max`.
//!
//! The order of a type follows from its parts. Where the data alone does not say it (variants stand in the order of their
//! declaration, versions and ports are ordered as numbers) the type goes along.

use pipe_analysis::typed::Type;
use pipe_ops::pure::{self, Shape, Shapes};
use pipe_ops::{Arg, Datum};

use super::shape::Defaults;
use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::{Machine, Site};
use crate::value::Value;

pub(super) const TABLE: Table = &[
    ("List.sort", Entry::Run(|machine, call| with_order(machine, call, "List.sort"))),
    ("List.min", Entry::Run(|machine, call| with_order(machine, call, "List.min"))),
    ("List.max", Entry::Run(|machine, call| with_order(machine, call, "List.max"))),
    ("List.sort_by", Entry::Run(sort_by)),
];

impl Machine {
    /// What has to be known of a type to put its values in order; `None` when the data says it.
    pub(crate) fn order_of(&mut self, ty: &Type, site: &Site) -> Result<Option<Shapes>> {
        let simple = match ty {
            Type::Bool
            | Type::Int
            | Type::Float
            | Type::String
            | Type::Duration
            | Type::Size
            | Type::Unit => true,
            Type::Checked(kind) => !pure::is_number(kind.name()),
            _ => false,
        };
        if simple {
            return Ok(None);
        }
        let shapes = self.shapes_of(ty, Defaults::Dropped, site)?;
        let fields = || shapes.records.values().flat_map(|record| &record.fields).map(|field| &field.shape);
        let plain = shapes.enums.is_empty() && !has_numbers(&shapes.root) && !fields().any(has_numbers);
        Ok((!plain).then_some(shapes))
    }

    /// `less` or `less_equal` of two values of a type.
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
        args.extend(self.order_argument(ty, site)?);
        self.apply_args(function, args, result, site)
    }

    fn order_argument(&mut self, ty: &Type, site: &Site) -> Result<Option<Arg>> {
        let Some(shapes) = self.order_of(ty, site)? else { return Ok(None) };
        let text = shapes.to_datum().map_err(|e| error::internal(&e.to_string(), site.place.clone()))?;
        Ok(Some(Arg::Const(text)))
    }
}

/// Whether a shape holds a text that is ordered as a number, outside the records that it names.
fn has_numbers(shape: &Shape) -> bool {
    match shape {
        Shape::Checked(kind) => pure::is_number(kind),
        Shape::List(inner) | Shape::Optional(inner) => has_numbers(inner),
        Shape::Map(key, value) => has_numbers(key) || has_numbers(value),
        Shape::Tuple(parts) => parts.iter().any(has_numbers),
        _ => false,
    }
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
