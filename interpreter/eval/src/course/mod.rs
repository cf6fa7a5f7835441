//! Doing actions: their effects become nodes of the graph, each after the one before.
//!
//! What comes next may depend on what an effect gave, or on whether it succeeded: then the course of the action waits for a later
//! round, and so does everything behind.

mod effect;
mod parts;

use std::sync::Arc;

use pipe_analysis::typed::{Expr, ExprKind, FunctionBody, Type};
use pipe_diagnostics::FileSpan;
use pipe_ops::Output;
use pipe_syntax::ast::BinaryOp;

use crate::demand::Part;
use crate::error::{self, ErrorKind, EvalError, Result};
use crate::frame::Env;
use crate::machine::Machine;
use crate::simulation::Simulation;
use crate::value::{ActionValue, Deed, Effect, Items, Value};

/// How far an action has come.
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// What the next effect comes after.
    pub(crate) after: Vec<Output>,
    pub(crate) state: State,
    /// Why it is lost.
    pub(crate) lost: Vec<Output>,
    /// All effects so far, in order.
    pub(crate) effects: Vec<Arc<Effect>>,
    /// The checks that gate it.
    pub(crate) gates: Vec<Part>,
    /// It is only looked at: whatever may fail is taken to succeed.
    rehearsal: bool,
    /// It cleans up behind another one.
    cleanup: bool,
    /// It is simulated: what a test says stands in for what doing it would give.
    pub(crate) simulation: Option<Box<Simulation>>,
}

/// Whether an action goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    #[default]
    Going,
    /// What comes next is known only in a later round.
    Waits,
    /// What would decide it failed.
    Lost,
}

impl Course {
    /// Of an action that is only looked at.
    pub(crate) fn rehearsal() -> Course {
        Course { rehearsal: true, ..Course::default() }
    }

    /// Of an action that is simulated. All its effects come after `mark`, which nobody can have: what stands on them cannot be had.
    pub(crate) fn simulated(simulation: Simulation, mark: Output) -> Course {
        Course { simulation: Some(Box::new(simulation)), after: vec![mark], ..Course::default() }
    }

    fn stop(&mut self, lost: &[Output]) {
        let state = if lost.is_empty() { State::Waits } else { State::Lost };
        self.state = self.state.max(state);
        self.lost.extend(lost);
    }

    /// This one comes after another one, and what became of both is its end.
    fn join(&mut self, before: &Course) {
        self.after.extend(&before.after);
        self.lost.extend(&before.lost);
        self.state = self.state.max(before.state);
    }

    /// What tells how it ended.
    fn ends(&self) -> Vec<Output> {
        [&self.after[..], &self.lost[..]].concat()
    }
}

impl Machine {
    /// Does an action in a course of its own; gives the course and the action's result.
    pub(crate) fn course_of(
        &mut self,
        action: &ActionValue,
        course: Course,
        place: &FileSpan,
    ) -> Result<(Course, Value)> {
        let outer = self.course.replace(course);
        let result = self.act(action, place);
        let course = std::mem::replace(&mut self.course, outer).unwrap_or_default();
        Ok((course, result?))
    }

    /// Does an action next in the present course; gives its result.
    pub(crate) fn act(&mut self, action: &ActionValue, place: &FileSpan) -> Result<Value> {
        self.meter.steps(1).map_err(|exceeded| error::limit(&exceeded.0, place.clone()))?;
        if self.course(place)?.state != State::Going {
            return Ok(self.stopped_value());
        }
        match &action.deed {
            Deed::Call { function, args, frame, place: called } => {
                let FunctionBody::Source(body) = &function.body else {
                    return Err(error::internal("an action without a body", place.clone()));
                };
                self.note_entered(&function.global);
                let mut env = Env::new(frame.clone(), body.locals.len());
                for (slot, arg) in env.locals.iter_mut().zip(args) {
                    *slot = Some(arg.clone());
                }
                let result = self.entered(called, |machine| machine.eval(&body.expr, &mut env));
                let written = called.start != env.place(function.origin.name).start;
                let result = result.map_err(|error| {
                    if written { error.called_at(called.clone(), &function.global.name) } else { error }
                })?;
                // An action without a result drops that of its last `do`.
                Ok(if function.ret == Type::Unit { Value::Unit } else { result })
            }
            Deed::Effect(described) => self.effect(described),
            Deed::Sequence(actions) => {
                let results = actions.iter().map(|action| self.act(action, place));
                Ok(Value::List(Items::new(results.collect::<Result<_>>()?)))
            }
            Deed::Parallel(actions, limit) => self.side_by_side(actions, *limit, place),
            Deed::Retry(action, times) => self.retry(action, *times, place),
            Deed::OnFailure(action, handler) => self.on_failure(action, handler, place),
            Deed::AllowFailure(action) => self.allow_failure(action, place),
            Deed::Finally(action, cleanup) => self.finally(action, cleanup, place),
        }
    }

    fn course(&mut self, place: &FileSpan) -> Result<&mut Course> {
        self.course.as_mut().ok_or_else(|| error::internal("an effect outside an action", place.clone()))
    }

    /// The value of what is not reached in this round.
    fn stopped_value(&mut self) -> Value {
        let lost = self.course.as_ref().map(|course| course.lost.clone()).unwrap_or_default();
        self.waiting(Vec::new(), lost)
    }

    /// An expression that could not be evaluated in this round. In the body of an action, a decision that is not made yet also
    /// decides what is done: the course waits with it.
    pub(crate) fn undecided(&mut self, error: Box<EvalError>, expr: &Expr, env: &Env) -> Result<Value> {
        let in_action = env.frame.call.as_ref().is_some_and(|(function, _)| function.action);
        let decides = match &expr.kind {
            ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::OptionalChain { .. } => true,
            ExprKind::Binary { op, .. } => decides(*op),
            _ => false,
        };
        let stops = in_action && decides && matches!(error.kind, ErrorKind::Waits(_));
        let value = self.waits(error, Vec::new())?;
        if stops {
            self.stop_course(&value);
        }
        Ok(value)
    }

    /// The course cannot go on before a value is known.
    pub(crate) fn stop_course(&mut self, value: &Value) {
        let Value::Waiting(waiting) = value else { return };
        if let Some(course) = &mut self.course {
            course.stop(&waiting.lost);
        }
    }

    /// Whether an action is only looked at by the program itself, which cannot wait for it to be done.
    pub(crate) fn in_rehearsal(&self) -> bool {
        let looked_at = |course: &Course| course.rehearsal || course.simulation.is_some();
        !self.planning && self.course.as_ref().is_some_and(looked_at)
    }

    /// Whether an action is simulated.
    pub(crate) fn is_simulated(&self) -> bool {
        self.course.as_ref().is_some_and(|course| course.simulation.is_some())
    }
}

/// Whether the right side of an operator is only evaluated depending on the left.
pub(crate) fn decides(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Default)
}
