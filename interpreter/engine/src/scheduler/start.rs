//! Beginning nodes: looking results up, doing what is quick, starting tasks for the rest.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pipe_ops::{Act, Datum, Effect, Exec, Op, Output, StepKey};
use tokio::task::AbortHandle;

use super::queue::Queued;
use super::{NodeState, Running, Scheduler, TaskEnd, priority};
use crate::failure::Cause;
use crate::reach::Needed;
use crate::results::NodeResult;
use crate::steps::effect::act;
use crate::steps::exec::{Flight, Job, PreparedExec, fly, prepare};
use crate::steps::{Inputs, at_once, perform};
use crate::{Event, FailureClass, HeldSecret, StepState, Value, describe, services};

impl Scheduler {
    /// Begins every node whose inputs are there, and those that become ready by it. Looks into the store are made here: they
    /// take microseconds, and a task for each would take more.
    pub(super) fn start_ready(&mut self) {
        let store = self.session.context.engine.store.clone();
        let _view = store.view();
        while let Some(number) = self.ready.pop() {
            if self.stop.is_cancelled() {
                return;
            }
            self.start(number);
        }
    }

    fn start(&mut self, number: u32) {
        if !self.is_open(number) {
            return;
        }
        let Some(needed) = self.reach.get(number) else { return };
        let node = needed.node.clone();
        if let Op::Guard { exec, .. } = &node.op {
            return self.pass_guard(number, *exec);
        }
        if let Op::Settled { of, forgives, .. } = &node.op {
            return self.settle(number, of, *forgives);
        }
        let inputs = match Inputs::of(&node.op, |output| self.value(output)) {
            Ok(inputs) => inputs,
            Err(cause) => return self.failed(number, cause, None),
        };
        if let Op::Exec(exec) = &node.op {
            return self.start_exec(number, exec, &inputs);
        }
        if let Op::Breakpoint(breakpoint) = &node.op {
            return self.start_breakpoint(number, &node, breakpoint, inputs);
        }
        if let Op::Service(service) = &node.op {
            let (store, id) = (&self.session.context.engine.store, needed.id);
            return match services::define(store, id, &node, service, &inputs) {
                Ok(service) => self.done(number, NodeResult::Value(service)),
                Err(cause) => self.failed(number, cause, None),
            };
        }
        if let Op::Effect(effect) = &node.op {
            return self.start_effect(number, effect, inputs);
        }
        match at_once(&self.session.context, &node.op, &inputs) {
            Some(Ok(value)) => self.done(number, NodeResult::Value(value)),
            Some(Err(cause)) => self.failed(number, cause, None),
            None => {
                let work = perform(self.session.context.clone(), node.op.clone(), inputs);
                let lacking = self.lacking(number);
                let task = self.tasks.spawn(async move {
                    TaskEnd::Op(match (work.await, lacking) {
                        (Err(why), Some(source)) if why.class == FailureClass::Usage => {
                            Ok(NodeResult::Value(Value::Secret(HeldSecret::missing(&source, why))))
                        }
                        (result, _) => result,
                    })
                });
                // Given up, it does not take the run with it.
                let stop = self.stop.child_token();
                self.running.insert(task.id(), Running { number, key: None, stop, op: Some(task) });
            }
        }
    }

    /// The source of a secret, if all that need it may do without its value: then it fails none but those that cannot after all.
    fn lacking(&self, number: u32) -> Option<String> {
        let needed = self.reach.get(number)?;
        let Op::HostSecret { source } = &needed.node.op else { return None };
        let consumers = self.reach.consumers(number).filter_map(|consumer| self.reach.get(consumer));
        let mut consumers = consumers.peekable();
        let all = consumers.peek().is_some() && consumers.all(|consumer| consumer.may_lack(needed.id));
        all.then(|| source.clone())
    }

    /// Tells how what a node waits for ended.
    fn settle(&mut self, number: u32, of: &[Output], forgives: bool) {
        let mut good = true;
        if forgives {
            self.keep_failures(of);
        }
        for output in of {
            let state = self.reach.number(output.node).and_then(|input| self.states.get(input as usize));
            if let Some(NodeState::Failed(failure)) = state {
                good = false;
                if forgives {
                    self.forgiven.push(failure.clone());
                }
            }
        }
        self.done(number, NodeResult::Value(Value::Datum(Datum::Bool(good))));
    }

    /// Begins an effect, which no cache has ever seen. What this session did already it does not do again.
    fn start_effect(&mut self, number: u32, effect: &Effect, inputs: Inputs) {
        let Some(needed) = self.reach.get(number) else { return };
        if let Some(result) = self.session.done(needed.node.digest) {
            return self.done(number, result);
        }
        if let Some(end) = self.ended_before(number) {
            return self.again_as_before(number, effect, &inputs, end);
        }
        let Some(needed) = self.reach.get(number) else { return };
        self.acting.insert(number);
        if let Act::Perform(exec) = &effect.act {
            let step = match prepare(&self.session.context.engine.store, &needed.node, exec, &inputs) {
                Ok(step) => step.once(),
                Err(cause) => return self.failed(number, cause, None),
            };
            self.session.context.engine.backend.prepare();
            return self.enqueue(number, step, None);
        }
        self.emit(self.running_event(needed, None));
        let begun = std::time::Instant::now();
        let stop = self.stop.child_token();
        let work = act(self.session.clone(), needed.id, effect.clone(), inputs, stop.clone());
        let task = self.tasks.spawn(async move { TaskEnd::Effect(work.await, begun.elapsed()) });
        self.running.insert(task.id(), Running { number, key: None, stop, op: None });
    }

    fn running_event(&self, needed: &Needed, key: Option<StepKey>) -> Event {
        Event::Step {
            node: needed.id,
            name: describe::name(&needed.node),
            state: StepState::Running,
            elapsed: None,
            key,
            origin: needed.node.origins.first().cloned(),
            exit_code: None,
            reason: None,
        }
    }

    /// The value of an output whose node is done.
    pub(super) fn value(&self, output: Output) -> Result<Value, Cause> {
        let state = self.reach.number(output.node).and_then(|number| self.states.get(number as usize));
        match state {
            Some(NodeState::Done(result)) => result.slot(output.slot, &self.session.context.engine.store),
            _ => Err(Cause::machine("a node was begun before its inputs were there")),
        }
    }

    /// A guard gives what its command gave, unless the exit code is not one of its own.
    fn pass_guard(&mut self, number: u32, exec: Output) {
        let Some(input) = self.reach.number(exec.node) else { return };
        let Some(NodeState::Done(result)) = self.states.get(input as usize) else { return };
        let NodeResult::Exec(result) = &**result else { return };
        let result = result.clone();
        let Some(Op::Guard { success, .. }) = self.reach.get(number).map(|needed| &needed.node.op) else {
            return;
        };
        if success.contains(&result.exit_code) {
            return self.done(number, NodeResult::Exec(result));
        }
        let Some(command) = self.reach.guarded(number) else { return };
        match self.unacceptable.get(&command).cloned() {
            Some(failure) => self.failed_with(number, &failure),
            // A guard of a later round, which the command knew nothing of.
            None => {
                let failure = self.refused(command, &result, &[]);
                self.failed_with(number, &failure);
            }
        }
    }

    /// Looks a command's result up: in this session first, then in the store. A stored result whose exit code is not taken is
    /// no hit, nor is one that is too old. Without one the command is queued, or waits for another node's that has the same key.
    fn start_exec(&mut self, number: u32, exec: &Exec, inputs: &Inputs) {
        let Some(needed) = self.reach.get(number) else { return };
        let step = match prepare(&self.session.context.engine.store, &needed.node, exec, inputs) {
            Ok(step) => step,
            Err(cause) => return self.failed(number, cause, None),
        };
        let engine = &self.session.context.engine;
        if self.session.ran(step.key) {
            match step.look_up(&engine.store) {
                Err(cause) => return self.failed(number, cause, Some(step.key)),
                Ok(Some(result)) => return self.exec_done(number, Arc::new(result), StepState::Cached, &[]),
                // Something took it away meanwhile.
                Ok(None) => {}
            }
        }
        if let Some(waiting) = self.flights.get_mut(&step.key) {
            return waiting.push(number);
        }
        let mut refused = None;
        if !engine.options.no_cache {
            match step.look_up(&engine.store) {
                Err(cause) => return self.failed(number, cause, Some(step.key)),
                Ok(Some(found)) if needed.accepts(found.exit_code) && step.stale(&found).is_none() => {
                    return self.exec_done(number, Arc::new(found), StepState::Cached, &[]);
                }
                Ok(Some(found)) => refused = Some(found.created),
                Ok(None) => {}
            }
        }
        engine.backend.prepare();
        self.flights.insert(step.key, Vec::new());
        self.enqueue(number, step, refused);
    }

    fn enqueue(&mut self, number: u32, step: PreparedExec, refused: Option<SystemTime>) {
        let (key, step) = (step.key, Some(Arc::new(step)));
        self.queue.push(Queued { number, key, step, refused, path: Duration::ZERO });
    }

    /// A step as it was when it was queued.
    fn prepare_again(&self, number: u32, key: StepKey) -> Result<Arc<PreparedExec>, Cause> {
        let node = self.reach.get(number).map(|needed| &needed.node);
        let (Some(node), Some(exec)) = (node, node.and_then(|node| node.op.command())) else {
            return Err(Cause::machine("what waited for its turn is no command"));
        };
        let inputs = Inputs::of(&node.op, |output| self.value(output))?;
        let step = prepare(&self.session.context.engine.store, node, exec, &inputs)?;
        Ok(Arc::new(step.under(key)))
    }

    /// Starts queued steps while there are slots.
    pub(super) fn start_queued(&mut self) {
        let free = self.slots.free.available_permits();
        if self.queue.len() > free && !self.queue.is_ordered() {
            let settled = |number: u32| !matches!(self.states.get(number as usize), Some(NodeState::Open));
            let paths = priority::longest_paths(&self.reach, &self.session.context.engine.store, settled);
            self.queue.order_by(paths);
        }
        while self.queue.len() > 0 {
            let Ok(slot) = self.slots.free.clone().try_acquire_owned() else { return };
            let Some(queued) = self.queue.pop() else { return };
            let Queued { number, key, step, refused, .. } = queued;
            if !self.is_open(number) {
                self.unqueue(key);
                continue;
            }
            let step = match step.map_or_else(|| self.prepare_again(number, key), Ok) {
                Ok(step) => step,
                Err(cause) => {
                    self.landed(number, Some(key), Flight::Failed(cause));
                    continue;
                }
            };
            let Some(job) = self.job(number, step, refused) else { return };
            let stop = job.stop.clone();
            let task = self.tasks.spawn(async move { TaskEnd::Exec(fly(job, slot).await) });
            self.running.insert(task.id(), Running { number, key: Some(key), stop, op: None });
        }
    }

    fn job(&self, number: u32, step: Arc<PreparedExec>, refused: Option<SystemTime>) -> Option<Job> {
        let needed = self.reach.get(number)?;
        let events = self.session.context.engine.events.clone();
        let event = self.running_event(needed, Some(step.key));
        let is_effect = matches!(needed.node.op, Op::Effect(_));
        Some(Job {
            session: self.session.clone(),
            node: needed.id,
            origin: needed.node.origins.first().cloned(),
            step,
            // A command that is an effect has no guard.
            success: if is_effect { Some(vec![0]) } else { needed.success.clone() },
            refused,
            slots: self.slots.clone(),
            stop: self.stop.child_token(),
            cancel: self.cancel.clone(),
            running: Box::new(move || events.event(event.clone())),
        })
    }

    pub(super) fn abort_ops(&mut self) {
        self.running.values().filter_map(|running| running.op.as_ref()).for_each(AbortHandle::abort);
    }
}
