//! What a value asks for when a person asks for it: `pipe run TARGET`.

use std::sync::Arc;

use pipe_ops::{Arg, NodeId, Output};

use crate::course::{Course, State};
use crate::error::{self, Result};
use crate::machine::{Machine, Site};
use crate::value::{ActionValue, Effect, Value};

/// What must be there when a value is asked for, and how it is shown.
#[derive(Clone, Debug)]
pub enum Demand {
    /// `()`: nothing.
    Nothing,
    /// A container: its trees, so its last command succeeded.
    Build(Vec<Output>),
    /// A check: all its parts, judged one by one.
    Check(Vec<Part>),
    /// A directory, to be written or listed.
    Dir(Output),
    /// A file, to be written or described.
    File(Output),
    /// Data, to be printed; perhaps known only when a step has run.
    Data(Arg),
    /// An action.
    Action(ActionPlan),
    /// What it is, is known only in a later round; these outputs it needs in any case.
    Waiting(Vec<Output>),
    /// Several, by field, key or index.
    Many(Vec<(String, Demand)>),
}

/// What an action does, as far as that is known.
#[derive(Clone, Debug)]
pub struct ActionPlan {
    /// All its effects so far, in order, those of the actions it is made of included.
    pub effects: Vec<Arc<Effect>>,
    /// The checks that gate it.
    pub gates: Vec<Part>,
    /// What is there when it is done, so far.
    pub ends: Vec<Output>,
    /// What comes next is known only in a later round.
    pub waits: bool,
    /// What it gives.
    pub result: Box<Demand>,
}

/// A check that is judged by itself.
#[derive(Clone, Debug)]
pub struct Part {
    /// What people call it.
    pub name: Arc<str>,
    /// It holds when all of these are there without an error.
    pub judged: Vec<Output>,
    /// Its command.
    pub exec: Option<NodeId>,
    /// It keeps something, also when it failed.
    pub keeps: bool,
    /// The folder of what it keeps, when that is to be written.
    pub kept: Option<Output>,
    /// The folder of the test reports that its command left.
    pub reports: Option<Output>,
    /// What it is judged by tells only whether it held: its failure is a warning.
    pub lenient: bool,
    /// What it is, is known only in a later round.
    pub waits: bool,
    /// It is a fake that fails.
    pub(crate) fails_here: bool,
    /// Outputs that it waits for in vain.
    pub(crate) lost: Vec<Output>,
}

impl Part {
    /// What it is judged by, and the reports of its tests.
    fn outputs(&self) -> impl Iterator<Item = Output> {
        self.judged.iter().copied().chain(self.reports)
    }
}

impl Demand {
    /// What its checks keep, for whoever writes that.
    pub fn kept(&self) -> Vec<Output> {
        match self {
            Demand::Check(parts) => parts.iter().filter_map(|part| part.kept).collect(),
            _ => Vec::new(),
        }
    }

    /// The actions it has.
    pub fn actions(&self) -> Vec<&ActionPlan> {
        match self {
            Demand::Action(plan) => vec![plan],
            Demand::Many(parts) => parts.iter().flat_map(|(_, demand)| demand.actions()).collect(),
            _ => Vec::new(),
        }
    }

    /// The checks it has, judged one by one.
    pub fn parts(&self) -> Vec<&Part> {
        match self {
            Demand::Check(parts) => parts.iter().collect(),
            Demand::Action(plan) => plan.gates.iter().collect(),
            Demand::Many(parts) => parts.iter().flat_map(|(_, demand)| demand.parts()).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether some of it is known only in a later round.
    pub fn waits(&self) -> bool {
        match self {
            Demand::Waiting(_) => true,
            Demand::Check(parts) => parts.iter().any(|part| part.waits),
            Demand::Action(plan) => plan.waits,
            Demand::Many(parts) => parts.iter().any(|(_, demand)| demand.waits()),
            _ => false,
        }
    }

    /// All outputs that the engine has to give. Of an action that is what gates it, what its effects end in, and its result.
    pub fn outputs(&self) -> Vec<Output> {
        match self {
            Demand::Nothing | Demand::Data(Arg::Const(_)) => Vec::new(),
            Demand::Action(plan) => {
                let gates = plan.gates.iter().flat_map(Part::outputs);
                let ends = plan.ends.iter().copied().chain(plan.result.outputs());
                gates.chain(ends).collect()
            }
            Demand::Build(outputs) | Demand::Waiting(outputs) => outputs.clone(),
            Demand::Check(parts) => parts.iter().flat_map(Part::outputs).collect(),
            Demand::Dir(output) | Demand::File(output) | Demand::Data(Arg::Output(output)) => vec![*output],
            Demand::Many(parts) => parts.iter().flat_map(|(_, demand)| demand.outputs()).collect(),
        }
    }
}

impl Machine {
    /// What `value` asks for. `place`: where errors point.
    pub(crate) fn demand(&mut self, value: &Value, site: &Site) -> Result<Demand> {
        Ok(match value {
            Value::Unit => Demand::Nothing,
            Value::Waiting(waiting) => Demand::Waiting(waiting.needs.clone()),
            Value::Container(container) => Demand::Build(container.outputs()),
            Value::Opaque { output, .. } => Demand::Build(vec![*output]),
            Value::Dir(output) => Demand::Dir(*output),
            Value::File(output) => Demand::File(*output),
            Value::Action(action) => Demand::Action(self.action_plan(action, site)?),
            Value::Check(check) => {
                let mut parts = Vec::new();
                self.parts(check, &mut parts, site)?;
                Demand::Check(parts)
            }
            Value::Secret(_) | Value::Script(_) | Value::Function(_) | Value::Closure(_) => {
                return Err(error::invalid(format!("{} cannot be shown", value.kind()), site.place.clone()));
            }
            data if self.is_data(data) => Demand::Data(self.arg(data, site)?),
            Value::Optional(Some(inner)) => self.demand(inner, site)?,
            Value::List(items) | Value::Tuple(items) => {
                let numbered = items.iter().enumerate().map(|(i, item)| (i.to_string(), item));
                self.many(numbered.collect(), site)?
            }
            Value::Map(map) => {
                let name = |key: &pipe_ops::Datum| {
                    pipe_ops::pure::text_form(key).unwrap_or_else(|_| format!("{key:?}"))
                };
                self.many(map.entries.iter().map(|(key, value)| (name(key), value)).collect(), site)?
            }
            Value::Record(record) => {
                let names = record.decl.fields.iter().map(|field| field.name.to_string());
                self.many(names.zip(record.fields.iter()).collect(), site)?
            }
            Value::Variant(variant) => {
                let names = variant.decl.variants.get(variant.index).map(|variant| &variant.payload);
                let names = names.into_iter().flatten().map(|part| part.name.to_string());
                self.many(names.zip(variant.payload.iter()).collect(), site)?
            }
            other => {
                return Err(error::internal(
                    &format!("{} asks for nothing", other.kind()),
                    site.place.clone(),
                ));
            }
        })
    }

    fn many(&mut self, values: Vec<(String, &Value)>, site: &Site) -> Result<Demand> {
        let demands = values.into_iter().map(|(name, value)| Ok((name, self.demand(value, site)?)));
        demands.collect::<Result<_>>().map(Demand::Many)
    }

    fn action_plan(&mut self, action: &Arc<ActionValue>, site: &Site) -> Result<ActionPlan> {
        let course = if self.planning { Course::rehearsal() } else { Course::default() };
        let (course, value) = self.course_of(action, course, &site.place)?;
        let waits = course.state != State::Going;
        // What is only planned gives nothing, and a container is there when what it comes of was done.
        let result = if self.is_data(&value) { self.demand(&value, site)? } else { Demand::Nothing };
        Ok(ActionPlan {
            effects: course.effects,
            gates: course.gates,
            ends: course.after,
            waits,
            result: Box::new(result),
        })
    }

    /// Whether a value holds nothing but data, known or not.
    pub(crate) fn is_data(&self, value: &Value) -> bool {
        match value {
            Value::List(items) | Value::Tuple(items) => items.iter().all(|item| self.is_data(item)),
            Value::Map(map) => map.entries.values().all(|value| self.is_data(value)),
            Value::Optional(value) => value.as_ref().is_none_or(|value| self.is_data(value)),
            Value::Record(record) => record.fields.iter().all(|field| self.is_data(field)),
            Value::Variant(variant) => variant.payload.iter().all(|part| self.is_data(part)),
            Value::Container(_) | Value::Dir(_) | Value::File(_) | Value::Check(_) | Value::Secret(_) => {
                false
            }
            Value::Waiting(_) => false,
            Value::Opaque { .. } | Value::Action(_) | Value::Script(_) => false,
            Value::Function(_) | Value::Closure(_) => false,
            _ => true,
        }
    }
}
