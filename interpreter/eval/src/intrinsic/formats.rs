//! `json`, `toml`, `yaml`, `dotenv`: `encode` is pure; `decode` takes the type that is expected along as an argument.

use std::sync::Arc;

use pipe_analysis::typed::{FunctionParam, Global, Type};
use pipe_ops::Arg;
use pipe_ops::pure::{EnumShape, FieldShape, RecordShape, Shape, Shapes, VariantShape};

use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::frame::Frame;
use crate::machine::{Machine, qualified};
use crate::value::Value;

pub(super) const JSON: Table = &[
    ("encode", Entry::Pure("json.encode")),
    ("decode", Entry::Run(|m, call| decode(m, call, "json.decode"))),
];
pub(super) const TOML: Table = &[
    ("encode", Entry::Pure("toml.encode")),
    ("decode", Entry::Run(|m, call| decode(m, call, "toml.decode"))),
];
pub(super) const YAML: Table = &[
    ("encode", Entry::Pure("yaml.encode")),
    ("decode", Entry::Run(|m, call| decode(m, call, "yaml.decode"))),
];
pub(super) const DOTENV: Table = &[
    ("encode", Entry::Pure("dotenv.encode")),
    ("decode", Entry::Run(|m, call| decode(m, call, "dotenv.decode"))),
];

fn decode(machine: &mut Machine, call: &Call<'_>, function: &str) -> Result<Value> {
    let mut shapes = Shapes { root: Shape::Unit, records: Default::default(), enums: Default::default() };
    shapes.root = machine.shape(call.ty, &[], &mut shapes, call)?;
    let shapes = shapes.to_datum().map_err(|e| error::internal(&e.to_string(), call.place()))?;
    let (text, site) = (call.arg(0)?.clone(), call.site(machine));
    let args = vec![machine.arg(&text, &site)?, Arg::Const(shapes)];
    machine.apply_args(function, args, call.ty, &site)
}

/// Type arguments by the names of their parameters.
type Bindings<'a> = &'a [(Arc<str>, Type)];

impl Machine {
    /// A type as data; the records and enums it names go into `shapes`.
    fn shape(
        &mut self,
        ty: &Type,
        bindings: Bindings<'_>,
        shapes: &mut Shapes,
        call: &Call<'_>,
    ) -> Result<Shape> {
        let mut of = |ty: &Type| self.shape(ty, bindings, shapes, call);
        Ok(match ty {
            Type::Unit => Shape::Unit,
            Type::Bool => Shape::Bool,
            Type::Int => Shape::Int,
            Type::Float => Shape::Float,
            Type::String => Shape::String,
            Type::Duration => Shape::Duration,
            Type::Size => Shape::Size,
            Type::Checked(kind) => Shape::Checked(kind.name().to_owned()),
            Type::List(element) => Shape::List(of(element)?.into()),
            Type::Map(key, value) => Shape::Map(of(key)?.into(), of(value)?.into()),
            Type::Optional(inner) => Shape::Optional(of(inner)?.into()),
            Type::Tuple(parts) => Shape::Tuple(parts.iter().map(of).collect::<Result<_>>()?),
            Type::Record(global, args) => {
                Shape::Record(self.record_shape(global, args, bindings, shapes, call)?)
            }
            Type::Enum(global, args) => Shape::Enum(self.enum_shape(global, args, bindings, shapes, call)?),
            Type::Parameter(name) => match bindings.iter().find(|(bound, _)| bound == name) {
                Some((_, ty)) => self.shape(&ty.clone(), &[], shapes, call)?,
                None => return Err(self.undecodable(ty, call)),
            },
            _ => return Err(self.undecodable(ty, call)),
        })
    }

    fn undecodable(&self, ty: &Type, call: &Call<'_>) -> Box<error::EvalError> {
        let message = format!("a text cannot be decoded as `{ty}`");
        error::invalid(message, call.place())
            .help("give it a type of plain data: records, lists, maps, texts, numbers")
    }

    fn record_shape(
        &mut self,
        global: &Global,
        args: &[Type],
        outer: Bindings<'_>,
        shapes: &mut Shapes,
        call: &Call<'_>,
    ) -> Result<String> {
        let args: Vec<Type> = args.iter().map(|arg| substituted(arg, outer)).collect();
        let key = key(global, &args);
        if shapes.records.contains_key(&key) {
            return Ok(key);
        }
        let name: Arc<str> = qualified(global).into();
        let decl = self.record_named(&name).cloned();
        let decl = decl.ok_or_else(|| error::internal(&format!("no record `{name}`"), call.place()))?;
        // Entered before its fields, which may name it.
        shapes.records.insert(key.clone(), RecordShape { name: name.clone(), fields: Vec::new() });
        let bindings: Vec<_> = decl.type_params.iter().cloned().zip(args).collect();
        let frame = Frame::item(decl.origin.clone(), decl.global.name.clone());
        let fields = self.field_shapes((global, 0), &decl.fields, &bindings, &frame, shapes, call)?;
        shapes.records.insert(key.clone(), RecordShape { name, fields });
        Ok(key)
    }

    fn enum_shape(
        &mut self,
        global: &Global,
        args: &[Type],
        outer: Bindings<'_>,
        shapes: &mut Shapes,
        call: &Call<'_>,
    ) -> Result<String> {
        let args: Vec<Type> = args.iter().map(|arg| substituted(arg, outer)).collect();
        let key = key(global, &args);
        if shapes.enums.contains_key(&key) {
            return Ok(key);
        }
        let name: Arc<str> = qualified(global).into();
        let decl = self.enum_named(&name).cloned();
        let decl = decl.ok_or_else(|| error::internal(&format!("no enum `{name}`"), call.place()))?;
        shapes.enums.insert(key.clone(), EnumShape { name: name.clone(), variants: Vec::new() });
        let bindings: Vec<_> = decl.type_params.iter().cloned().zip(args).collect();
        let frame = Frame::item(decl.origin.clone(), decl.global.name.clone());
        let mut variants = Vec::with_capacity(decl.variants.len());
        for (index, variant) in decl.variants.iter().enumerate() {
            let payload =
                self.field_shapes((global, index), &variant.payload, &bindings, &frame, shapes, call)?;
            variants.push(VariantShape { name: variant.name.clone(), payload });
        }
        shapes.enums.insert(key.clone(), EnumShape { name, variants });
        Ok(key)
    }

    fn field_shapes(
        &mut self,
        (item, part): (&Global, usize),
        fields: &[FunctionParam],
        bindings: Bindings<'_>,
        frame: &Arc<Frame>,
        shapes: &mut Shapes,
        call: &Call<'_>,
    ) -> Result<Vec<FieldShape>> {
        let mut out = Vec::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            let shape = self.shape(&field.ty, bindings, shapes, call)?;
            let default = match &field.default {
                None => None,
                Some(_) => {
                    let value = self.default((item, part, index), field, frame, &call.place())?;
                    let site = call.site(self);
                    // A default that is known only later leaves the field required.
                    self.known_datum(&value, &site)?
                }
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

/// A type with its parameters replaced.
fn substituted(ty: &Type, bindings: Bindings<'_>) -> Type {
    let of = |ty: &Type| substituted(ty, bindings);
    match ty {
        Type::Parameter(name) => {
            bindings.iter().find(|(bound, _)| bound == name).map_or_else(|| ty.clone(), |(_, ty)| ty.clone())
        }
        Type::List(element) => Type::List(of(element).into()),
        Type::Map(key, value) => Type::Map(of(key).into(), of(value).into()),
        Type::Optional(inner) => Type::Optional(of(inner).into()),
        Type::Tuple(parts) => Type::Tuple(parts.iter().map(of).collect()),
        Type::Record(global, args) => Type::Record(global.clone(), args.iter().map(of).collect()),
        Type::Enum(global, args) => Type::Enum(global.clone(), args.iter().map(of).collect()),
        other => other.clone(),
    }
}
