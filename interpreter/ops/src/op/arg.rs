//! Values of ops that are known, or edges.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Datum, Output};

/// A value that is known, or an edge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Arg {
    /// Known.
    Const(Datum),
    /// Known when that node has run.
    Output(Output),
}

impl Arg {
    /// A known text.
    pub fn text(text: impl Into<Arc<str>>) -> Arg {
        Arg::Const(Datum::text(text))
    }

    /// The output that gives it, when it is not known.
    pub fn output(&self) -> Option<Output> {
        match self {
            Arg::Output(output) => Some(*output),
            Arg::Const(_) => None,
        }
    }
}
