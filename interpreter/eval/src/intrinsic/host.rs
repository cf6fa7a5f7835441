//! What comes from outside: the package's files, the machine, secrets. Only references: nothing is read here.

use std::sync::Arc;

use pipe_analysis::is_command_line;
use pipe_analysis::typed::{Enum, Record};
use pipe_ops::pure::normalise_path;
use pipe_ops::{HostDir, Op};

use super::{Call, Entry, Table, options};
use crate::error::{self, Result};
use crate::facts::{CiEvent, CiFacts};
use crate::machine::{Machine, Site, symbolic};
use crate::value::{Base, ContainerValue, Items, RecordValue, Value, VariantValue};

pub(super) const WORKSPACE: Table = &[
    ("dir", Entry::Run(workspace_dir)),
    ("file", Entry::Run(workspace_file)),
    ("git", Entry::Run(super::repos::workspace_git)),
];

pub(super) const TABLE: Table = &[
    ("toolchain", Entry::Run(toolchain)),
    ("env", Entry::Run(host_env)),
    ("secret", Entry::Run(host_secret)),
];

pub(super) const LETS: Table = &[
    ("platform", Entry::Run(|machine, _| Ok(Value::Text(machine.facts.platform.clone())))),
    ("now", Entry::Run(|machine, _| Ok(Value::Int(machine.facts.now)))),
    ("ci", Entry::Run(ci)),
];

pub(super) const SECRET: Table = &[("random", Entry::Run(random_secret))];

fn workspace_dir(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let path = normalise_path(&call.text(machine, 0)?);
    let exclude = options::globs(machine, call, 1)?;
    let include = options::globs(machine, call, 2)?;
    let site = call.site(machine);
    machine.add_main(Op::HostDir(HostDir { path, include, exclude }), &site).map(Value::Dir)
}

fn workspace_file(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let path = normalise_path(&call.text(machine, 0)?);
    let site = call.site(machine);
    machine.add_main(Op::HostFile { path }, &site).map(Value::File)
}

/// A folder of the package, for tests.
pub(super) fn fixture(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let path = normalise_path(&call.text(machine, 0)?);
    if path.starts_with('/') || path == ".." || path.starts_with("../") {
        return Err(error::invalid("a fixture lies in the package's folder", call.arg_place(0)));
    }
    let site = call.site(machine);
    let dir = HostDir { path, include: Vec::new(), exclude: Vec::new() };
    machine.add_main(Op::HostDir(dir), &site).map(Value::Dir)
}

fn toolchain(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let site = call.site(machine);
    let root = machine.add_main(Op::Toolchain, &site)?;
    let platform = machine.facts.platform.clone();
    Ok(ContainerValue::new(root, Base::Bare, platform).into())
}

/// A fact when the user lets the package read it, else an edge that waits for the user's word.
fn host_env(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let name = call.text(machine, 0)?;
    if let Some(value) = machine.facts.env.get(&name) {
        return Ok(Value::optional(value.clone().map(Value::Text)));
    }
    let site = call.site(machine);
    let output = machine.add_main(Op::HostEnv { name: name.to_string() }, &site)?;
    Ok(symbolic(output, call.ty))
}

fn host_secret(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let source = call.text(machine, 0)?;
    match source.split_once(':') {
        Some(("env" | "file", place)) if !place.is_empty() => {}
        Some(("cmd", command)) if !command.is_empty() => {
            if !is_command_line(&call.place().file) {
                return Err(error::command_in_package(call.arg_place(0)));
            }
        }
        _ => {
            let message = "this does not say where the secret is";
            return Err(error::invalid(message, call.arg_place(0)).help("write `env:NAME` or `file:PATH`"));
        }
    }
    let site = call.site(machine);
    machine.host_secret(&source, &site)
}

impl Machine {
    /// A secret of the user's.
    pub(crate) fn host_secret(&mut self, source: &str, site: &Site) -> Result<Value> {
        self.add_main(Op::HostSecret { source: source.to_owned() }, site).map(Value::Secret)
    }
}

/// Named by its place: the function it stands in with its arguments, and where in it. What stands before the function does not matter.
fn random_secret(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let site = call.site(machine);
    let place = format!("{} {}:{}", site.name, site.place.file, call.span().start);
    machine.add_main(Op::RandomSecret { place }, &site).map(Value::Secret)
}

fn ci(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Some(facts) = machine.facts.ci.clone() else { return Ok(Value::Optional(None)) };
    let missing = || error::internal("the standard library has no `Ci`", call.place());
    let record = machine.record_named("std/host.Ci").cloned().ok_or_else(missing)?;
    let events = machine.enum_named("std/host.CiEvent").cloned().ok_or_else(missing)?;
    ci_record(&facts, record, &events).map(|ci| Value::optional(Some(ci))).ok_or_else(missing)
}

/// Fields by their declared names, so that their order in the declaration does not matter. `None` when one is not known here.
fn ci_record(facts: &CiFacts, decl: Arc<Record>, events: &Arc<Enum>) -> Option<Value> {
    let optional = |text: &Option<Arc<str>>| Value::optional(text.clone().map(Value::Text));
    let mut fields = Vec::with_capacity(decl.fields.len());
    for field in &decl.fields {
        fields.push(match field.name.as_ref() {
            "provider" => Value::Text(facts.provider.clone()),
            "event" => ci_event(&facts.event, events)?,
            "ref" => Value::Text(facts.reference.clone()),
            "branch" => optional(&facts.branch),
            "tag" => optional(&facts.tag),
            "repository" => Value::Text(facts.repository.clone()),
            "actor" => Value::Text(facts.actor.clone()),
            "run_url" => Value::Text(facts.run_url.clone()),
            _ => return None,
        });
    }
    Some(Value::Record(Arc::new(RecordValue { decl, fields: Items::new(fields) })))
}

fn ci_event(event: &CiEvent, decl: &Arc<Enum>) -> Option<Value> {
    let (name, payload) = match event {
        CiEvent::Push => ("Push", Vec::new()),
        CiEvent::PullRequest { base, number } => {
            ("PullRequest", vec![Value::Text(base.clone()), Value::Int(*number)])
        }
        CiEvent::Tag => ("Tag", Vec::new()),
        CiEvent::Schedule => ("Schedule", Vec::new()),
        CiEvent::Manual => ("Manual", Vec::new()),
    };
    let index = decl.variants.iter().position(|variant| variant.name.as_ref() == name)?;
    Some(Value::Variant(Arc::new(VariantValue { decl: decl.clone(), index, payload: Items::new(payload) })))
}
