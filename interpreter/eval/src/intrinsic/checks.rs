//! Checks.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_ops::{Arg, Datum, Op, Output, Slot};

use super::container_fields::result_of;
use super::execute::Layout;
use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::{Machine, Site, symbolic};
use crate::value::{CheckKind, CheckValue, ContainerValue, Judged, Value};

pub(super) const TABLE: Table = &[
    ("Container.check", Entry::Run(container_check)),
    ("Dir.check", Entry::Run(tree_check)),
    ("File.check", Entry::Run(tree_check)),
    ("all", Entry::Run(all)),
    ("Check.requires", Entry::Run(requires)),
    ("Check.warn_only", Entry::Run(warn_only)),
    ("Check.junit", Entry::Run(junit)),
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
            CheckKind::Exec { container, .. }
            | CheckKind::Fake { container, .. }
            | CheckKind::Built { container: Some(container), .. } => Ok(container.clone()),
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
    Value::Check(Arc::new(CheckValue {
        name,
        kind,
        declared: Vec::new(),
        lenient: false,
        depth: 1,
        waits: false,
    }))
}

fn container_check(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let name = name_of(machine, call, CHECK.name)?;
    let Some(command) = call.optional(machine, 1)?.cloned() else {
        let outputs = container.outputs();
        return Ok(made(name, CheckKind::Built { outputs, container: Some(container) }));
    };
    if let Some(end) = machine.fake_end(&container, call, &command, &CHECK)? {
        let container = Arc::new(end.container);
        return Ok(made(name, CheckKind::Fake { passed: end.succeeds, container }));
    }
    let keep = call.texts(machine, 3)?;
    let step = machine.step_of(&container, call, &command, &CHECK)?;
    let guard = machine.guard(&step)?;
    let left = Arc::new(container.after(step.exec, step.exec));
    let judged = Judged { exec: step.exec, guard, success: step.success };
    Ok(made(name, CheckKind::Exec { judged, gated: false, container: left, keep, reports: Vec::new() }))
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
    let site = call.site(machine);
    let limit = match call.optional(machine, 1)? {
        None => None,
        Some(Value::Int(limit)) if *limit > 0 => usize::try_from(*limit).ok(),
        Some(Value::Int(_)) => {
            return Err(error::invalid("`limit` is at least 1", call.arg_place(1)));
        }
        Some(other) => return Err(machine.unusable("`limit`", other, call.arg_place(1))),
    };
    if let Some(limit) = limit {
        machine.queue_up(&mut parts, limit, &site)?;
    }
    let fail_fast = call.bool(machine, 2)?;
    let waits = parts.iter().any(|part| part.waits);
    let kind = CheckKind::All { parts, fail_fast };
    let (name, declared) = (site.name, Vec::new());
    Ok(Value::Check(Arc::new(CheckValue { name, kind, declared, lenient: false, depth, waits })))
}

/// A check with the test reports that its commands leave.
fn junit(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (check, glob) = (call.check(machine)?, call.text(machine, 1)?);
    reported(machine, call, &check, &glob).map(|check| Value::Check(Arc::new(check)))
}

fn reported(
    machine: &mut Machine,
    call: &Call<'_>,
    check: &CheckValue,
    glob: &Arc<str>,
) -> Result<CheckValue> {
    machine.step(1, call.frame, call.span())?;
    let mut check = check.clone();
    match &mut check.kind {
        CheckKind::Exec { reports, .. } => reports.push(glob.clone()),
        CheckKind::All { parts, .. } => {
            for part in parts {
                *part = Arc::new(reported(machine, call, part, glob)?);
            }
        }
        CheckKind::Built { .. } => {
            let message = "a check without a command leaves no test reports";
            return Err(error::invalid(message, call.place())
                .help("give it one: `.check([\"program\", \"argument\"])`"));
        }
        // Which it is, is asked again when that is known; a fake leaves nothing.
        CheckKind::Waiting(_) | CheckKind::Fake { .. } => {}
    }
    Ok(check)
}

fn warn_only(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let check = call.check(machine)?.as_ref().clone();
    Ok(Value::Check(Arc::new(CheckValue { lenient: true, ..check })))
}

fn requires(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let check = call.check(machine)?;
    let other = match call.arg(1)? {
        Value::Check(other) => other.clone(),
        Value::Waiting(waiting) => Arc::new(CheckValue::waiting(waiting)),
        _ => return Err(call.unusable(machine, 1)),
    };
    // Which commands are to be waited for is known only in a later round, and so is what waits for them.
    if let Some(waiting) = other.first_waiting() {
        return Ok(Value::Check(Arc::new(CheckValue::waiting(waiting))));
    }
    if let CheckKind::Fake { passed, container } = &check.kind {
        let Some(other) = other.without_running() else {
            let message = "a fake check cannot wait for one that runs";
            return Err(error::invalid(message, call.arg_place(1)));
        };
        let kind = CheckKind::Fake { passed: *passed && other, container: container.clone() };
        return Ok(Value::Check(Arc::new(CheckValue { kind, ..check.as_ref().clone() })));
    }
    let site = call.site(machine);
    let after = machine.judgement(&other, &site)?;
    machine.checked_after(&check, &after, &site).map(|check| Value::Check(Arc::new(check)))
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
        CheckKind::All { parts, .. } => parts.iter().cloned().map(Value::Check).collect(),
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
    /// Lets each check begin when the one so many places before it is over, whatever came of that.
    fn queue_up(&mut self, parts: &mut [Arc<CheckValue>], limit: usize, site: &Site) -> Result<()> {
        for index in limit..parts.len() {
            let (Some(before), Some(part)) = (parts.get(index - limit), parts.get(index)) else { break };
            let queued = match before.first_waiting() {
                Some(waiting) => CheckValue::waiting(waiting),
                None => {
                    let of = self.judgement(before, site)?;
                    let settled = Op::Settled { start: Vec::new(), of, forgives: false };
                    let settled = self.add_main(settled, site)?;
                    self.checked_after(part, &[settled], site)?
                }
            };
            if let Some(part) = parts.get_mut(index) {
                *part = Arc::new(queued);
            }
        }
        Ok(())
    }

    /// Whether a check succeeded, as a `Bool`.
    fn passed(&mut self, check: &CheckValue, call: &Call<'_>) -> Result<Value> {
        self.step(1, call.frame, call.span())?;
        let site = call.site(self);
        if check.lenient {
            return Ok(Value::Bool(true));
        }
        match &check.kind {
            CheckKind::Exec { judged: Judged { success: None, .. }, gated: false, .. } => {
                Ok(Value::Bool(true))
            }
            CheckKind::Exec { judged: Judged { success: Some(codes), exec, .. }, gated: false, .. } => {
                let codes = codes.iter().map(|code| Datum::Int(i64::from(*code))).collect();
                let code = Output { node: *exec, slot: Slot::ExitCode };
                let args = vec![Arg::Const(Datum::List(codes)), Arg::Output(code)];
                self.apply_args("List.contains", args, &Type::Bool, &site)
            }
            CheckKind::Waiting(waiting) => Err(error::along(waiting, site.place)),
            CheckKind::Fake { passed, .. } => Ok(Value::Bool(*passed)),
            CheckKind::Exec { gated: true, .. } | CheckKind::Built { .. } => {
                let of = self.judgement(check, &site)?;
                let settled = Op::Settled { start: Vec::new(), of, forgives: true };
                Ok(symbolic(self.add_main(settled, &site)?, &Type::Bool))
            }
            CheckKind::All { parts, .. } => {
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
    result_of(machine, call, &container, slot, &ty)
}
