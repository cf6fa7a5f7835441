//! Actions that are made of others: side by side, again after a failure, instead of it, in spite of it.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_diagnostics::FileSpan;
use pipe_ops::{Act, Arg, Datum, Effect as EffectOp, Hints, Op, Output};

use super::{Course, State};
use crate::error::Result;
use crate::machine::{Machine, Site, main, symbolic};
use crate::value::{ActionValue, Items, Value};

/// Nanoseconds before the second try of a `retry`; each further wait is twice as long.
const FIRST_WAIT: i64 = 1_000_000_000;
/// The longest wait between two tries.
const LONGEST_WAIT: i64 = 60_000_000_000;

impl Machine {
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

    pub(super) fn side_by_side(
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

    pub(super) fn retry(&mut self, action: &ActionValue, times: i64, place: &FileSpan) -> Result<Value> {
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

    pub(super) fn on_failure(
        &mut self,
        action: &ActionValue,
        handler: &ActionValue,
        place: &FileSpan,
    ) -> Result<Value> {
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

    pub(super) fn allow_failure(&mut self, action: &ActionValue, place: &FileSpan) -> Result<Value> {
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

    pub(super) fn finally(
        &mut self,
        action: &ActionValue,
        cleanup: &ActionValue,
        place: &FileSpan,
    ) -> Result<Value> {
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
}
