//! Stand-ins for tests.

use pipe_ops::{Arg, Op, Output, Slot};

use super::actions::record;
use super::dirs::relative;
use super::execute::Layout;
use super::{Call, Entry, Table, answers};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::simulation::{Answer, Told};
use crate::value::{Base, ContainerValue, Value};

pub(super) const TABLE: Table = &[
    ("secret", Entry::Run(secret)),
    ("auth", Entry::Run(auth)),
    ("container", Entry::Run(container)),
    ("dir", Entry::Run(dir)),
    ("file", Entry::Run(file)),
];

/// How a command of a fake ended.
pub(super) struct End {
    /// As the command left it.
    pub(super) container: ContainerValue,
    pub(super) exit_code: i64,
    pub(super) succeeds: bool,
}

fn secret(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let name = call.text(machine, 0)?;
    machine.fake_secret(&name, call)
}

fn auth(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let fields = vec![Value::text("fake"), machine.fake_secret("password", call)?];
    record(machine, call, "RegistryAuth", fields)
}

/// A container in which nothing runs. A run of a target must not mistake it for one in which something did.
fn container(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    if !machine.testing {
        let error = error::invalid("`fake.container` is for tests: nothing runs in it", call.place());
        return Err(error.help("call it in a `test`, or in a function that only tests call"));
    }
    let mut told = Vec::new();
    for answer in answers::given(machine, call, 0)? {
        match answer {
            Answer::Ends(end) => told.push(end),
            Answer::Person(_) => {
                let message = "a container answers for its commands: `Output(of: …)`";
                return Err(error::invalid(message, call.arg_place(0)));
            }
        }
    }
    let root = tree(machine, call, 1)?;
    let mut container = ContainerValue::new(root, Base::Bare, machine.facts.platform.clone());
    container.config.fake = Some(told.into());
    Ok(container.into())
}

fn dir(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    tree(machine, call, 0).map(Value::Dir)
}

fn file(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let site = call.site(machine);
    let text = machine.arg(call.arg(0)?, &site)?;
    let into = machine.add_main(Op::Empty, &site)?;
    let tree = machine.add_main(Op::Write { into, path: Arg::text("file"), text, mode: 0o644 }, &site)?;
    machine.add_main(Op::Subfile { tree, path: Arg::text("file") }, &site).map(Value::File)
}

/// The text files of an argument, by path.
fn tree(machine: &mut Machine, call: &Call<'_>, index: usize) -> Result<Output> {
    let Value::Map(files) = call.arg(index)? else { return Err(call.unusable(machine, index)) };
    let site = call.site(machine);
    let mut tree = machine.add_main(Op::Empty, &site)?;
    for (path, text) in &files.entries {
        let path = path.as_text().unwrap_or_default();
        let path = relative(path).ok_or_else(|| {
            error::invalid(format!("`{path}` leads out of the directory"), call.arg_place(index))
        })?;
        let text = machine.arg(text, &site)?;
        tree = machine.add_main(Op::Write { into: tree, path: Arg::text(path), text, mode: 0o644 }, &site)?;
    }
    Ok(tree)
}

impl Machine {
    fn fake_secret(&mut self, name: &str, call: &Call<'_>) -> Result<Value> {
        let site = call.site(self);
        self.add_main(Op::FakeSecret { name: name.to_owned() }, &site).map(Value::Secret)
    }

    /// How a command ends in a fake container; `None` in any other.
    pub(super) fn fake_end(
        &mut self,
        container: &ContainerValue,
        call: &Call<'_>,
        command: &Value,
        layout: &Layout,
    ) -> Result<Option<End>> {
        if container.config.fake.is_none() {
            return Ok(None);
        }
        let expect = self.exit_codes(call, layout.expect)?;
        let allow_failure = call.bool(self, layout.expect + 1)?;
        let command = self.command(container, command, call, 1)?;
        let text = self.command_text(&command.argv);
        let told = container.said_of(&text);
        let exit_code = told.exit_code;
        let succeeds = allow_failure || expect.iter().any(|code| i64::from(*code) == exit_code);
        let mut container = container.clone();
        container.told = Some(told);
        Ok(Some(End { container, exit_code, succeeds }))
    }

    /// A result of a fake container's command.
    pub(super) fn told_value(&mut self, told: &Told, slot: Slot, call: &Call<'_>) -> Result<Value> {
        let site = call.site(self);
        match told.result(slot) {
            Some(datum) => self.datum_value(datum, &site),
            None => Err(error::internal("a fake container has no such result", site.place)),
        }
    }
}
