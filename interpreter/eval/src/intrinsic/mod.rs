//! What the engine does itself: every function, field and `let` that the standard library declares without a body, in tables by
//! module and name.

mod actions;
mod answers;
mod breakpoint;
mod checks;
mod config;
mod container_fields;
mod dirs;
mod dockerfile;
mod execute;
mod fake;
mod files;
mod formats;
mod hints;
mod host;
mod images_out;
mod kept;
mod lists;
mod maps;
mod numbers;
mod options;
mod ordered;
mod places;
mod repos;
mod results;
mod secrets;
mod services;
mod shape;
mod sources;
mod starts;
mod texts;
mod volumes;

pub(crate) use shape::Defaults;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use pipe_analysis::typed::{Global, Type};
use pipe_diagnostics::FileSpan;
use pipe_ops::{Datum, Output};
use pipe_syntax::Span;

use crate::error::{self, ErrorKind, Result};
use crate::frame::Frame;
use crate::machine::{Machine, Site};
use crate::rounds::{Wait, Waiting};
use crate::value::Value;

/// How an intrinsic is done.
#[derive(Clone, Copy)]
enum Entry {
    /// By a function of the evaluator.
    Run(fn(&mut Machine, &Call<'_>) -> Result<Value>),
    /// By a pure function of the same arguments, by its name in [`pipe_ops::pure`].
    Pure(&'static str),
}

/// Rows of a table: name and entry.
type Table = &'static [(&'static str, Entry)];

/// What an intrinsic is declared as. An operation and a field may share their name: `.user("me")` sets what `.user` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// `fn` or `action`.
    Function,
    /// A field of an opaque type.
    Field,
    /// `let`.
    Let,
}

/// Every table with what it holds and its module.
const TABLES: &[(Kind, &str, Table)] = &[
    (Kind::Function, "std/prelude", starts::TABLE),
    (Kind::Function, "std/prelude", files::TABLE),
    (Kind::Function, "std/prelude", config::TABLE),
    (Kind::Function, "std/prelude", breakpoint::TABLE),
    (Kind::Function, "std/prelude", secrets::TABLE),
    (Kind::Function, "std/prelude", volumes::TABLE),
    (Kind::Function, "std/prelude", services::TABLE),
    (Kind::Function, "std/prelude", execute::TABLE),
    (Kind::Function, "std/prelude", dirs::TABLE),
    (Kind::Function, "std/prelude", dockerfile::TABLE),
    (Kind::Function, "std/prelude", checks::TABLE),
    (Kind::Function, "std/prelude", actions::TABLE),
    (Kind::Function, "std/prelude", images_out::TABLE),
    (Kind::Function, "std/prelude", repos::TABLE),
    (Kind::Function, "std/prelude", sources::TABLE),
    (Kind::Function, "std/collections", lists::TABLE),
    (Kind::Function, "std/collections", ordered::TABLE),
    (Kind::Function, "std/collections", maps::TABLE),
    (Kind::Function, "std/text", texts::TABLE),
    (Kind::Function, "std/numbers", numbers::TABLE),
    (Kind::Function, "std/result", results::TABLE),
    (Kind::Function, "std/workspace", host::WORKSPACE),
    (Kind::Function, "std/host", host::TABLE),
    (Kind::Function, "std/secret", host::SECRET),
    (Kind::Function, "std/fake", fake::TABLE),
    (Kind::Function, "std/json", formats::JSON),
    (Kind::Function, "std/toml", formats::TOML),
    (Kind::Function, "std/yaml", formats::YAML),
    (Kind::Function, "std/dotenv", formats::DOTENV),
    (Kind::Field, "std/prelude", container_fields::TABLE),
    (Kind::Field, "std/prelude", dirs::FIELDS),
    (Kind::Field, "std/prelude", checks::FIELDS),
    (Kind::Field, "std/prelude", repos::FIELDS),
    (Kind::Field, "std/text", texts::FIELDS),
    (Kind::Let, "std/host", host::LETS),
];

static ENTRIES: LazyLock<HashMap<(Kind, &'static str, &'static str), Entry>> = LazyLock::new(|| {
    let rows = TABLES.iter().flat_map(|(kind, module, table)| table.iter().map(|row| (*kind, *module, *row)));
    rows.map(|(kind, module, (name, entry))| ((kind, module, name), entry)).collect()
});

/// Which intrinsic is called, or read.
pub(crate) struct Intrinsic<'a> {
    pub(crate) kind: Kind,
    pub(crate) global: &'a Global,
    /// For each of its type parameters, the type it has here.
    pub(crate) type_args: &'a [Type],
}

/// A call of an intrinsic.
pub(crate) struct Call<'a> {
    /// What is called.
    pub(crate) global: &'a Global,
    /// For each of its type parameters, the type it has here.
    type_args: &'a [Type],
    /// All arguments, defaults filled in; an operation's receiver first.
    pub(crate) args: Vec<Value>,
    /// Where each argument is written; `None` for a default.
    arg_spans: &'a [Option<Span>],
    span: Span,
    /// The type of the result.
    pub(crate) ty: &'a Type,
    /// The function that calls.
    pub(crate) frame: &'a Arc<Frame>,
}

impl Machine {
    /// Calls an intrinsic, or reads one.
    pub(crate) fn intrinsic(
        &mut self,
        Intrinsic { kind, global, type_args }: Intrinsic<'_>,
        args: Vec<Value>,
        arg_spans: &[Option<Span>],
        span: Span,
        ty: &Type,
        frame: &Arc<Frame>,
    ) -> Result<Value> {
        let mut call = Call { global, type_args, args, arg_spans, span, ty, frame };
        let entry = ENTRIES.get(&(kind, global.module.0.as_ref(), global.name.as_ref()));
        loop {
            let done = match entry {
                _ if call.waiting().is_some() => {
                    let lost = call.waiting().map(|waiting| waiting.lost.clone()).unwrap_or_default();
                    Err(error::waits(Wait::Along(lost), call.place()))
                }
                Some(Entry::Run(run)) => run(self, &call),
                Some(Entry::Pure(function)) => self.pure_call(function, &call),
                None => Err(error::not_there_yet(&global.name, call.place())),
            };
            let Err(error) = done else { return done };
            match &error.kind {
                // It cannot do with an edge what it needs to know, and that is known: again, with the value.
                ErrorKind::Waits(Wait::For(awaited))
                    if self.is_known(awaited.output) && call.takes(awaited.output) =>
                {
                    call.args = self.all_known(&call, awaited.output)?;
                }
                ErrorKind::Waits(_) => return self.waits(error, call.needs()),
                _ => return Err(error),
            }
        }
    }

    /// The arguments of a call, with the value of an output that is known in its place.
    fn all_known(&mut self, call: &Call<'_>, output: Output) -> Result<Vec<Value>> {
        let site = call.site(self);
        let args = call.args.iter().map(|arg| self.substituted(arg, output, &site));
        args.collect()
    }

    fn pure_call(&mut self, function: &str, call: &Call<'_>) -> Result<Value> {
        self.charge(size_of::<Value>(), call.frame, call.span)?;
        let site = call.site(self);
        let args: Vec<&Value> = call.args.iter().collect();
        self.apply(function, &args, call.ty, &site)
    }
}

impl Call<'_> {
    /// Outputs that the arguments stand on.
    fn needs(&self) -> Vec<Output> {
        let mut needs = Vec::new();
        self.args.iter().for_each(|arg| arg.needs(&mut needs));
        needs
    }

    /// Whether an argument is or holds this output as a value.
    fn takes(&self, output: Output) -> bool {
        self.args.iter().any(|arg| arg.mentions(output))
    }

    /// An argument that waits for a later round.
    fn waiting(&self) -> Option<&Waiting> {
        self.args.iter().find_map(|arg| match arg {
            Value::Waiting(waiting) => Some(waiting.as_ref()),
            _ => None,
        })
    }

    /// Where the call is written.
    pub(crate) fn place(&self) -> FileSpan {
        self.frame.place(self.span)
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// Where an argument is written; the call, when it was left to its default.
    pub(crate) fn arg_place(&self, index: usize) -> FileSpan {
        let span = self.arg_spans.get(index).copied().flatten();
        self.frame.place(span.unwrap_or(self.span))
    }

    /// Where a node of this call is made.
    pub(crate) fn site(&self, machine: &mut Machine) -> Site {
        machine.site(self.frame, self.span)
    }

    /// An argument.
    pub(crate) fn arg(&self, index: usize) -> Result<&Value> {
        self.args.get(index).ok_or_else(|| error::internal("an argument is missing", self.place()))
    }

    /// The type that a type parameter has here, by its index.
    fn type_arg(&self, index: usize) -> Result<&Type> {
        self.type_args.get(index).ok_or_else(|| error::internal("a type argument is missing", self.place()))
    }

    /// The name without the type: `mount` of `Container.mount`.
    pub(crate) fn name(&self) -> &str {
        self.global.name.rsplit('.').next().unwrap_or_default()
    }

    fn unusable(&self, machine: &Machine, index: usize) -> Box<error::EvalError> {
        match self.args.get(index) {
            Some(value) => machine.unusable(&format!("`{}`", self.name()), value, self.arg_place(index)),
            None => error::internal("an argument is missing", self.place()),
        }
    }

    /// A known text.
    pub(crate) fn text(&self, machine: &Machine, index: usize) -> Result<Arc<str>> {
        match self.arg(index)? {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(self.unusable(machine, index)),
        }
    }

    /// A known truth value.
    pub(crate) fn bool(&self, machine: &Machine, index: usize) -> Result<bool> {
        match self.arg(index)? {
            Value::Bool(value) => Ok(*value),
            _ => Err(self.unusable(machine, index)),
        }
    }

    /// A known whole number.
    pub(crate) fn int(&self, machine: &Machine, index: usize) -> Result<i64> {
        match self.arg(index)? {
            Value::Int(value) => Ok(*value),
            _ => Err(self.unusable(machine, index)),
        }
    }

    /// Known elements of a list.
    pub(crate) fn list(&self, machine: &Machine, index: usize) -> Result<&[Value]> {
        match self.arg(index)? {
            Value::List(items) => Ok(items),
            _ => Err(self.unusable(machine, index)),
        }
    }

    /// A list of known texts.
    pub(crate) fn texts(&self, machine: &Machine, index: usize) -> Result<Vec<Arc<str>>> {
        let text = |value: &Value| match value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(machine.unusable(&format!("`{}`", self.name()), value, self.arg_place(index))),
        };
        self.list(machine, index)?.iter().map(text).collect()
    }

    /// An optional argument: what is in it.
    pub(crate) fn optional(&self, machine: &Machine, index: usize) -> Result<Option<&Value>> {
        match self.arg(index)? {
            Value::Optional(value) => Ok(value.as_deref()),
            _ => Err(self.unusable(machine, index)),
        }
    }

    /// An optional known text.
    pub(crate) fn optional_text(&self, machine: &Machine, index: usize) -> Result<Option<Arc<str>>> {
        match self.optional(machine, index)? {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.unusable(machine, index)),
        }
    }
}

/// A map from texts.
fn named(machine: &Machine, call: &Call<'_>, index: usize) -> Result<Vec<(Arc<str>, Value)>> {
    let Value::Map(map) = call.arg(index)? else { return Err(call.unusable(machine, index)) };
    let pair = |(key, value): (&Datum, &Value)| match key {
        Datum::Text(name) => Ok((name.clone(), value.clone())),
        _ => Err(error::internal("a name is no text", call.arg_place(index))),
    };
    map.entries.iter().map(pair).collect()
}

#[cfg(test)]
mod tests;
