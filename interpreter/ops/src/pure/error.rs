//! Why a pure function has no value.

/// Why a pure function has no value. Its text is one sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PureError {
    /// No such function.
    #[error("there is no function `{function}`")]
    Unknown {
        /// The name asked for.
        function: String,
    },
    /// An argument of a kind the function does not take. The checker refuses such programs, so only a graph that was not
    /// made by the language gets here.
    #[error("`{function}` takes {expected} as argument {}", .index + 1)]
    Argument {
        /// The function.
        function: String,
        /// Which argument, from 0.
        index: usize,
        /// What it takes there.
        expected: &'static str,
    },
    /// The result is outside the type's range.
    #[error("the result of `{operation}` does not fit into {ty}")]
    Overflow {
        /// The operator as users write it.
        operation: &'static str,
        /// The type, with its article.
        ty: &'static str,
    },
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A value that has no text form.
    #[error("{kind} has no text form")]
    NoTextForm {
        /// What the value is, with its article.
        kind: &'static str,
    },
    /// A regular expression that is not one, or one that is too large.
    #[error("`{pattern}` is not a regular expression: {reason}")]
    Regex {
        /// The expression.
        pattern: String,
        /// One line.
        reason: String,
    },
    /// A text without the form its type asks for.
    #[error("`{text}` is not {kind}: {reason}")]
    Form {
        /// The type, with its article.
        kind: String,
        /// The text.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// A text that does not decode.
    #[error("this is not the {format} that was expected: {reason}")]
    Decode {
        /// `JSON`, …
        format: &'static str,
        /// What is wrong, and where in the text.
        reason: String,
    },
    /// A value that the format cannot express.
    #[error("this value cannot be written as {format}: {reason}")]
    Encode {
        /// `JSON`, …
        format: &'static str,
        /// What is in the way.
        reason: String,
    },
    /// A value that cannot be inserted into a script.
    #[error("{reason}")]
    ScriptValue {
        /// A whole sentence.
        reason: String,
    },
    /// `or_fail` of a result that is an error, `?? fail(…)` of an optional that is none.
    #[error("{message}")]
    Failed {
        /// What the result, or the program, says.
        message: String,
    },
    /// A whole number outside what a function takes.
    #[error("`{function}` takes {expected}, and this is {found}")]
    OutOfRange {
        /// The function as users write it.
        function: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What it was given.
        found: i64,
    },
    /// The result would have more elements than [`super::MAX_ITEMS`].
    #[error("the result would have more than {limit} elements")]
    TooMany {
        /// How many it may have.
        limit: usize,
    },
    /// The result would be larger than [`super::MAX_TEXT`].
    #[error("the result would be larger than {} MiB", .limit >> 20)]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
}
