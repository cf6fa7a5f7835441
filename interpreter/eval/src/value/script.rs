//! Scripts whose holes are filled.

use std::sync::Arc;

use pipe_diagnostics::FileSpan;
use pipe_ops::Arg;
use pipe_syntax::ast::Shell;

/// A script: constant text, and the variables that carry its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptValue {
    /// Which shell runs it.
    pub shell: Shell,
    /// The text that the shell reads; holes are `"$PIPE_1"` or `${PIPE_1}`.
    pub text: Arc<str>,
    /// `PIPE_1` and so on, with their values.
    pub variables: Vec<(String, Arg)>,
    /// Where the literal stands.
    pub place: FileSpan,
}
