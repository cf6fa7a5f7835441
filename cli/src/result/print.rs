//! Results on standard output.

use pipe_eval::Demand;
use pipe_ops::{Datum, Output};
use pipe_store::Store;
use serde_json::{Map, Value};

use super::answers::Answers;
use super::{listing, text};
use crate::evaluate::EvaluatedTarget;
use crate::exit::CliError;
use crate::output;

/// Prints what targets gave. Several are told apart by their names.
pub(crate) fn print(
    targets: &[EvaluatedTarget],
    answers: &Answers,
    store: &Store,
    json: bool,
    terminal: bool,
) -> Result<(), CliError> {
    match targets {
        [one] if json => output::result_line(&as_json(&one.demand, answers, store)?.to_string()),
        [one] => output::result(ended(as_text(&one.demand, answers, store)?, terminal).as_bytes()),
        several if json => {
            let values = several
                .iter()
                .map(|target| Ok((target.label.to_string(), as_json(&target.demand, answers, store)?)));
            let object: Map<String, Value> = values.collect::<Result<_, CliError>>()?;
            output::result_line(&Value::Object(object).to_string())
        }
        several => {
            for target in several {
                let text = ended(as_text(&target.demand, answers, store)?, true);
                if !text.is_empty() {
                    output::result(format!("== {}\n{text}", target.label).as_bytes())?;
                }
            }
            Ok(())
        }
    }
}

/// A text is printed as it is; where a person or another result follows, it ends its line.
fn ended(mut text: String, wanted: bool) -> String {
    if wanted && !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn lost(what: &str) -> CliError {
    CliError::machine(format!("the engine gave no {what}; please report this"))
}

fn as_text(demand: &Demand, answers: &Answers, store: &Store) -> Result<String, CliError> {
    Ok(match demand {
        Demand::Nothing | Demand::Build(_) | Demand::Check(_) => String::new(),
        Demand::Action(plan) => as_text(&plan.result, answers, store)?,
        Demand::Waiting(_) => return Err(lost("value")),
        Demand::Dir(tree) => listing::tree_text(store, tree_of(*tree, answers)?)?,
        Demand::File(file) => listing::file_text(file_of(*file, answers)?),
        Demand::Data(arg) => text::shown(&data_of(arg, answers)?),
        Demand::Many(parts) => {
            let mut all = String::new();
            for (name, part) in parts {
                let text = ended(as_text(part, answers, store)?, true);
                if !text.is_empty() {
                    all.push_str(&format!("{name}:\n{text}"));
                }
            }
            all
        }
    })
}

fn as_json(demand: &Demand, answers: &Answers, store: &Store) -> Result<Value, CliError> {
    Ok(match demand {
        Demand::Nothing | Demand::Build(_) | Demand::Check(_) => Value::Null,
        Demand::Action(plan) => as_json(&plan.result, answers, store)?,
        Demand::Waiting(_) => return Err(lost("value")),
        Demand::Dir(tree) => listing::tree_json(store, tree_of(*tree, answers)?)?,
        Demand::File(file) => listing::file_json(file_of(*file, answers)?),
        Demand::Data(arg) => {
            let text = text::json(&data_of(arg, answers)?);
            let text = text.map_err(|reason| CliError::usage(format!("--json: {reason}")))?;
            serde_json::from_str(&text).map_err(|error| CliError::machine(error.to_string()))?
        }
        Demand::Many(parts) => {
            let values = parts.iter().map(|(name, part)| Ok((name.clone(), as_json(part, answers, store)?)));
            many(values.collect::<Result<_, CliError>>()?)
        }
    })
}

/// Elements of a list have their places as names.
fn many(values: Map<String, Value>) -> Value {
    if values.keys().enumerate().all(|(index, name)| *name == index.to_string()) {
        return Value::Array(values.into_iter().map(|(_, value)| value).collect());
    }
    Value::Object(values)
}

fn tree_of(output: Output, answers: &Answers) -> Result<&pipe_engine::TreeValue, CliError> {
    answers.tree(output).ok_or_else(|| lost("folder"))
}

fn file_of(output: Output, answers: &Answers) -> Result<&pipe_store::FileRef, CliError> {
    answers.file(output).ok_or_else(|| lost("file"))
}

fn data_of(arg: &pipe_ops::Arg, answers: &Answers) -> Result<Datum, CliError> {
    answers.datum(arg).ok_or_else(|| lost("value"))
}
