//! Answers: what a test says of persons, steps and effects.

use std::sync::Arc;

use super::Call;
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::simulation::{Answer, Told};
use crate::value::{Value, VariantValue};

/// The answers in an argument, which is a list of `Answer`.
pub(super) fn given(machine: &Machine, call: &Call<'_>, index: usize) -> Result<Vec<Answer>> {
    let answer = |value: &Value| match value {
        Value::Variant(variant) => one(machine, call, index, variant),
        other => Err(machine.unusable("an answer", other, call.arg_place(index))),
    };
    call.list(machine, index)?.iter().map(answer).collect()
}

fn one(machine: &Machine, call: &Call<'_>, index: usize, variant: &VariantValue) -> Result<Answer> {
    let name = variant.decl.variants.get(variant.index).map(|variant| variant.name.as_ref());
    match (name, &variant.payload[..]) {
        (Some("Yes"), []) => Ok(Answer::Person(true)),
        (Some("No"), []) => Ok(Answer::Person(false)),
        (
            Some("Output"),
            [Value::Text(of), Value::Text(stdout), Value::Text(stderr), Value::Int(exit_code)],
        ) => {
            if !(0..=255).contains(exit_code) {
                let message = format!("{exit_code} is not an exit code: those are 0 to 255");
                return Err(error::invalid(message, call.arg_place(index)));
            }
            let (of, stdout, stderr) = (of.clone(), stdout.clone(), stderr.clone());
            Ok(Answer::Ends(Arc::new(Told { of, stdout, stderr, exit_code: *exit_code })))
        }
        _ => {
            let unknown = variant.payload.iter().find(|part| part.unknown_part().is_some());
            Err(match unknown {
                Some(part) => machine.unusable("an answer", part, call.arg_place(index)),
                None => error::internal("an answer of no known form", call.arg_place(index)),
            })
        }
    }
}
