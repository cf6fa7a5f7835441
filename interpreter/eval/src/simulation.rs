//! Simulated actions: nothing is done. What the test says of steps, effects and persons stands in for what doing them would give.

use std::collections::HashMap;
use std::sync::Arc;

use pipe_diagnostics::FileSpan;
use pipe_ops::{Act, Arg, Datum, Node, NodeId, Op, Output, Slot, pure};

use crate::error::{self, Result};
use crate::expr::on_stack;
use crate::machine::{Machine, Site};
use crate::rounds::Known;
use crate::value::{ContainerValue, Value};

/// The operation that all effects of a simulated action stand on. There is none of this name: whatever needs such an effect to be done
/// is refused.
pub(crate) const SIMULATED: &str = "simulate";

/// What the test says, in the order in which it is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A person says yes, or no.
    Person(bool),
    /// A step or an effect ends so.
    Ends(Arc<Told>),
}

/// What is said of a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Which one.
    pub(crate) of: Arc<str>,
    pub(crate) stdout: Arc<str>,
    pub(crate) stderr: Arc<str>,
    pub(crate) exit_code: i64,
}

impl Told {
    /// A command that succeeds and prints nothing.
    pub(crate) fn nothing() -> Told {
        Told { of: "".into(), stdout: "".into(), stderr: "".into(), exit_code: 0 }
    }

    /// A result of the command, when it is one that can be told.
    pub(crate) fn result(&self, slot: Slot) -> Option<Datum> {
        match slot {
            Slot::Stdout => Some(Datum::Text(self.stdout.clone())),
            Slot::Stderr => Some(Datum::Text(self.stderr.clone())),
            Slot::ExitCode => Some(Datum::Int(self.exit_code)),
            _ => None,
        }
    }
}

/// An action that is simulated.
#[derive(Debug)]
pub(crate) struct Simulation {
    /// From the last to the first.
    answers: Vec<Answer>,
    /// Where they are written.
    place: FileSpan,
    told: HashMap<NodeId, Arc<Told>>,
    /// What was derived from that.
    derived: HashMap<Output, Known>,
}

impl Simulation {
    pub(crate) fn new(mut answers: Vec<Answer>, place: FileSpan) -> Simulation {
        answers.reverse();
        Simulation { answers, place, told: HashMap::new(), derived: HashMap::new() }
    }

    /// Whether a person says yes to what is asked by this name. Where no answer is left, nobody does.
    pub(crate) fn ask(&mut self, name: &str) -> Result<bool> {
        match self.answers.pop() {
            None => Ok(false),
            Some(Answer::Person(yes)) => Ok(yes),
            Some(Answer::Ends(told)) => {
                let message = format!("`{name}` asks a person, and the next answer is for `{}`", told.of);
                Err(error::invalid(message, self.place.clone()))
            }
        }
    }

    /// What is said of a step or an effect, if the next answer is for one of these names. It stays so for its node.
    pub(crate) fn tell(&mut self, node: NodeId, is_of: impl Fn(&str) -> bool) -> Option<Arc<Told>> {
        if let Some(told) = self.told.get(&node) {
            return Some(told.clone());
        }
        let Some(Answer::Ends(told)) = self.answers.last().filter(|answer| match answer {
            Answer::Ends(told) => is_of(&told.of),
            Answer::Person(_) => false,
        }) else {
            return None;
        };
        let told = told.clone();
        self.answers.pop();
        self.told.insert(node, told.clone());
        Some(told)
    }

    /// It is said of a node without an answer: a fake container knows.
    pub(crate) fn learn(&mut self, node: NodeId, told: Arc<Told>) {
        self.told.insert(node, told);
    }

    /// An answer that nothing asked for is a mistake: the test does not go where it means to.
    pub(crate) fn end(self) -> Result<()> {
        let what = match self.answers.last() {
            None => return Ok(()),
            Some(Answer::Person(true)) => "`Yes`".to_owned(),
            Some(Answer::Person(false)) => "`No`".to_owned(),
            Some(Answer::Ends(told)) => format!("the one for `{}`", told.of),
        };
        let message = format!("nothing asks for an answer: {what} is left");
        Err(error::invalid(message, self.place)
            .help("answers are given in order; those for steps and effects by the names that `plan` shows"))
    }
}

impl Machine {
    /// What a simulation in progress makes of an output.
    pub(crate) fn simulated(&mut self, output: Output) -> Option<Known> {
        let mut simulation = self.course.as_mut()?.simulation.take()?;
        let known = self.derived(output, &mut simulation);
        if let Some(course) = &mut self.course {
            course.simulation = Some(simulation);
        }
        known
    }

    fn derived(&mut self, output: Output, simulation: &mut Simulation) -> Option<Known> {
        if let Some(known) = simulation.derived.get(&output) {
            return Some(known.clone());
        }
        self.meter.steps(1).ok()?;
        let node = self.graph.shared(output.node).cloned()?;
        let known = on_stack(|| self.derived_from(&node, output, simulation))?;
        if let Known::Value(Datum::Text(text)) = &known {
            self.meter.bytes(text.len()).ok()?;
        }
        simulation.derived.insert(output, known.clone());
        Some(known)
    }

    fn derived_from(&mut self, node: &Node, output: Output, simulation: &mut Simulation) -> Option<Known> {
        let is_of = |name: &str| node.origins.iter().any(|origin| &*origin.name == name);
        match &node.op {
            Op::Exec(_) => simulation.tell(output.node, is_of)?.result(output.slot).map(Known::Value),
            Op::Effect(effect) => {
                let told = simulation.told.get(&output.node).cloned();
                if let (Act::Push { reference, .. } | Act::Load { reference, .. }, Slot::Main) =
                    (&effect.act, output.slot)
                {
                    return self.reference_given(told.as_deref(), reference, simulation);
                }
                told?.result(output.slot).map(Known::Value)
            }
            Op::Guard { exec, success } => {
                let code = Output { node: exec.node, slot: Slot::ExitCode };
                match self.derived(code, simulation)? {
                    Known::Value(Datum::Int(code)) if success.iter().any(|one| i64::from(*one) == code) => {
                        self.derived(Output { node: exec.node, slot: output.slot }, simulation)
                    }
                    _ => Some(Known::Lost),
                }
            }
            Op::Apply { function, args } => {
                let mut values = Vec::with_capacity(args.len());
                for arg in args {
                    values.push(match arg {
                        Arg::Const(datum) => datum.clone(),
                        Arg::Output(output) => match self.derived(*output, simulation)? {
                            Known::Value(datum) => datum,
                            Known::Lost => return Some(Known::Lost),
                        },
                    });
                }
                Some(pure::apply(function, &values).map_or(Known::Lost, Known::Value))
            }
            Op::After { of, .. } => self.derived(*of, simulation),
            _ => None,
        }
    }

    /// The reference that a push or a load gives: what is said of it, else the one that it was asked for.
    fn reference_given(
        &mut self,
        told: Option<&Told>,
        asked: &Arg,
        simulation: &mut Simulation,
    ) -> Option<Known> {
        match (told.map(|told| told.stdout.trim()).filter(|said| !said.is_empty()), asked) {
            (Some(said), _) => Some(Known::Value(Datum::Text(said.into()))),
            (None, Arg::Const(asked)) => Some(Known::Value(asked.clone())),
            (None, Arg::Output(asked)) => self.derived(*asked, simulation),
        }
    }

    /// A value with what is known of it in the simulation in progress.
    pub(crate) fn told(&mut self, value: &Value, site: &Site) -> Result<Value> {
        let tell = |machine: &mut Machine, leaf: &Value| match leaf {
            Value::Symbolic(_) => machine.resolved(leaf.clone(), site),
            Value::Container(container) => Ok(machine.told_container(container)),
            other => Ok(other.clone()),
        };
        self.with_leaves(value, &tell, site)
    }

    /// A container that knows what its last command gave, where that is known.
    fn told_container(&mut self, container: &Arc<ContainerValue>) -> Value {
        let told = container.last.filter(|_| container.told.is_none()).and_then(|last| {
            let mut known = |slot| match self.known(Output { node: last.result, slot }) {
                Some(Known::Value(datum)) => Some(datum),
                Some(Known::Lost) | None => None,
            };
            match (known(Slot::Stdout)?, known(Slot::Stderr)?, known(Slot::ExitCode)?) {
                (Datum::Text(stdout), Datum::Text(stderr), Datum::Int(exit_code)) => {
                    Some(Told { of: "".into(), stdout, stderr, exit_code })
                }
                _ => None,
            }
        });
        match told {
            Some(told) => ContainerValue { told: Some(Arc::new(told)), ..container.as_ref().clone() }.into(),
            None => Value::Container(container.clone()),
        }
    }

    /// A text as far as it is known, with `…` for what only running gives.
    pub(crate) fn partial_text(&mut self, arg: &Arg) -> String {
        let unknown = || "…".to_owned();
        let output = match arg {
            Arg::Const(datum) => return pure::text_form(datum).unwrap_or_else(|_| unknown()),
            Arg::Output(output) => *output,
        };
        if let Some(Known::Value(datum)) = self.known(output) {
            return pure::text_form(&datum).unwrap_or_else(|_| unknown());
        }
        let node = self.graph.shared(output.node).cloned();
        match node.as_deref().map(|node| &node.op) {
            // Parts may be shared: what is written out is counted.
            Some(Op::Apply { function, args }) if &**function == "concat" && self.meter.steps(1).is_ok() => {
                let parts = args.iter();
                let parts = parts.map(|arg| on_stack(|| self.partial_text(arg)));
                parts.collect()
            }
            _ => unknown(),
        }
    }
}
