//! The evaluator as its users see it.

use std::sync::Arc;

use pipe_analysis::typed::{Body, Function, Global, Origin, Program, Test, Type};
use pipe_diagnostics::FileSpan;
use pipe_ops::Graph;

use crate::arguments::Argument;
use crate::budget::Budget;
use crate::coverage::Coverage;
use crate::demand::Demand;
use crate::error::{self, EvalError, Result};
use crate::facts::HostFacts;
use crate::frame::{Env, Frame};
use crate::lines::Lines;
use crate::machine::{Machine, Site};
use crate::memo::Memo;
use crate::rounds::{Awaited, KnownOutputs};
use crate::test_plan::TestPlan;
use crate::value::{Callee, Value};

/// Evaluates targets and tests of one program into one graph.
#[derive(Debug)]
pub struct Evaluator {
    machine: Machine,
}

/// Something to evaluate.
#[derive(Clone, Debug)]
pub enum Target {
    /// A call of a function or action.
    Function {
        /// The function.
        function: Global,
        /// Arguments by the names of parameters; others take their defaults.
        args: Vec<(Arc<str>, Argument)>,
    },
    /// The value of a `let`.
    Let(Global),
    /// The value of a `param`.
    Param(Global),
    /// An expression that is not part of the program's text.
    Expression {
        /// The expression.
        body: Arc<Body>,
        /// Where it stands, for messages.
        origin: Origin,
    },
}

/// A target that was evaluated.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// Its value.
    pub value: Value,
    /// What the value asks for.
    pub demand: Demand,
}

impl Evaluator {
    /// An evaluator of a program without errors. `params` are the values given for `param`s of the root module.
    pub fn new(
        program: Arc<Program>,
        lines: Lines,
        facts: HostFacts,
        params: impl IntoIterator<Item = (Global, Argument)>,
        budget: Budget,
    ) -> Evaluator {
        let mut machine = Machine::new(program, lines, facts, budget);
        machine.params.extend(params);
        Evaluator { machine }
    }

    /// The graph of all that was evaluated so far.
    pub fn graph(&self) -> &Graph {
        &self.machine.graph
    }

    /// Gives the graph away.
    pub fn into_graph(self) -> Graph {
        self.machine.graph
    }

    /// Begins the next round: what is evaluated from now on knows these outputs, and what waited is evaluated anew. The graph
    /// goes on growing and the budget goes on shrinking.
    pub fn next_round(&mut self, known: &KnownOutputs) {
        self.machine.round.next(known);
        self.machine.memo.forget_waiting();
    }

    /// Forgets the values that were evaluated, for there is no other round. Graph, places and what is awaited stay.
    pub fn forget_values(&mut self) {
        self.machine.memo = Memo::default();
    }

    /// From now on, actions are not to be run but looked at: whatever of them may fail is taken to succeed, so that all of them can be
    /// seen.
    pub fn look_at_actions(&mut self) {
        self.machine.planning = true;
    }

    /// From now on, what checks keep is to be written: it is demanded, too.
    pub fn write_what_is_kept(&mut self) {
        self.machine.keeps = true;
    }

    /// From now on, notes what is entered.
    pub fn note_coverage(&mut self) {
        self.machine.coverage.get_or_insert_default();
    }

    /// What was entered since [`Evaluator::note_coverage`].
    pub fn coverage(&self) -> Option<&Coverage> {
        self.machine.coverage.as_ref()
    }

    /// What was found to be waited for since the round began, each output once.
    pub fn awaited(&self) -> &[Awaited] {
        self.machine.round.awaited()
    }

    /// Files that are no part of the program, and that places of nodes and errors point into: Dockerfiles, by what people call them.
    pub fn texts(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.machine.texts()
    }

    /// Evaluates a target. Its nodes join those of the targets before it.
    ///
    /// # Errors
    /// When the program has no value for it: see [`crate::ErrorKind`].
    pub fn eval_target(&mut self, target: &Target) -> std::result::Result<Evaluated, Box<EvalError>> {
        let (value, place) = match target {
            Target::Function { function, args } => self.call(function, args)?,
            Target::Let(global) => (self.machine.let_value(global, &nowhere())?, nowhere()),
            Target::Param(global) => (self.machine.param(global, &nowhere())?, nowhere()),
            Target::Expression { body, origin } => {
                let frame = Frame::item(origin.clone(), "target".into());
                let place = frame.place(body.expr.span);
                (self.machine.eval(&body.expr, &mut Env::new(frame, body.locals.len()))?, place)
            }
        };
        let site = Site { place, name: "target".into() };
        let demand = self.machine.demand(&value, &site)?;
        self.machine.check_not_simulated("this", demand.outputs(), &site.place)?;
        Ok(Evaluated { value, demand })
    }

    fn call(&mut self, global: &Global, args: &[(Arc<str>, Argument)]) -> Result<(Value, FileSpan)> {
        let function = self.machine.function(global, &nowhere())?;
        let frame = Frame::item(function.origin.clone(), function.global.name.clone());
        let span = function.origin.name;
        let place = frame.place(span);
        if function.has_errors {
            return Err(error::internal(&format!("`{}` has errors", function.global.name), place));
        }
        let given = self.given(&function, args, &frame)?;
        let ty =
            if function.action { Type::Action(function.ret.clone().into()) } else { function.ret.clone() };
        let callee = Callee { function, type_args: Arc::default() };
        let value = self.machine.invoke(&callee, given, &[], span, &ty, &frame)?;
        Ok((value, place))
    }

    /// Arguments in the order of parameters; refuses names that are none, and what is missing.
    fn given(
        &mut self,
        function: &Arc<Function>,
        args: &[(Arc<str>, Argument)],
        frame: &Arc<Frame>,
    ) -> Result<Vec<Option<Value>>> {
        for (name, _) in args {
            if !function.params.iter().any(|param| param.name == *name) {
                let message = format!("`{}` has no parameter `{name}`", function.global.name);
                return Err(error::invalid(message, frame.place(function.origin.name)));
            }
        }
        let mut given = Vec::with_capacity(function.params.len());
        for param in &function.params {
            given.push(match args.iter().find(|(name, _)| *name == param.name) {
                Some((_, argument)) => Some(self.machine.argument(argument, frame, param.span)?),
                None if param.default.is_none() => {
                    let message = format!("`{}` needs a value for `{}`", function.global.name, param.name);
                    let flag = error::flag_to_give(&param.name, &param.ty);
                    return Err(error::invalid(message, frame.place(param.span)).help(flag));
                }
                None => None,
            });
        }
        Ok(given)
    }

    /// Evaluates a test; its nodes join the graph.
    ///
    /// # Errors
    /// When its body has no value. That an expectation does not hold is no error.
    pub fn eval_test(&mut self, test: &Test) -> std::result::Result<TestPlan, Box<EvalError>> {
        let frame = Frame::item(test.origin.clone(), test.title.clone());
        if test.has_errors {
            return Err(error::internal("the test has errors", frame.place(test.origin.name)));
        }
        self.machine.testing = true;
        let plan = self.plan_of_test(test, frame);
        self.machine.testing = false;
        plan
    }

    fn plan_of_test(&mut self, test: &Test, frame: Arc<Frame>) -> Result<TestPlan> {
        let mut env = Env::new(frame, test.body.locals.len());
        let mut params = Vec::with_capacity(test.with.len());
        for (param, value) in &test.with {
            params.push((param.clone(), self.machine.eval(value, &mut env)?));
        }
        // Whatever depends on a `param` has another value in a test that sets some.
        let kept = (!params.is_empty()).then(|| std::mem::take(&mut self.machine.memo));
        self.machine.memo.params.extend(params);
        let result = self.machine.eval(&test.body.expr, &mut env);
        if let Some(kept) = kept {
            let _: Memo = std::mem::replace(&mut self.machine.memo, kept);
        }
        let expectations = std::mem::take(&mut self.machine.expectations);
        let waits = std::mem::take(&mut self.machine.expectation_waits) || result?.waits();
        Ok(TestPlan { title: test.title.clone(), expectations, waits })
    }
}

/// Where an error about something that is not in the program points.
fn nowhere() -> FileSpan {
    FileSpan { file: "".into(), start: 0, end: 0 }
}
