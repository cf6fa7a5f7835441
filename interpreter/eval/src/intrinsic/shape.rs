//! Types as data: what `decode` and `parse` are told to read, and what says in which order values stand.

use std::sync::Arc;

use pipe_analysis::typed::{FunctionParam, Global, Type};
use pipe_ops::Datum;
use pipe_ops::pure::{EnumShape, FieldShape, RecordShape, Shape, Shapes, VariantShape};

use crate::error::{self, Result};
use crate::frame::Frame;
use crate::machine::{Machine, Site, qualified};

/// Whether a shape says what stands for a field that is left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defaults {
    Kept,
    Dropped,
}

/// A shape that is being made.
struct Maker<'a> {
    machine: &'a mut Machine,
    site: &'a Site,
    defaults: Defaults,
    shapes: Shapes,
}

impl Machine {
    /// A type as an argument of a pure function.
    pub(crate) fn shapes(&mut self, ty: &Type, defaults: Defaults, site: &Site) -> Result<Datum> {
        let shapes = self.shapes_of(ty, defaults, site)?;
        shapes.to_datum().map_err(|e| error::internal(&e.to_string(), site.place.clone()))
    }

    /// A type as data.
    pub(crate) fn shapes_of(&mut self, ty: &Type, defaults: Defaults, site: &Site) -> Result<Shapes> {
        let shapes = Shapes { root: Shape::Unit, records: Default::default(), enums: Default::default() };
        let mut maker = Maker { machine: self, site, defaults, shapes };
        maker.shapes.root = maker.shape(ty)?;
        Ok(maker.shapes)
    }
}

impl Maker<'_> {
    /// The shape of a type; the records and enums it names are entered.
    fn shape(&mut self, ty: &Type) -> Result<Shape> {
        Ok(match ty {
            Type::Unit => Shape::Unit,
            Type::Bool => Shape::Bool,
            Type::Int => Shape::Int,
            Type::Float => Shape::Float,
            Type::String => Shape::String,
            Type::Duration => Shape::Duration,
            Type::Size => Shape::Size,
            Type::Checked(kind) => Shape::Checked(kind.name().to_owned()),
            Type::List(element) => Shape::List(self.shape(element)?.into()),
            Type::Map(key, value) => Shape::Map(self.shape(key)?.into(), self.shape(value)?.into()),
            Type::Optional(inner) => Shape::Optional(self.shape(inner)?.into()),
            Type::Tuple(parts) => {
                Shape::Tuple(parts.iter().map(|part| self.shape(part)).collect::<Result<_>>()?)
            }
            Type::Record(global, args) => Shape::Record(self.record(global, args)?),
            Type::Enum(global, args) => Shape::Enum(self.variants(global, args)?),
            _ => {
                let message = format!("a text cannot be decoded as `{ty}`");
                return Err(error::invalid(message, self.site.place.clone())
                    .help("give it a type of plain data: records, lists, maps, texts, numbers"));
            }
        })
    }

    fn record(&mut self, global: &Global, args: &[Type]) -> Result<String> {
        let key = key(global, args);
        if self.shapes.records.contains_key(&key) {
            return Ok(key);
        }
        let name: Arc<str> = qualified(global).into();
        let decl = self.machine.record_named(&name).cloned();
        let decl =
            decl.ok_or_else(|| error::internal(&format!("no record `{name}`"), self.site.place.clone()))?;
        // Entered before its fields, which may name it.
        self.shapes.records.insert(key.clone(), RecordShape { name: name.clone(), fields: Vec::new() });
        let frame = Frame::item(decl.origin.clone(), decl.global.name.clone());
        let fields = self.fields((global, 0), &decl.fields, (&decl.type_params, args), &frame)?;
        self.shapes.records.insert(key.clone(), RecordShape { name, fields });
        Ok(key)
    }

    fn variants(&mut self, global: &Global, args: &[Type]) -> Result<String> {
        let key = key(global, args);
        if self.shapes.enums.contains_key(&key) {
            return Ok(key);
        }
        let name: Arc<str> = qualified(global).into();
        let decl = self.machine.enum_named(&name).cloned();
        let decl =
            decl.ok_or_else(|| error::internal(&format!("no enum `{name}`"), self.site.place.clone()))?;
        self.shapes.enums.insert(key.clone(), EnumShape { name: name.clone(), variants: Vec::new() });
        let frame = Frame::item(decl.origin.clone(), decl.global.name.clone());
        let mut variants = Vec::with_capacity(decl.variants.len());
        for (index, variant) in decl.variants.iter().enumerate() {
            let payload =
                self.fields((global, index), &variant.payload, (&decl.type_params, args), &frame)?;
            variants.push(VariantShape { name: variant.name.clone(), payload });
        }
        self.shapes.enums.insert(key.clone(), EnumShape { name, variants });
        Ok(key)
    }

    fn fields(
        &mut self,
        (item, part): (&Global, usize),
        fields: &[FunctionParam],
        (type_params, args): (&[Arc<str>], &[Type]),
        frame: &Arc<Frame>,
    ) -> Result<Vec<FieldShape>> {
        let mut out = Vec::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            let shape = self.shape(&field.ty.substituted(type_params, args))?;
            let default = match &field.default {
                Some(_) if self.defaults == Defaults::Kept => {
                    let value = self.machine.default((item, part, index), field, frame, &self.site.place)?;
                    // A default that is known only later leaves the field required.
                    self.machine.known_datum(&value, self.site)?
                }
                _ => None,
            };
            out.push(FieldShape { name: field.name.clone(), shape, default });
        }
        Ok(out)
    }
}

/// The name of an instance: `main.Pair[Int, String]`.
fn key(global: &Global, args: &[Type]) -> String {
    let args: Vec<String> = args.iter().map(|arg| format!("{arg:?}")).collect();
    if args.is_empty() { qualified(global) } else { format!("{}[{}]", qualified(global), args.join(", ")) }
}
