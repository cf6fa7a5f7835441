//! Between values and plain data.

use std::sync::Arc;

use indexmap::IndexMap;
use pipe_analysis::typed::FunctionParam;
use pipe_ops::{Arg, Datum, Op};

use super::{Items, MapValue, RecordValue, Value, VariantValue};
use crate::budget::Exceeded;
use crate::error::{self, Result};
use crate::machine::{Machine, Site, qualified};

/// So many bytes of a text cost as much as an expression.
const BYTES_PER_STEP: usize = 256;

/// Why a value is not plain data.
enum NoDatum {
    /// It is or holds something symbolic.
    Symbolic,
    /// It is or holds something that waits for a later round.
    Waiting,
    /// It is or holds something that is no data, with its kind.
    Kind(&'static str),
    /// The budget is used up: shared parts count each time they occur.
    Limit(Exceeded),
}

impl Value {
    /// The first value that it is or holds and that is not known: symbolic, or waiting.
    pub(crate) fn unknown_part(&self) -> Option<&Value> {
        match self {
            Value::Symbolic(_) | Value::Waiting(_) => Some(self),
            Value::List(items) | Value::Tuple(items) => items.iter().find_map(Value::unknown_part),
            Value::Map(map) => map.entries.values().find_map(Value::unknown_part),
            Value::Optional(Some(value)) => value.unknown_part(),
            Value::Record(record) => record.fields.iter().find_map(Value::unknown_part),
            Value::Variant(variant) => variant.payload.iter().find_map(Value::unknown_part),
            _ => None,
        }
    }
}

impl Machine {
    /// A value as plain data, if it is fully known data; `None` if it holds something symbolic or is no data.
    pub(crate) fn known_datum(&mut self, value: &Value, site: &Site) -> Result<Option<Datum>> {
        match self.datum(value) {
            Ok(datum) => Ok(Some(datum)),
            Err(NoDatum::Symbolic | NoDatum::Kind(_)) => Ok(None),
            Err(NoDatum::Waiting) => Err(self.unusable("data", value, site.place.clone())),
            Err(NoDatum::Limit(Exceeded(what))) => Err(error::limit(&what, site.place.clone())),
        }
    }

    /// A value as an argument of an op: known data, or the edge that gives it.
    pub(crate) fn arg(&mut self, value: &Value, site: &Site) -> Result<Arg> {
        match self.datum(value) {
            Ok(datum) => Ok(Arg::Const(datum)),
            Err(NoDatum::Symbolic) => self.edge(value, site).map(Arg::Output),
            Err(NoDatum::Waiting) => Err(self.unusable("data", value, site.place.clone())),
            Err(NoDatum::Kind(kind)) => {
                let message = format!("{kind} cannot be used as data here");
                Err(error::invalid(message, site.place.clone()))
            }
            Err(NoDatum::Limit(Exceeded(what))) => Err(error::limit(&what, site.place.clone())),
        }
    }

    fn datum(&mut self, value: &Value) -> Result<Datum, NoDatum> {
        self.meter.steps(1).map_err(NoDatum::Limit)?;
        Ok(match value {
            Value::Unit => Datum::Unit,
            Value::Bool(value) => Datum::Bool(*value),
            Value::Int(number) => Datum::Int(*number),
            Value::Float(number) => Datum::Float(*number),
            Value::Text(text) => {
                // What is done with a text takes the longer the longer it is.
                self.meter.steps(text.len() / BYTES_PER_STEP).map_err(NoDatum::Limit)?;
                Datum::Text(text.clone())
            }
            Value::Duration(nanoseconds) => Datum::Duration(*nanoseconds),
            Value::Size(bytes) => Datum::Size(*bytes),
            Value::List(items) => Datum::List(self.data(items)?),
            Value::Tuple(items) => Datum::Tuple(self.data(items)?),
            Value::Map(map) => {
                let pairs = map.entries.iter().map(|(key, value)| Ok((key.clone(), self.datum(value)?)));
                Datum::Map(pairs.collect::<Result<_, _>>()?)
            }
            Value::Optional(value) => {
                Datum::Optional(value.as_ref().map(|value| self.datum(value)).transpose()?.map(Box::new))
            }
            Value::Record(record) => Datum::Record {
                name: qualified(&record.decl.global).into(),
                fields: self.named(&record.decl.fields, &record.fields)?,
            },
            Value::Variant(value) => self.variant_datum(value)?,
            Value::Symbolic(_) => return Err(NoDatum::Symbolic),
            Value::Waiting(_) => return Err(NoDatum::Waiting),
            other => return Err(NoDatum::Kind(other.kind())),
        })
    }

    fn data(&mut self, items: &[Value]) -> Result<Vec<Datum>, NoDatum> {
        items.iter().map(|item| self.datum(item)).collect()
    }

    fn variant_datum(&mut self, value: &VariantValue) -> Result<Datum, NoDatum> {
        let Some(variant) = value.decl.variants.get(value.index) else {
            return Err(NoDatum::Kind("a variant"));
        };
        Ok(Datum::Variant {
            name: qualified(&value.decl.global).into(),
            variant: variant.name.clone(),
            payload: self.named(&variant.payload, &value.payload)?,
        })
    }

    fn named(
        &mut self,
        names: &[FunctionParam],
        values: &[Value],
    ) -> Result<Vec<(Arc<str>, Datum)>, NoDatum> {
        names.iter().zip(values).map(|(name, value)| Ok((name.name.clone(), self.datum(value)?))).collect()
    }

    /// The edge of a value that holds something symbolic: builders put it together when the parts are there.
    fn edge(&mut self, value: &Value, site: &Site) -> Result<pipe_ops::Output> {
        let (function, mut args) = match value {
            Value::Symbolic(symbolic) => return Ok(symbolic.output),
            Value::List(items) => ("make.list", self.args(items, site)?),
            Value::Tuple(items) => ("make.tuple", self.args(items, site)?),
            Value::Optional(Some(inner)) => ("make.some", vec![self.arg(inner, site)?]),
            Value::Map(map) => {
                let mut args = Vec::with_capacity(2 * map.entries.len());
                for (key, value) in &map.entries {
                    args.extend([Arg::Const(key.clone()), self.arg(value, site)?]);
                }
                ("make.map", args)
            }
            Value::Record(record) => {
                let head = vec![Arg::text(qualified(&record.decl.global)), names(&record.decl.fields)];
                ("make.record", [head, self.args(&record.fields, site)?].concat())
            }
            Value::Variant(value) => {
                let variant = value.decl.variants.get(value.index);
                let variant =
                    variant.ok_or_else(|| error::internal("no such variant", site.place.clone()))?;
                let head = vec![
                    Arg::text(qualified(&value.decl.global)),
                    Arg::text(variant.name.clone()),
                    names(&variant.payload),
                ];
                ("make.variant", [head, self.args(&value.payload, site)?].concat())
            }
            other => {
                return Err(error::internal(&format!("{} has no edge", other.kind()), site.place.clone()));
            }
        };
        args.shrink_to_fit();
        self.add_main(Op::Apply { function: function.into(), args }, site)
    }

    fn args(&mut self, items: &[Value], site: &Site) -> Result<Vec<Arg>> {
        items.iter().map(|item| self.arg(item, site)).collect()
    }

    /// Plain data as a value.
    pub(crate) fn datum_value(&mut self, datum: Datum, site: &Site) -> Result<Value> {
        self.meter
            .bytes(size_of::<Value>())
            .map_err(|Exceeded(what)| error::limit(&what, site.place.clone()))?;
        Ok(match datum {
            Datum::Unit => Value::Unit,
            Datum::Bool(value) => Value::Bool(value),
            Datum::Int(number) => Value::Int(number),
            Datum::Float(number) => Value::Float(number),
            Datum::Text(text) => {
                self.meter
                    .bytes(text.len())
                    .map_err(|Exceeded(what)| error::limit(&what, site.place.clone()))?;
                Value::Text(text)
            }
            Datum::Duration(nanoseconds) => Value::Duration(nanoseconds),
            Datum::Size(bytes) => Value::Size(bytes),
            Datum::List(items) => Value::List(self.values(items, site)?),
            Datum::Tuple(items) => Value::Tuple(self.values(items, site)?),
            Datum::Map(pairs) => {
                let pairs = pairs.into_iter().map(|(key, value)| Ok((key, self.datum_value(value, site)?)));
                map_value(pairs.collect::<Result<_>>()?)
            }
            Datum::Optional(value) => {
                Value::optional(value.map(|value| self.datum_value(*value, site)).transpose()?)
            }
            Datum::Record { name, fields } => {
                let decl = self.record_named(&name).cloned();
                let decl =
                    decl.ok_or_else(|| error::internal(&format!("no record `{name}`"), site.place.clone()))?;
                let fields = self.values(fields.into_iter().map(|(_, value)| value).collect(), site)?;
                Value::Record(Arc::new(RecordValue { decl, fields }))
            }
            Datum::Variant { name, variant, payload } => {
                let decl = self.enum_named(&name).cloned();
                let found = decl.and_then(|decl| {
                    let index = decl.variants.iter().position(|v| v.name == variant)?;
                    Some((decl, index))
                });
                let (decl, index) = found.ok_or_else(|| {
                    error::internal(&format!("no variant `{name}.{variant}`"), site.place.clone())
                })?;
                let payload = self.values(payload.into_iter().map(|(_, value)| value).collect(), site)?;
                Value::Variant(Arc::new(VariantValue { decl, index, payload }))
            }
        })
    }

    fn values(&mut self, data: Vec<Datum>, site: &Site) -> Result<Items> {
        Ok(Items::new(data.into_iter().map(|datum| self.datum_value(datum, site)).collect::<Result<_>>()?))
    }
}

/// A map of pairs.
pub(crate) fn map_value(entries: IndexMap<Datum, Value>) -> Value {
    let depth = entries.values().map(Value::depth).max().unwrap_or(0) + 1;
    let waits = entries.values().any(Value::waits);
    Value::Map(Arc::new(MapValue { entries, depth, waits }))
}

fn names(params: &[FunctionParam]) -> Arg {
    Arg::Const(Datum::List(params.iter().map(|param| Datum::Text(param.name.clone())).collect()))
}
