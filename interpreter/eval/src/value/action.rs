//! Actions: what will be done to the world, described. Nothing of a description is a node of the graph: only when an action is done,
//! in its place among others, its effects become nodes (see [`crate::course`]).

use std::sync::Arc;

use pipe_analysis::typed::{Function, Type};
use pipe_diagnostics::FileSpan;
use pipe_ops::{Act, Hints, Output};

use super::{ContainerValue, Value};
use crate::frame::Frame;
use crate::machine::Site;

/// An action that can be done, any number of times.
#[derive(Clone, Debug)]
pub struct ActionValue {
    pub(crate) deed: Deed,
    pub(crate) depth: u32,
    pub(crate) waits: bool,
}

/// What is done.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// The body of an action of the program.
    Call {
        function: Arc<Function>,
        args: Vec<Value>,
        /// The call, with its name.
        frame: Arc<Frame>,
        /// Where it is called.
        place: FileSpan,
    },
    /// An effect of the engine.
    Effect(Arc<Described>),
    /// One after the other.
    Sequence(Vec<Arc<ActionValue>>),
    /// Side by side, at most so many at once.
    Parallel(Vec<Arc<ActionValue>>, Option<usize>),
    /// Again until it succeeds.
    Retry(Arc<ActionValue>, i64),
    /// The second when the first failed.
    OnFailure(Arc<ActionValue>, Arc<ActionValue>),
    /// Its failure is a value.
    AllowFailure(Arc<ActionValue>),
    /// The second whatever comes of the first.
    Finally(Arc<ActionValue>, Arc<ActionValue>),
}

/// An effect, described.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    /// `name:`, else its operation.
    pub(crate) name: Arc<str>,
    pub(crate) operation: Arc<str>,
    pub(crate) site: Site,
    pub(crate) act: Act,
    pub(crate) hints: Hints,
    pub(crate) gives: Gives,
}

/// What an effect gives when it is done.
#[derive(Clone, Debug)]
pub(crate) enum Gives {
    Nothing,
    /// The container that a command leaves.
    Container(Arc<ContainerValue>),
    /// A value of this type.
    Value(Type),
}

/// An effect of an action that is done.
#[derive(Clone, Debug)]
pub struct Effect {
    /// `name:`, else its operation.
    pub name: Arc<str>,
    /// The operation: `export`, `sleep`.
    pub operation: Arc<str>,
    /// The node that stands for it.
    pub output: Output,
    /// Where it is written.
    pub place: FileSpan,
    /// What it says or does, for people: a question, a message, a command, a path. `…` stands for what only running gives.
    pub detail: Arc<str>,
    /// It failed, or a person said no: in a simulation.
    pub failed: bool,
}

impl ActionValue {
    pub(crate) fn new(deed: Deed) -> ActionValue {
        let (values, actions): (&[Value], Vec<&Arc<ActionValue>>) = match &deed {
            Deed::Call { args, .. } => (args, Vec::new()),
            Deed::Effect(_) => (&[], Vec::new()),
            Deed::Sequence(actions) | Deed::Parallel(actions, _) => (&[], actions.iter().collect()),
            Deed::Retry(action, _) | Deed::AllowFailure(action) => (&[], vec![action]),
            Deed::OnFailure(action, other) | Deed::Finally(action, other) => (&[], vec![action, other]),
        };
        let depths = values.iter().map(Value::depth).chain(actions.iter().map(|action| action.depth));
        let depth = depths.max().unwrap_or(0) + 1;
        let waits = values.iter().any(Value::waits) || actions.iter().any(|action| action.waits);
        ActionValue { deed, depth, waits }
    }
}
