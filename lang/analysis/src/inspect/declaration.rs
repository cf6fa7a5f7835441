//! What a name declares, for people.

use std::sync::Arc;

use pipe_diagnostics::FileSpan;

use crate::typed::Type;

/// What a name declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Which kind of thing it is.
    pub kind: DeclarationKind,
    /// Its name, without the type or module before it.
    pub name: Arc<str>,
    /// How its declaration begins, up to the parameters: `pub fn build`, `fn Container.run`, `param src: Dir`.
    pub head: String,
    /// Parameters of a function, fields of a record, payload of a variant, without the receiver of an operation; `None` for
    /// what has none by nature.
    pub parameters: Option<Vec<Parameter>>,
    /// What calling it gives, as it is written.
    pub result: Option<String>,
    /// The type of the value that its name stands for, or that calling it gives; an enum's is its own. `None` for modules and for
    /// types that have no values of their own.
    pub ty: Option<Type>,
    /// The `##` lines above it.
    pub docs: Vec<String>,
    /// Where its name stands; `None` for what is built in.
    pub place: Option<FileSpan>,
    /// `pub`.
    pub public: bool,
}

/// Kinds of [`Declaration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum DeclarationKind {
    Function,
    Action,
    Operation,
    Param,
    Let,
    Record,
    /// A type of the engine, or a built-in one.
    Opaque,
    Enum,
    Variant,
    Field,
    Parameter,
    Local,
    Module,
    Test,
}

/// A parameter of a function, a field of a record, a part of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: Arc<str>,
    /// Its type; in a call, with the type arguments of that call.
    pub ty: Type,
    /// Its default, as it is written.
    pub default: Option<String>,
    /// It must be given.
    pub required: bool,
    /// The `##` lines above it, for fields.
    pub docs: Vec<String>,
}

impl std::fmt::Display for Parameter {
    /// As it is declared: `timeout: Duration? = none`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.ty)?;
        self.default.as_ref().map_or(Ok(()), |default| write!(f, " = {default}"))
    }
}

impl Declaration {
    /// The declaration as code, broken when it is wider than so many characters.
    pub fn signature(&self, width: usize) -> String {
        let Declaration { kind, head, parameters, result, .. } = self;
        let result = result.as_ref().map_or_else(String::new, |result| format!(" -> {result}"));
        let Some(parameters) = parameters else { return format!("{head}{result}") };
        let parts: Vec<String> = parameters.iter().map(ToString::to_string).collect();
        let braces = matches!(kind, DeclarationKind::Record | DeclarationKind::Opaque);
        let (open, close) = match braces {
            true if parts.is_empty() => (" {", "}"),
            true => (" { ", " }"),
            false => ("(", ")"),
        };
        let one_line = format!("{head}{open}{}{close}{result}", parts.join(", "));
        if one_line.chars().count() <= width || parts.is_empty() {
            return one_line;
        }
        let end = if braces { "" } else { "," };
        let lines: Vec<String> = parts.iter().map(|part| format!("  {part}{end}\n")).collect();
        format!("{head}{}\n{}{}{result}", open.trim_end(), lines.concat(), close.trim_start())
    }

    /// A name with nothing known about it yet.
    pub(super) fn new(kind: DeclarationKind, name: &str, head: impl Into<String>) -> Declaration {
        Declaration {
            kind,
            name: name.into(),
            head: head.into(),
            parameters: None,
            result: None,
            ty: None,
            docs: Vec::new(),
            place: None,
            public: true,
        }
    }
}
