//! `pipe why`.

mod text;

use std::ffi::{OsStr, OsString};

use pipe_engine::{PlanStatus, Reason, Why};
use pipe_ops::FieldValue;
use serde_json::{Value, json};

use crate::args::{Cli, Command, WhyArgs};
use crate::environment::Environment;
use crate::evaluate::{Evaluation, Purpose};
use crate::exit::CliError;
use crate::progress::printable;
use crate::{execute, output};

use super::opened::Opened;

/// Says why the steps of a target run or ran.
pub(crate) fn run(
    cli: &Cli,
    args: &WhyArgs,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<(), CliError> {
    let (rest, step) = without_step(&args.rest);
    let opened = Opened::new(cli, "why", &args.rest, &rest, arguments, environment)?;
    let args = opened.args(|command| match command {
        Command::Why(args) => Some(args),
        _ => None,
    })?;
    let Opened { package, request, config, style, .. } = &opened;
    let mut trust = opened.trust(&args.allow)?;
    let mut evaluation = Evaluation::new(package, environment, request, &mut trust, Purpose::Look)?;
    let (plan, engine) = super::plan::plan(package, environment, config, &mut evaluation, &trust, *style)?;
    let mut all = engine.why(evaluation.graph(), &plan).map_err(|error| execute::refused(&error, package))?;
    if let Some(step) = step {
        choose(&mut all, &step)?;
    }
    let text = if args.json {
        format!("{}\n", json!({ "v": 1, "steps": all.iter().map(as_json).collect::<Vec<_>>() }))
    } else {
        text::render(&all)
    };
    output::result(text.as_bytes())
}

/// The second of the leading words is a step's name.
fn without_step(rest: &[OsString]) -> (Vec<OsString>, Option<String>) {
    let is_word = |word: &&OsString| !is_flag(word);
    match rest.get(1).filter(is_word) {
        Some(step) if rest.first().is_some_and(|word| !is_flag(word)) => {
            let others = rest.iter().enumerate().filter(|(at, _)| *at != 1);
            let others = others.map(|(_, word)| word.clone()).collect();
            (others, Some(step.to_string_lossy().into_owned()))
        }
        _ => (rest.to_vec(), None),
    }
}

fn is_flag(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

/// Leaves the steps of a name.
fn choose(all: &mut Vec<Why>, step: &str) -> Result<(), CliError> {
    let names: Vec<String> = all.iter().map(|why| printable(&why.name, false)).collect();
    all.retain(|why| &*why.name == step);
    if !all.is_empty() {
        return Ok(());
    }
    let wrong = CliError::usage(format!("the target has no step `{step}`"));
    Err(match pipe_diagnostics::nearest(step, names.iter().map(String::as_str)) {
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => wrong.help("it has no steps at all"),
        None => wrong.help(format!("it has: {}", names.join(", "))),
    })
}

fn as_json(why: &Why) -> Value {
    let status = match &why.status {
        PlanStatus::Cached => "cached",
        PlanStatus::WillRun { .. } => "will-run",
        PlanStatus::Action => "action",
        PlanStatus::Breakpoint => "breakpoint",
        PlanStatus::Unknown { .. } | PlanStatus::NeedsGrant { .. } => "unknown",
        PlanStatus::Fails { .. } => "fails",
    };
    let (reason, earlier, difference, content) = match &why.reason {
        Reason::First => ("first", None, None, None),
        Reason::Open => ("unknown", None, None, None),
        Reason::Again | Reason::Replaced { .. } => ("again", None, None, None),
        Reason::Changed { earlier, difference, content } => {
            ("changed", Some(earlier.to_string()), Some(difference), content.as_ref())
        }
    };
    let value = |value: &Option<FieldValue>| match value {
        Some(FieldValue::Text(text)) => json!(text),
        Some(FieldValue::Digest(digest)) => json!(digest.to_string()),
        None => Value::Null,
    };
    let place = text::place(why);
    json!({
        "name": why.name,
        "status": status,
        "key": why.key.map(|key| key.to_string()),
        "reason": reason,
        "text": text::reason(why),
        "earlier": earlier,
        "field": difference.map(|difference| &difference.label),
        "before": difference.map(|difference| value(&difference.before)),
        "after": difference.map(|difference| value(&difference.after)),
        "path": content.map(|content| &content.path),
        "made_by": content.and_then(|content| content.made_by.as_ref()),
        "file": place.map(|origin| &origin.file),
        "line": place.map(|origin| origin.line),
    })
}
