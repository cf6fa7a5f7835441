//! Checks.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_ops::{Arg, Datum, Op, Output, Slot};

use super::execute::Layout;
use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::{Machine, symbolic};
use crate::value::{CheckKind, CheckValue, ContainerValue, Judged, Value};

pub(super) const TABLE: Table = &[
    ("Container.check", Entry::Run(container_check)),
    ("Dir.check", Entry::Run(tree_check)),
    ("File.check", Entry::Run(tree_check)),
    ("all", Entry::Run(all)),
    ("Check.requires", Entry::Run(requires)),
    ("Check.warn_only", Entry::Run(undone)),
    ("Check.junit", Entry::Run(undone)),
];

pub(super) const FIELDS: Table = &[
    ("Check.name", Entry::Run(name)),
    ("Check.parts", Entry::Run(parts)),
    ("Check.passed", Entry::Run(passed)),
    ("Check.stdout", Entry::Run(|m, call| result(m, call, Slot::Stdout, Type::String))),
    ("Check.stderr", Entry::Run(|m, call| result(m, call, Slot::Stderr, Type::String))),
    ("Check.exit_code", Entry::Run(|m, call| result(m, call, Slot::ExitCode, Type::Int))),
];

const CHECK: Layout = Layout { name: 2, expect: 4 };

impl Call<'_> {
    fn check(&self, machine: &Machine) -> Result<Arc<CheckValue>> {
        match self.arg(0)? {
            Value::Check(check) => Ok(check.clone()),
            _ => Err(self.unusable(machine, 0)),
        }
    }

    /// The container that a check's command left.
    pub(super) fn checked_container(&self, machine: &Machine) -> Result<Arc<ContainerValue>> {
        match &self.check(machine)?.kind {
            CheckKind::Exec { container, .. } | CheckKind::Built { container: Some(container), .. } => {
                Ok(container.clone())
            }
            CheckKind::Waiting(waiting) => Err(error::along(waiting, self.place())),
            CheckKind::Built { container: None, .. } | CheckKind::All { .. } => {
                Err(error::no_result(self.name(), self.place()))
            }
        }
    }
}

/// `name:`, else the function it came from.
fn name_of(machine: &mut Machine, call: &Call<'_>, index: usize) -> Result<Arc<str>> {
    match call.optional_text(machine, index)? {
        Some(name) => Ok(name),
        None => Ok(machine.label(call.frame)),
    }
}

fn made(name: Arc<str>, kind: CheckKind) -> Value {
    Value::Check(Arc::new(CheckValue { name, kind, declared: Vec::new(), depth: 1, waits: false }))
}

fn container_check(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let name = name_of(machine, call, CHECK.name)?;
    let Some(command) = call.optional(machine, 1)?.cloned() else {
        let outputs = container.outputs();
        return Ok(made(name, CheckKind::Built { outputs, container: Some(container) }));
    };
    let keep = call.texts(machine, 3)?;
    let step = machine.step_of(&container, call, &command, &CHECK)?;
    let guard = machine.guard(&step)?;
    let left = Arc::new(container.after(step.exec, step.exec));
    let judged = Judged { exec: step.exec, guard, success: step.success };
    Ok(made(name, CheckKind::Exec { judged, container: left, keep }))
}

fn tree_check(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let output = match call.arg(0)? {
        Value::Dir(output) | Value::File(output) => *output,
        _ => return Err(call.unusable(machine, 0)),
    };
    let name = name_of(machine, call, 1)?;
    Ok(made(name, CheckKind::Built { outputs: vec![output], container: None }))
}

fn all(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut parts = Vec::new();
    for value in call.list(machine, 0)? {
        match value {
            Value::Check(check) => parts.push(check.clone()),
            Value::Waiting(waiting) => parts.push(Arc::new(CheckValue::waiting(waiting))),
            other => return Err(machine.unusable("`all`", other, call.arg_place(0))),
        }
    }
    let depth = parts.iter().map(|part| part.depth).max().unwrap_or(0) + 1;
    machine.check_depth(depth, call.frame, call.span())?;
    let mut declared = Vec::new();
    for (index, argument) in [(1, "limit:"), (2, "fail_fast:")] {
        if !matches!(call.arg(index)?, Value::Optional(None) | Value::Bool(false)) {
            let site = call.site(machine);
            declared.push(machine.declared(argument, Vec::new(), Vec::new(), &site)?);
        }
    }
    let name = machine.label(call.frame);
    let waits = parts.iter().any(|part| part.waits);
    Ok(Value::Check(Arc::new(CheckValue { name, kind: CheckKind::All { parts }, declared, depth, waits })))
}

/// A check with an operation that is not there yet: it can be looked at, and planning refuses it.
fn undone(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut check = call.check(machine)?.as_ref().clone();
    let site = call.site(machine);
    check.declared.push(machine.declared(call.name(), Vec::new(), Vec::new(), &site)?);
    Ok(Value::Check(Arc::new(check)))
}

fn requires(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    match call.arg(1)? {
        Value::Check(_) => undone(machine, call),
        _ => Err(call.unusable(machine, 1)),
    }
}

fn name(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let check = call.check(machine)?;
    match &check.kind {
        CheckKind::Waiting(waiting) => Err(error::along(waiting, call.place())),
        _ => Ok(Value::Text(check.name.clone())),
    }
}

fn parts(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let check = call.check(machine)?;
    let parts: Vec<Value> = match &check.kind {
        CheckKind::All { parts } => parts.iter().cloned().map(Value::Check).collect(),
        _ => vec![Value::Check(check.clone())],
    };
    machine.charge(parts.len() * size_of::<Value>(), call.frame, call.span())?;
    Ok(Value::List(crate::value::Items::new(parts)))
}

fn passed(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let check = call.check(machine)?;
    machine.passed(&check, call)
}

impl Machine {
    /// Whether a check succeeded, as a `Bool`.
    fn passed(&mut self, check: &CheckValue, call: &Call<'_>) -> Result<Value> {
        self.step(1, call.frame, call.span())?;
        let site = call.site(self);
        match &check.kind {
            CheckKind::Exec { judged: Judged { success: None, .. }, .. } => Ok(Value::Bool(true)),
            CheckKind::Exec { judged: Judged { success: Some(codes), exec, .. }, .. } => {
                let codes = codes.iter().map(|code| Datum::Int(i64::from(*code))).collect();
                let code = Output { node: *exec, slot: Slot::ExitCode };
                let args = vec![Arg::Const(Datum::List(codes)), Arg::Output(code)];
                self.apply_args("List.contains", args, &Type::Bool, &site)
            }
            CheckKind::Waiting(waiting) => Err(error::along(waiting, site.place)),
            // Nothing says so far whether a node failed without failing who asks.
            CheckKind::Built { outputs, .. } => {
                let op =
                    Op::Declared { operation: "passed".into(), inputs: outputs.clone(), args: Vec::new() };
                Ok(symbolic(self.add_main(op, &site)?, &Type::Bool))
            }
            CheckKind::All { parts } => {
                let mut all = Value::Bool(true);
                for part in parts {
                    let part = self.passed(part, call)?;
                    all = self.apply("and", &[&all, &part], &Type::Bool, &site)?;
                }
                Ok(all)
            }
        }
    }
}

fn result(machine: &mut Machine, call: &Call<'_>, slot: Slot, ty: Type) -> Result<Value> {
    let container = call.checked_container(machine)?;
    let last = container.last.ok_or_else(|| error::no_result(call.name(), call.place()))?;
    Ok(symbolic(Output { node: last.result, slot }, &ty))
}
