//! Values that only running gives.

use pipe_analysis::typed::Type;
use pipe_ops::Output;

/// An edge of the graph, used as a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbolic {
    /// Where it comes from.
    pub output: Output,
    /// Its type.
    pub ty: Type,
}
