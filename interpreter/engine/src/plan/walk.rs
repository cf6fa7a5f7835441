//! Walking a graph for its plan.

use std::sync::Arc;

use pipe_ops::{Datum, Exec, Graph, Op, Output};

use super::look::{failed, is_made, look};
use super::{Plan, PlanNode, PlanStatus};
use crate::failure::Cause;
use crate::reach::{Needed, Reach};
use crate::results::{NodeResult, Passed};
use crate::session::HostSnapshot;
use crate::steps::exec::prepare;
use crate::steps::{Inputs, OpContext, at_once, image, perform, source};
use crate::{Engine, EngineError, HeldSecret, MissingGrant, Value, describe, services};

/// See [`Engine::plan`].
pub(crate) async fn plan(engine: &Engine, graph: &Graph, outputs: &[Output]) -> Result<Plan, EngineError> {
    let reach = Reach::of(graph, outputs)?;
    reach.check_supported(0)?;
    let host = HostSnapshot::new(engine)?;
    let context = Arc::new(OpContext::new(engine.clone(), host));
    let looks = engine.store.reads_only();
    let mut walk = Walk { context, reach, looks, results: Vec::new(), nodes: Vec::new() };
    for number in 0..walk.reach.nodes().len() as u32 {
        walk.visit(number).await?;
        if looks {
            // Nothing of it waits otherwise, and whoever looks may give up.
            tokio::task::yield_now().await;
        }
    }
    let known = outputs.iter().filter_map(|output| match walk.value(*output) {
        Ok(Value::Datum(datum)) => Some((*output, datum)),
        _ => None,
    });
    let known = known.collect();
    Ok(Plan { nodes: walk.nodes, known })
}

struct Walk {
    context: Arc<OpContext>,
    reach: Reach,
    /// The store is only looked at.
    looks: bool,
    /// By number: the result, where it is known.
    results: Vec<Option<NodeResult>>,
    nodes: Vec<PlanNode>,
}

/// What was found out about a node.
pub(super) enum Found {
    Known(NodeResult),
    Not(PlanStatus),
}

impl Walk {
    async fn visit(&mut self, number: u32) -> Result<(), EngineError> {
        let Some(needed) = self.reach.get(number) else { return Ok(()) };
        let mut planned = self.planned(number, needed)?;
        let waits_for = self.waits_for(number);
        let found = if let Op::Effect(_) = &needed.node.op {
            self.find_effect(needed)
        } else if waits_for.is_empty() {
            self.find(needed, &mut planned).await
        } else if let Some(new) = self.new_input(number, needed) {
            Ok(Found::Not(PlanStatus::WillRun { reason: Some(format!("`{new}` is other than before")) }))
        } else {
            Ok(Found::Not(PlanStatus::Unknown { waits_for }))
        };
        let result = match found {
            Ok(Found::Known(result)) => Some(result),
            Ok(Found::Not(status)) => {
                planned.status = status;
                None
            }
            Err(cause) => {
                let reason = self.context.engine.options.redactor.text(&cause.reason);
                planned.status = match self.looks {
                    true => failed(Cause { reason, ..cause }),
                    false => PlanStatus::Fails { reason },
                };
                None
            }
        };
        self.results.push(result);
        self.nodes.push(planned);
        Ok(())
    }

    fn planned(&self, number: u32, needed: &Needed) -> Result<PlanNode, EngineError> {
        let name = describe::name(&needed.node);
        let is_step = needed.is_step();
        let expected = if is_step { self.context.engine.store.last_duration(&name)? } else { None };
        let inputs = self.reach.inputs(number).iter().filter_map(|&input| self.reach.get(input));
        let inputs = inputs.map(|input| input.id);
        Ok(PlanNode {
            node: needed.id,
            name,
            operation: describe::operation(&needed.node.op),
            is_step,
            status: PlanStatus::Cached,
            expected,
            key: None,
            preimage: None,
            origins: needed.node.origins.clone(),
            inputs: inputs.collect(),
        })
    }

    /// Over a store that is only looked at, for a command or a change: the first input that was never made, when no other kind of input
    /// is missing.
    fn new_input(&self, number: u32, needed: &Needed) -> Option<&Arc<str>> {
        if !self.looks || !(matches!(needed.node.op, Op::Exec(_)) || is_made(&needed.node.op)) {
            return None;
        }
        let mut new = None;
        for &input in self.reach.inputs(number) {
            let known = self.results.get(input as usize).is_some_and(Option::is_some);
            if known || self.unread(needed, input).is_some() {
                continue;
            }
            let (input, planned) = (self.reach.get(input)?, self.nodes.get(input as usize)?);
            if !is_made(&input.node.op) || !matches!(planned.status, PlanStatus::WillRun { .. }) {
                return None;
            }
            new = new.or(Some(&planned.name));
        }
        new
    }

    /// The nearest steps, or inputs that cannot be had, whose results the node lacks.
    fn waits_for(&self, number: u32) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for &input in self.reach.inputs(number) {
            if self.reach.get(number).and_then(|needed| self.unread(needed, input)).is_some() {
                continue;
            }
            let known = self.results.get(input as usize).is_some_and(Option::is_some);
            let Some(planned) = self.nodes.get(input as usize).filter(|_| !known) else { continue };
            match &planned.status {
                PlanStatus::Unknown { waits_for } if !planned.is_step => {
                    names.extend(waits_for.iter().cloned());
                }
                _ => names.push(planned.name.clone()),
            }
        }
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }

    /// The result of a node whose inputs are known, as far as it is known without running a step.
    async fn find(&self, needed: &Needed, planned: &mut PlanNode) -> Result<Found, Cause> {
        let op = &needed.node.op;
        if let Some(status) = self.needs_grant(op) {
            return Ok(Found::Not(status));
        }
        if let Op::Guard { exec, .. } = op {
            let exec = self.reach.number(exec.node).and_then(|number| self.results.get(number as usize));
            return match exec.cloned().flatten() {
                Some(result) => Ok(Found::Known(result)),
                None => Err(Cause::machine("a guard stands on a command that is not known")),
            };
        }
        if let Op::Settled { .. } = op {
            return Ok(Found::Known(NodeResult::Value(Value::Datum(Datum::Bool(true)))));
        }
        if let Op::HostSecret { source } = op {
            let waits_for = vec![format!("the secret {source}, which a plan does not read").into()];
            return Ok(Found::Not(PlanStatus::Unknown { waits_for }));
        }
        let inputs = Inputs::of(op, |output| self.value_for(needed, output))?;
        if let Op::Service(service) = op {
            let store = &self.context.engine.store;
            let defined = services::define(store, needed.id, &needed.node, service, &inputs)?;
            return Ok(Found::Known(NodeResult::Value(defined)));
        }
        if let Op::Exec(exec) = op {
            return self.find_exec(needed, exec, &inputs, planned);
        }
        if let Op::Breakpoint(breakpoint) = op {
            planned.status = PlanStatus::Breakpoint;
            let last = breakpoint.last.and_then(|last| self.reach.number(last.node));
            let last = last.and_then(|number| self.results.get(number as usize)).cloned().flatten();
            return Passed::of(breakpoint, &inputs, last.map(Arc::new)).map(Found::Known);
        }
        let found = image::find(&self.context, op, &inputs);
        match found.or_else(|| source::find(&self.context, op, &inputs)).transpose()? {
            None => {}
            Some(image::Found::Known(result)) => return Ok(Found::Known(result)),
            Some(image::Found::Elsewhere) => {
                let reason = Some("it is not in the store yet".into());
                return Ok(Found::Not(PlanStatus::WillRun { reason }));
            }
            Some(image::Found::Unresolved(name)) => {
                let waits_for = vec![format!("{name}, which pipe.lock does not pin").into()];
                return Ok(Found::Not(PlanStatus::Unknown { waits_for }));
            }
        }
        let value = match at_once(&self.context, op, &inputs) {
            Some(value) => value.map(NodeResult::Value),
            None if self.looks => return look(&self.context, op, inputs).await,
            // Layers take their time, and those of others may have to be asked for.
            None if matches!(op, Op::Assemble(_) | Op::Index { .. } | Op::Tarball { .. }) => {
                return Ok(Found::Not(PlanStatus::WillRun { reason: None }));
            }
            None => perform(self.context.clone(), op.clone(), inputs).await,
        };
        Ok(Found::Known(value?))
    }

    /// An effect is never in the cache: it will be done, unless it may not be.
    fn find_effect(&self, needed: &Needed) -> Result<Found, Cause> {
        Ok(Found::Not(self.needs_grant(&needed.node.op).unwrap_or(PlanStatus::Action)))
    }

    fn needs_grant(&self, op: &Op) -> Option<PlanStatus> {
        let refused = self.context.host.access.refused(op);
        (!refused.is_empty()).then(|| PlanStatus::NeedsGrant { flag: MissingGrant::flag_of_all(&refused) })
    }

    fn find_exec(
        &self,
        needed: &Needed,
        exec: &Exec,
        inputs: &Inputs,
        planned: &mut PlanNode,
    ) -> Result<Found, Cause> {
        let step = prepare(&self.context.engine.store, &needed.node, exec, inputs)?;
        planned.key = Some(step.key);
        planned.preimage = Some(step.preimage.clone());
        let engine = &self.context.engine;
        let will_run = |reason: Option<String>| Ok(Found::Not(PlanStatus::WillRun { reason }));
        if engine.options.no_cache {
            return will_run(Some("the cache is not used".into()));
        }
        match step.look_up(&engine.store)? {
            None => will_run(None),
            Some(result) if !needed.accepts(result.exit_code) => {
                will_run(Some(format!("failed last time with exit code {}", result.exit_code)))
            }
            Some(result) => match step.stale(&result) {
                Some(stale) => will_run(Some(stale.is_said())),
                None => Ok(Found::Known(NodeResult::Exec(Arc::new(result)))),
            },
        }
    }

    /// The source of an input that is a secret and whose value the node may do without.
    fn unread(&self, needed: &Needed, input: u32) -> Option<&str> {
        let secret = self.reach.get(input)?;
        match &secret.node.op {
            Op::HostSecret { source } if needed.may_lack(secret.id) => Some(source),
            _ => None,
        }
    }

    fn value_for(&self, needed: &Needed, output: Output) -> Result<Value, Cause> {
        let unread = self.reach.number(output.node).and_then(|input| self.unread(needed, input));
        match unread {
            Some(source) => {
                let why = Cause::usage(format!("a plan does not read the secret `{source}`"));
                Ok(Value::Secret(HeldSecret::missing(source, why)))
            }
            None => self.value(output),
        }
    }

    fn value(&self, output: Output) -> Result<Value, Cause> {
        let number = self.reach.number(output.node);
        match number.and_then(|number| self.results.get(number as usize)) {
            Some(Some(result)) => result.slot(output.slot, &self.context.engine.store),
            _ => Err(Cause::machine("a node was looked at before its inputs were known")),
        }
    }
}
