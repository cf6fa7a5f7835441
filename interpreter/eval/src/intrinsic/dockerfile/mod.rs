//! `dockerfile()`: what a Dockerfile describes, as the operations of a container.
//!
//! The text is a result of the graph like any other: it is awaited, and the round in which it is known makes the rest. What each
//! instruction means is BuildKit's to say (`docs.docker.com/reference/dockerfile`).

mod build;
mod copy;
mod mount;
mod place;
mod run;
mod stage;
mod words;

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_ops::{Arg, Op, Output};

use self::build::{Build, Given};
use super::dirs::relative;
use super::{Call, Entry, Table, named};
use crate::error::{self, Result};
use crate::machine::{Machine, Site, symbolic};
use crate::value::Value;

pub(super) const TABLE: Table = &[("Dir.dockerfile", Entry::Run(dockerfile))];

fn dockerfile(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let &Value::Dir(tree) = call.arg(0)? else { return Err(call.unusable(machine, 0)) };
    let path = call.text(machine, 1)?;
    let path = relative(&path)
        .ok_or_else(|| error::invalid(format!("`{path}` leads out of the directory"), call.arg_place(1)))?;
    let target = call.optional_text(machine, 2)?;
    let platform = call.optional_text(machine, 4)?;
    let given = Given {
        args: named(machine, call, 3)?,
        secrets: named(machine, call, 5)?,
        contexts: contexts(machine, call)?,
        platform: platform.unwrap_or_else(|| machine.facts.platform.clone()),
    };
    let site = call.site(machine);
    let text = text(machine, call, tree, &path, &site)?;
    let shown = place::shown(machine, tree, &path);
    machine.learn_text(&shown, &text);
    let context = machine.add_main(Op::BuildContext { tree, dockerfile: path }, &site)?;
    let parsed = pipe_dockerfile::parse(&text).map_err(|errors| place::wrong(&errors, &shown, call))?;
    Build::new(machine, call, &parsed, shown, context, given)?.target(target.as_deref())
}

/// The text, as soon as it is known.
fn text(machine: &mut Machine, call: &Call<'_>, tree: Output, path: &str, site: &Site) -> Result<Arc<str>> {
    let file = machine.add_main(Op::Subfile { tree, path: Arg::text(path) }, site)?;
    let contents = machine.add_main(Op::Contents { file }, site)?;
    match machine.resolved(symbolic(contents, &Type::String), site)? {
        Value::Text(text) => Ok(text),
        _ => Err(machine.later("`dockerfile`", contents, call.place())),
    }
}

fn contexts(machine: &Machine, call: &Call<'_>) -> Result<Vec<(Arc<str>, Output)>> {
    let pair = |(name, value): (Arc<str>, Value)| match value {
        Value::Dir(tree) => Ok((name, tree)),
        other => Err(machine.unusable("`contexts`", &other, call.arg_place(6))),
    };
    named(machine, call, 6)?.into_iter().map(pair).collect()
}
