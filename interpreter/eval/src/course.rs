//! Doing actions: their effects become nodes of the graph, each after the one before.
//!
//! What comes next may depend on what an effect gave, or on whether it succeeded: then the course of the action waits for a later
//! round, and so does everything behind.

use std::sync::Arc;

use pipe_analysis::typed::{Expr, ExprKind, FunctionBody, Type};
use pipe_diagnostics::FileSpan;
use pipe_ops::{Act, Arg, Datum, Effect as EffectOp, Hints, NodeId, Op, Output};
use pipe_syntax::ast::BinaryOp;

use crate::demand::Part;
use crate::error::{self, ErrorKind, EvalError, Result};
use crate::frame::Env;
use crate::machine::{Machine, Site, main, symbolic};
use crate::simulation::{Simulation, Told};
use crate::value::{ActionValue, CheckValue, ContainerValue, Deed, Described, Effect, Gives, Items, Value};

/// Nanoseconds before the second try of a `retry`; each further wait is twice as long.
const FIRST_WAIT: i64 = 1_000_000_000;
/// The longest wait between two tries.
const LONGEST_WAIT: i64 = 60_000_000_000;

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

    fn effect(&mut self, described: &Described) -> Result<Value> {
        let site = &described.site;
        let course = self.course(&site.place)?;
        let (after, cleanup) = (course.after.clone(), course.cleanup);
        let act = described.act.clone();
        let effect = EffectOp { name: described.name.clone(), act, after, cleanup };
        let node = self.add(Op::Effect(Box::new(effect)), site, described.hints.clone())?;
        let result = match &described.gives {
            Gives::Nothing => Value::Unit,
            Gives::Container(left) => left.after(node, node).into(),
            Gives::Value(ty) => symbolic(main(node), ty),
        };
        let (name, operation) = (described.name.clone(), described.operation.clone());
        let output = main(node);
        let (detail, failed) = (self.detail(&described.act).into(), self.fails(described, node)?);
        let course = self.course(&site.place)?;
        let place = site.place.clone();
        course.effects.push(Arc::new(Effect { name, operation, output, place, detail, failed }));
        course.after = vec![output];
        if failed {
            course.stop(&[output]);
            return Ok(self.stopped_value());
        }
        Ok(result)
    }

    /// Whether an effect fails in a simulation, by what is said of it.
    fn fails(&mut self, described: &Described, node: NodeId) -> Result<bool> {
        let Some(simulation) = &mut self.course(&described.site.place)?.simulation else { return Ok(false) };
        if let Act::Approve(_) = &described.act {
            return simulation.ask(&described.name).map(|yes| !yes);
        }
        let told = simulation.tell(node, |name| name == &*described.name);
        if told.is_none()
            && let (Act::Perform(exec), Gives::Container(container)) = (&described.act, &described.gives)
            && container.config.fake.is_some()
        {
            return Ok(self.learn_of_fake(container, &exec.argv, node).exit_code != 0);
        }
        Ok(told.is_some_and(|told| told.exit_code != 0))
    }

    /// What a fake container says of a command that a simulation performs in it.
    fn learn_of_fake(&mut self, container: &ContainerValue, argv: &[Arg], node: NodeId) -> Arc<Told> {
        let text = self.command_text(argv);
        let told = container.said_of(&text);
        if let Some(simulation) = self.course.as_mut().and_then(|course| course.simulation.as_mut()) {
            simulation.learn(node, told.clone());
        }
        told
    }

    /// What an effect says or does.
    fn detail(&mut self, act: &Act) -> String {
        match act {
            Act::Sleep(said) | Act::Approve(said) | Act::Notify(said) => self.partial_text(said),
            Act::Export { path, .. } => path.clone(),
            Act::Perform(exec) => self.command_text(&exec.argv),
            Act::Up { ports, .. } => {
                let ports = ports.iter().map(|(host, port)| format!("{host}: {port}"));
                ports.collect::<Vec<_>>().join(", ")
            }
            Act::Push { reference, .. } | Act::Load { reference, .. } => self.partial_text(reference),
            Act::Attach { image, media_type, .. } => {
                format!("{} to {}", self.partial_text(media_type), self.partial_text(image))
            }
        }
    }

    /// A command on one line, as far as it is known: its words, or its script.
    pub(crate) fn command_text(&mut self, argv: &[Arg]) -> String {
        let words: Vec<String> = argv.iter().map(|arg| self.partial_text(arg)).collect();
        match &words[..] {
            [.., option, script] if option == "-c" => script.clone(),
            words => words.join(" "),
        }
    }

    /// `gate check`: nothing happens behind it unless the check holds.
    pub(crate) fn gate_on(&mut self, check: &CheckValue, site: &Site) -> Result<()> {
        if self.course(&site.place)?.state != State::Going {
            return Ok(());
        }
        let mut parts = Vec::new();
        self.parts(check, &mut parts, site)?;
        let course = self.course(&site.place)?;
        for part in &parts {
            course.after.extend(&part.judged);
        }
        let lost: Vec<Output> = parts.iter().flat_map(|part| part.lost.clone()).collect();
        if check.waits {
            course.stop(&lost);
        }
        if let Some(simulation) = &mut course.simulation {
            // A gate holds unless the test says otherwise.
            let mut fails = |part: &Part| {
                let node = part.exec.or_else(|| part.judged.first().map(|output| output.node));
                let told = node.and_then(|exec| simulation.tell(exec, |name| name == &*part.name));
                told.is_some_and(|told| told.exit_code != 0) && !part.lenient
            };
            let failed = parts.iter().filter(|part| part.fails_here || fails(part));
            let failed: Vec<Output> = failed.flat_map(|part| part.judged.clone()).collect();
            if !failed.is_empty() {
                course.stop(&failed);
            }
        }
        course.gates.extend(parts);
        Ok(())
    }

    /// Does an action from a place on, as a part of the present course.
    fn branch(
        &mut self,
        action: &ActionValue,
        after: Vec<Output>,
        place: &FileSpan,
    ) -> Result<(Course, Value)> {
        let outer = self.course(place)?;
        let course = Course {
            after,
            state: State::Going,
            lost: Vec::new(),
            effects: std::mem::take(&mut outer.effects),
            gates: std::mem::take(&mut outer.gates),
            rehearsal: outer.rehearsal,
            cleanup: outer.cleanup,
            simulation: outer.simulation.take(),
        };
        let (mut course, value) = self.course_of(action, course, place)?;
        let outer = self.course(place)?;
        outer.effects = std::mem::take(&mut course.effects);
        outer.gates = std::mem::take(&mut course.gates);
        outer.simulation = course.simulation.take();
        Ok((course, value))
    }

    fn side_by_side(
        &mut self,
        actions: &[Arc<ActionValue>],
        limit: Option<usize>,
        place: &FileSpan,
    ) -> Result<Value> {
        let start = self.course(place)?.after.clone();
        let mut lanes: Vec<Course> = Vec::with_capacity(actions.len());
        let mut results = Vec::with_capacity(actions.len());
        for (index, action) in (0..).zip(actions) {
            let lane = Op::Lane { after: start.clone(), index };
            let mut after = vec![self.node(lane, place)?];
            // With a limit, each has another one to wait for, whatever comes of that.
            let before = limit.and_then(|limit| lanes.len().checked_sub(limit)).and_then(|i| lanes.get(i));
            let (waits, ends) = before.map_or((false, Vec::new()), |c| (c.state == State::Waits, c.ends()));
            if waits {
                let lost = Vec::new();
                results.push(self.waiting(Vec::new(), lost));
                lanes.push(Course { state: State::Waits, ..Course::default() });
                continue;
            }
            if before.is_some() {
                after.push(self.settled(&start, &ends, false, place)?);
            }
            let (course, value) = self.branch(action, after, place)?;
            lanes.push(course);
            results.push(value);
        }
        let course = self.course(place)?;
        if !lanes.is_empty() {
            course.after = lanes.iter().flat_map(|lane| lane.after.clone()).collect();
        }
        for lane in &lanes {
            course.state = course.state.max(lane.state);
            course.lost.extend(&lane.lost);
        }
        Ok(Value::List(Items::new(results)))
    }

    fn retry(&mut self, action: &ActionValue, times: i64, place: &FileSpan) -> Result<Value> {
        let first = self.course(place)?.after.clone();
        let (mut after, mut wait) = (first, FIRST_WAIT);
        for attempt in 1..=times {
            let (course, value) = self.branch(action, after.clone(), place)?;
            let last = attempt == times || self.course(place)?.rehearsal;
            if last || course.state == State::Waits {
                self.append(course, place)?;
                return Ok(value);
            }
            let settled = self.settled(&after, &course.ends(), true, place)?;
            match self.outcome(&course, settled, "`retry`", place)? {
                Some(true) => {
                    self.append(course, place)?;
                    return Ok(value);
                }
                Some(false) => {}
                None => {
                    self.join_waiting(course, settled, place)?;
                    return Ok(self.stopped_value());
                }
            }
            let name: Arc<str> = format!("wait before try {}", attempt + 1).into();
            let act = Act::Sleep(Arg::Const(Datum::Duration(wait)));
            let cleanup = self.course(place)?.cleanup;
            let pause = EffectOp { name, act, after: vec![settled], cleanup };
            after = vec![self.node(Op::Effect(Box::new(pause)), place)?];
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        }
        Ok(Value::Unit)
    }

    fn on_failure(&mut self, action: &ActionValue, handler: &ActionValue, place: &FileSpan) -> Result<Value> {
        let start = self.course(place)?.after.clone();
        let (course, value) = self.branch(action, start.clone(), place)?;
        if course.state == State::Waits {
            self.append(course, place)?;
            return Ok(value);
        }
        let settled = self.settled(&start, &course.ends(), false, place)?;
        if self.course(place)?.rehearsal {
            // What it would do belongs to what is looked at.
            let (mut handled, _) = self.branch(handler, vec![settled], place)?;
            handled.after.extend(&course.after);
            self.append(handled, place)?;
            return Ok(value);
        }
        match self.outcome(&course, settled, "`on_failure`", place)? {
            Some(true) => self.append(course, place)?,
            Some(false) => {
                let (mut handled, _) = self.branch(handler, vec![settled], place)?;
                handled.join(&course);
                self.append(handled, place)?;
            }
            None => {
                self.join_waiting(course, settled, place)?;
                return Ok(self.stopped_value());
            }
        }
        Ok(value)
    }

    fn allow_failure(&mut self, action: &ActionValue, place: &FileSpan) -> Result<Value> {
        let start = self.course(place)?.after.clone();
        let (course, value) = self.branch(action, start.clone(), place)?;
        if course.state == State::Waits || self.course(place)?.rehearsal {
            self.append(course, place)?;
            return Ok(Value::optional(Some(value)));
        }
        let settled = self.settled(&start, &course.ends(), true, place)?;
        match self.outcome(&course, settled, "`allow_failure`", place)? {
            Some(true) => {
                self.append(course, place)?;
                Ok(Value::optional(Some(value)))
            }
            Some(false) => {
                self.course(place)?.after = vec![settled];
                Ok(Value::Optional(None))
            }
            None => {
                self.join_waiting(course, settled, place)?;
                Ok(self.stopped_value())
            }
        }
    }

    fn finally(&mut self, action: &ActionValue, cleanup: &ActionValue, place: &FileSpan) -> Result<Value> {
        let start = self.course(place)?.after.clone();
        let (course, value) = self.branch(action, start.clone(), place)?;
        if course.state == State::Waits {
            self.append(course, place)?;
            return Ok(value);
        }
        let settled = self.settled(&start, &course.ends(), false, place)?;
        let outer = std::mem::replace(&mut self.course(place)?.cleanup, true);
        let (mut cleaned, _) = self.branch(cleanup, vec![settled], place)?;
        self.course(place)?.cleanup = outer;
        cleaned.join(&course);
        self.append(cleaned, place)?;
        Ok(value)
    }

    /// The present course goes on where a part of it ended.
    fn append(&mut self, part: Course, place: &FileSpan) -> Result<()> {
        let course = self.course(place)?;
        course.after = part.after;
        course.lost.extend(part.lost);
        course.state = course.state.max(part.state);
        Ok(())
    }

    /// The present course waits for how a part of it ends.
    fn join_waiting(&mut self, part: Course, settled: Output, place: &FileSpan) -> Result<()> {
        let lost: &[Output] = if self.is_lost(settled) { &[settled] } else { &[] };
        let course = self.course(place)?;
        course.after = part.after;
        course.after.push(settled);
        course.stop(lost);
        Ok(())
    }

    fn settled(
        &mut self,
        start: &[Output],
        of: &[Output],
        forgives: bool,
        place: &FileSpan,
    ) -> Result<Output> {
        self.node(Op::Settled { start: start.to_vec(), of: of.to_vec(), forgives }, place)
    }

    fn node(&mut self, op: Op, place: &FileSpan) -> Result<Output> {
        let site = Site { place: place.clone(), name: "action".into() };
        Ok(main(self.add(op, &site, Hints::default())?))
    }

    /// Whether a part of the present course came to a good end; `None` when that is not known, which is noted.
    fn outcome(
        &mut self,
        part: &Course,
        settled: Output,
        what: &str,
        place: &FileSpan,
    ) -> Result<Option<bool>> {
        match self.is_simulated() {
            true => Ok(Some(part.state == State::Going)),
            false => self.success(settled, what, place),
        }
    }

    /// Whether something came to a good end; `None` when that is not known, which is noted.
    fn success(&mut self, settled: Output, what: &str, place: &FileSpan) -> Result<Option<bool>> {
        let site = Site { place: place.clone(), name: "action".into() };
        match self.resolved(symbolic(settled, &Type::Bool), &site)? {
            Value::Bool(value) => Ok(Some(value)),
            _ => {
                let error = self.later(what, settled, place.clone());
                self.waits(error, Vec::new()).map(|_| None)
            }
        }
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
