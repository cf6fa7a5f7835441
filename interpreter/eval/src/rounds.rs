//! Rounds: what is known of outputs, and what an evaluation waits for.
//!
//! An evaluation goes as far as the known outputs allow. Where control flow needs another one, that is noted and the expression
//! has the value [`Value::Waiting`]; what stands beside it is evaluated as ever. When one of the awaited outputs is there, the
//! same targets are evaluated again: what depends on nothing unknown comes from the memo, the graph only grows, and a value that
//! is known stays an edge of the graph, so that a node has the same definition in every round.

use std::collections::HashMap;
use std::sync::Arc;

use pipe_diagnostics::FileSpan;
use pipe_ops::{Datum, Op, Output};
use pipe_syntax::Span;

use crate::error::{self, ErrorKind, EvalError, Result};
use crate::frame::Frame;
use crate::machine::{Machine, Site};
use crate::simulation::SIMULATED;
use crate::value::{Items, RecordValue, Value, VariantValue, map_value};

/// What is known of outputs that control flow asked for.
pub type KnownOutputs = HashMap<Output, Known>;

/// What became of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Its value.
    Value(Datum),
    /// It has none and will have none: its node failed.
    Lost,
}

/// An output that control flow waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The output.
    pub output: Output,
    /// What needs it: `` `if` ``, `` `match` ``.
    pub what: Arc<str>,
    /// The step it comes from, for people.
    pub source: Arc<str>,
    /// The expression that needs it.
    pub place: FileSpan,
}

/// What an expression waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// This.
    For(Box<Awaited>),
    /// What a value waits for that it needs; the outputs that it waits for in vain.
    Along(Vec<Output>),
}

/// A value that is known only in a later round.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Told apart from others by this.
    pub(crate) id: u64,
    /// Outputs that it will need, whatever comes: they can be had meanwhile.
    pub needs: Vec<Output>,
    /// Outputs that it waits for in vain: their nodes failed.
    pub(crate) lost: Vec<Output>,
}

/// What a value without others in it becomes.
pub(crate) type Leaf<'a> = &'a dyn Fn(&mut Machine, &Value) -> Result<Value>;

/// What is behind an output.
struct Sources {
    /// An operation that is not there yet.
    declared: Option<Arc<str>>,
    /// An effect.
    effect: Option<Arc<str>>,
    /// It is an effect of an action that is only simulated.
    simulated: bool,
    /// The step that it comes from.
    source: Arc<str>,
}

/// What this round waits for.
#[derive(Debug, Default)]
pub(crate) struct Round {
    known: KnownOutputs,
    awaited: Vec<Awaited>,
    made: u64,
}

impl Round {
    /// The next one, with what is known now.
    pub(crate) fn next(&mut self, known: &KnownOutputs) {
        self.known.clone_from(known);
        self.awaited.clear();
    }

    /// What is awaited, each output once.
    pub(crate) fn awaited(&self) -> &[Awaited] {
        &self.awaited
    }
}

impl Machine {
    /// A value that is known only in a later round.
    pub(crate) fn waiting(&mut self, mut needs: Vec<Output>, lost: Vec<Output>) -> Value {
        needs.sort_unstable();
        needs.dedup();
        self.round.made += 1;
        Value::Waiting(Arc::new(Waiting { id: self.round.made, needs, lost }))
    }

    /// A symbolic value whose output is known, as what it is; any other as it is.
    pub(crate) fn resolved(&mut self, value: Value, site: &Site) -> Result<Value> {
        let Value::Symbolic(symbolic) = &value else { return Ok(value) };
        match self.known(symbolic.output) {
            Some(Known::Value(datum)) => self.datum_value(datum, site),
            Some(Known::Lost) | None => Ok(value),
        }
    }

    /// What is known of an output: by a run, or by a simulation in progress.
    pub(crate) fn known(&mut self, output: Output) -> Option<Known> {
        self.round.known.get(&output).cloned().or_else(|| self.simulated(output))
    }

    /// As [`Machine::resolved`], of an expression.
    pub(crate) fn resolved_at(&mut self, value: Value, frame: &Arc<Frame>, span: Span) -> Result<Value> {
        if !matches!(value, Value::Symbolic(_)) {
            return Ok(value);
        }
        let site = self.site(frame, span);
        self.resolved(value, &site)
    }

    /// Whether what is known of an output is so. No value of a run is copied for the answer.
    fn is(&mut self, output: Output, so: fn(&Known) -> bool) -> bool {
        match self.round.known.get(&output) {
            Some(known) => so(known),
            None => self.simulated(output).is_some_and(|known| so(&known)),
        }
    }

    /// Whether an output will have no value.
    pub(crate) fn is_lost(&mut self, output: Output) -> bool {
        self.is(output, |known| matches!(known, Known::Lost))
    }

    /// Whether an output's value is known.
    pub(crate) fn is_known(&mut self, output: Output) -> bool {
        self.is(output, |known| matches!(known, Known::Value(_)))
    }

    /// The error that control flow gives when it needs `output` and it is not known: the expression waits then.
    pub(crate) fn later(&self, what: &str, output: Output, place: FileSpan) -> Box<EvalError> {
        let Sources { declared, effect, simulated, source } = self.sources(output);
        if let Some(operation) = declared {
            return error::not_there_yet(&operation, place);
        }
        if let Some(name) = effect.filter(|_| simulated || self.in_rehearsal()) {
            return error::known_later(what, &name, simulated, place);
        }
        let awaited = Awaited { output, what: what.into(), source, place: place.clone() };
        error::waits(Wait::For(Box::new(awaited)), place)
    }

    /// Ends what waits: notes what for, and gives the value that stands for it. Any other error is passed on.
    pub(crate) fn waits(&mut self, error: Box<EvalError>, needs: Vec<Output>) -> Result<Value> {
        let awaited = match &error.kind {
            ErrorKind::Waits(Wait::For(awaited)) => awaited,
            ErrorKind::Waits(Wait::Along(lost)) => {
                let lost = lost.clone();
                return Ok(self.waiting(needs, lost));
            }
            _ => return Err(error),
        };
        let lost = if self.is_lost(awaited.output) { vec![awaited.output] } else { Vec::new() };
        if self.is_known(awaited.output) {
            let what = format!("{} passes over a value that is known", awaited.what);
            return Err(error::internal(&what, awaited.place.clone()));
        }
        if !self.round.awaited.iter().any(|other| other.output == awaited.output) {
            self.round.awaited.push(awaited.as_ref().clone());
        }
        Ok(self.waiting(needs, lost))
    }

    /// Evaluates what is not needed: what it would wait for is not asked for.
    pub(crate) fn aside<T>(&mut self, work: impl FnOnce(&mut Machine) -> T) -> T {
        let before = self.round.awaited.len();
        let result = work(self);
        self.round.awaited.truncate(before);
        result
    }

    /// A value with every use of a known output replaced by what it is, where that is data.
    pub(crate) fn substituted(&mut self, value: &Value, output: Output, site: &Site) -> Result<Value> {
        let resolve = |machine: &mut Machine, leaf: &Value| match leaf {
            Value::Symbolic(symbolic) if symbolic.output == output => machine.resolved(leaf.clone(), site),
            other => Ok(other.clone()),
        };
        self.with_leaves(value, &resolve, site)
    }

    /// A value with all that holds no other values put through `leaf`.
    pub(crate) fn with_leaves(&mut self, value: &Value, leaf: Leaf<'_>, site: &Site) -> Result<Value> {
        self.meter.steps(1).map_err(|exceeded| error::limit(&exceeded.0, site.place.clone()))?;
        Ok(match value {
            Value::List(items) => Value::List(self.items_with_leaves(items, leaf, site)?),
            Value::Tuple(items) => Value::Tuple(self.items_with_leaves(items, leaf, site)?),
            Value::Optional(Some(inner)) => Value::optional(Some(self.with_leaves(inner, leaf, site)?)),
            Value::Record(record) => Value::Record(Arc::new(RecordValue {
                decl: record.decl.clone(),
                fields: self.items_with_leaves(&record.fields, leaf, site)?,
            })),
            Value::Variant(variant) => Value::Variant(Arc::new(VariantValue {
                decl: variant.decl.clone(),
                index: variant.index,
                payload: self.items_with_leaves(&variant.payload, leaf, site)?,
            })),
            Value::Map(map) => {
                let pairs = map.entries.iter();
                let pairs = pairs.map(|(key, value)| Ok((key.clone(), self.with_leaves(value, leaf, site)?)));
                map_value(pairs.collect::<Result<_>>()?)
            }
            other => leaf(self, other)?,
        })
    }

    fn items_with_leaves(&mut self, items: &[Value], leaf: Leaf<'_>, site: &Site) -> Result<Items> {
        let items = items.iter().map(|item| self.with_leaves(item, leaf, site));
        Ok(Items::new(items.collect::<Result<_>>()?))
    }

    /// What is behind an output.
    fn sources(&self, output: Output) -> Sources {
        let needed = self.graph.reachable(&[output]);
        let nodes = || needed.iter().rev().filter_map(|id| self.graph.get(*id));
        let operations = || {
            nodes().filter_map(|node| match &node.op {
                Op::Declared { operation, .. } => Some(operation),
                _ => None,
            })
        };
        let declared = operations().find(|operation| ***operation != *SIMULATED).cloned();
        let simulated = operations().any(|operation| **operation == *SIMULATED);
        let effect = nodes().find_map(|node| match &node.op {
            Op::Effect(effect) => Some(effect.name.clone()),
            _ => None,
        });
        let step = nodes().find(|node| matches!(node.op, Op::Exec(_) | Op::Effect(_)));
        let step = step.or_else(|| nodes().next());
        let source = step.and_then(|node| match &node.op {
            Op::Effect(effect) => Some(effect.name.clone()),
            _ => node.origins.first().map(|origin| origin.name.clone()),
        });
        Sources { declared, effect, simulated, source: source.unwrap_or_else(|| "a step".into()) }
    }

    /// Refuses what stands on an effect that was only simulated: nobody may do it to have a value.
    pub(crate) fn check_not_simulated(
        &self,
        what: &str,
        outputs: impl IntoIterator<Item = Output>,
        place: &FileSpan,
    ) -> Result<()> {
        if !self.has_simulated {
            return Ok(());
        }
        for output in outputs {
            let Sources { simulated, effect, source, .. } = self.sources(output);
            if simulated {
                return Err(error::known_later(what, &effect.unwrap_or(source), true, place.clone()));
            }
        }
        Ok(())
    }

    /// As [`Machine::later`], for a value that is or holds something that is not known; another value breaks the checker's
    /// promise.
    pub(crate) fn unusable(&self, what: &str, value: &Value, place: FileSpan) -> Box<EvalError> {
        match value.unknown_part() {
            Some(Value::Symbolic(symbolic)) => self.later(what, symbolic.output, place),
            Some(Value::Waiting(waiting)) => error::waits(Wait::Along(waiting.lost.clone()), place),
            Some(_) => error::waits(Wait::Along(Vec::new()), place),
            None => error::internal(&format!("{what} got {}", value.kind()), place),
        }
    }
}

impl Value {
    /// Whether it is or holds this output as data that is not known.
    pub(crate) fn mentions(&self, output: Output) -> bool {
        let any = |items: &[Value]| items.iter().any(|item| item.mentions(output));
        match self {
            Value::Symbolic(symbolic) => symbolic.output == output,
            Value::List(items) | Value::Tuple(items) => any(items),
            Value::Optional(Some(inner)) => inner.mentions(output),
            Value::Record(record) => any(&record.fields),
            Value::Variant(variant) => any(&variant.payload),
            Value::Map(map) => map.entries.values().any(|value| value.mentions(output)),
            _ => false,
        }
    }

    /// Outputs of the engine that it stands on: what a value that is made of it will need.
    pub(crate) fn needs(&self, into: &mut Vec<Output>) {
        match self {
            Value::Container(container) => into.extend(container.outputs()),
            Value::Dir(output) | Value::File(output) | Value::Opaque { output, .. } => into.push(*output),
            Value::Waiting(waiting) => into.extend(&waiting.needs),
            Value::List(items) | Value::Tuple(items) => items.iter().for_each(|item| item.needs(into)),
            Value::Optional(Some(inner)) => inner.needs(into),
            _ => {}
        }
    }
}
