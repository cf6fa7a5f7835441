//! Words of a Dockerfile with the values of their variables, which may be known only later.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_dockerfile::{Part, Word};
use pipe_ops::{Arg, Output};

use super::build::Build;
use crate::error::Result;
use crate::machine::symbolic;
use crate::value::{ContainerValue, Value};

/// Variables that words see: arguments and the environment, whichever was set last.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    values: BTreeMap<Arc<str>, Value>,
}

/// What is known of a variable.
enum Variable {
    Unset,
    Text(Arc<str>),
    /// Known later: the text, empty when there is none, and what has to be known for that.
    Later(Value, Output),
}

impl Scope {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(super) fn set(&mut self, name: impl Into<Arc<str>>, value: Value) {
        self.values.insert(name.into(), value);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.values.iter()
    }
}

impl Build<'_, '_> {
    /// A word's text, known or not. `container`: whose environment is looked in for what is not in scope.
    pub(super) fn value(
        &mut self,
        word: &Word,
        scope: &Scope,
        container: Option<&ContainerValue>,
    ) -> Result<Value> {
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        let mut later: BTreeMap<&str, (Value, Output)> = BTreeMap::new();
        for name in word.variables() {
            match self.variable(name, word, scope, container)? {
                Variable::Unset => {}
                Variable::Text(text) => drop(texts.insert(name.to_owned(), text.to_string())),
                Variable::Later(value, output) => drop(later.insert(name, (value, output))),
            }
        }
        let Some((_, output)) = later.values().next() else {
            let text = word.expand(&texts).map_err(|error| self.error(error.to_string(), word.span))?;
            if text.contains('\0') {
                return Err(self.error("this holds a NUL character", word.span));
            }
            return Ok(Value::text(text));
        };
        if word.has_modifiers() {
            // What becomes of it is known with its value.
            return Err(self.machine.later("a variable of the Dockerfile", *output, self.call.place()));
        }
        let site = self.site(word.span, "a variable");
        let mut args = Vec::with_capacity(word.parts.len());
        for part in &word.parts {
            args.push(match part {
                Part::Text(text) => Arg::text(text.as_str()),
                Part::Variable { name, .. } => match later.get(name.as_str()) {
                    Some((value, _)) => self.machine.arg(value, &site)?,
                    None => Arg::text(texts.get(name).map_or("", String::as_str)),
                },
            });
        }
        self.machine.apply_args("concat", args, &Type::String, &site)
    }

    /// A word's text, which has to be known.
    pub(super) fn text(
        &mut self,
        word: &Word,
        scope: &Scope,
        container: Option<&ContainerValue>,
    ) -> Result<Arc<str>> {
        let value = self.value(word, scope, container)?;
        self.known(value, word)
    }

    /// The text of a value; one that is not known yet is awaited.
    fn known(&mut self, value: Value, word: &Word) -> Result<Arc<str>> {
        let site = self.site(word.span, "a variable");
        match self.machine.resolved(value, &site)? {
            Value::Text(text) => Ok(text),
            other => Err(self.machine.unusable("a word of the Dockerfile", &other, self.call.place())),
        }
    }

    fn variable(
        &mut self,
        name: &str,
        word: &Word,
        scope: &Scope,
        container: Option<&ContainerValue>,
    ) -> Result<Variable> {
        let site = self.site(word.span, "a variable");
        if let Some(value) = scope.get(name) {
            return Ok(match self.machine.resolved(value.clone(), &site)? {
                Value::Text(text) => Variable::Text(text),
                Value::Symbolic(known_later) => {
                    Variable::Later(Value::Symbolic(known_later.clone()), known_later.output)
                }
                other => return Err(self.machine.unusable("an argument", &other, self.call.arg_place(3))),
            });
        }
        let Some(container) = container else { return Ok(Variable::Unset) };
        let value = self.machine.variable(container, name, self.call)?;
        Ok(match self.machine.resolved(value, &site)? {
            Value::Optional(Some(value)) => match value.as_ref() {
                Value::Text(text) => Variable::Text(text.clone()),
                other => return Err(self.machine.unusable("a variable", other, self.call.place())),
            },
            Value::Symbolic(known_later) => {
                let args = vec![Arg::Output(known_later.output), Arg::text("")];
                match self.machine.apply_args("default", args, &Type::String, &site)? {
                    Value::Symbolic(text) => {
                        Variable::Later(symbolic(text.output, &Type::String), known_later.output)
                    }
                    _ => Variable::Unset,
                }
            }
            _ => Variable::Unset,
        })
    }
}
