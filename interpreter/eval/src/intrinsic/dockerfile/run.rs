//! `RUN`.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_dockerfile::{Command, Run, RunNetwork, Span};
use pipe_ops::{Arg, Exec, Hints, Mounted, Network, Op};

use super::build::Build;
use super::stage::Stage;
use crate::error::Result;
use crate::facts::NetworkRule;
use crate::intrinsic::execute::{self, Step};
use crate::machine::Site;
use crate::value::{ContainerValue, Items, Value};

/// What runs texts when neither the Dockerfile nor the image says.
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// Where a script of its own is shown while it runs.
const SCRIPTS: &str = "/run/pipes";

impl Build<'_, '_> {
    pub(super) fn run(&mut self, stage: &mut Stage, run: &Run, span: Span, index: usize) -> Result<()> {
        let site = self.site(span, &format!("RUN {}", shown(&run.command)));
        let mut container = stage.container.clone();
        for (name, value) in self.proxies().cloned().collect::<Vec<_>>() {
            container.config.set_env(name, Some(value));
        }
        for (name, value) in stage.scope.iter() {
            container.config.set_env(name.clone(), Some(value.clone()));
        }
        for mount in &run.mounts {
            self.mount(stage, &mut container, mount, index, &site)?;
        }
        let command = self.command(stage, &mut container, &run.command, span, &site)?;
        let network = self.network(run.network);
        let hints = Hints { shell: command.shell.clone(), ..Hints::default() };
        let exec: Exec = self.machine.exec_of(&container, command, None, network, &site)?;
        let exec = self.machine.add(Op::Exec(Box::new(exec)), &site, hints)?;
        let result = self.machine.guard(&Step { exec, success: Some(vec![0]), site })?;
        // What was shown while it ran is no part of the stage.
        stage.container = stage.container.after(exec, result);
        Ok(())
    }

    fn network(&self, network: RunNetwork) -> Network {
        match network {
            _ if self.machine.facts.network == NetworkRule::Off => Network::Off,
            RunNetwork::Default => self.machine.default_network(self.call),
            RunNetwork::None => Network::Off,
            RunNetwork::Host if self.machine.is_offline(self.call.frame) => Network::Off,
            RunNetwork::Host => Network::Host,
        }
    }

    fn command(
        &mut self,
        stage: &Stage,
        container: &mut ContainerValue,
        command: &Command,
        span: Span,
        site: &Site,
    ) -> Result<execute::Command> {
        let mut shell = None;
        let argv = match command {
            Command::Exec(items) if items.first().is_none_or(String::is_empty) => {
                return Err(self.error("this command names no program", span));
            }
            Command::Exec(items) => items.iter().map(|item| Arg::text(item.as_str())).collect(),
            Command::Shell(text) => {
                let mut argv = match self.shell(stage, site)? {
                    Value::List(parts) => {
                        parts.iter().map(|part| self.machine.arg(part, site)).collect::<Result<Vec<_>>>()?
                    }
                    later => vec![self.machine.arg(&later, site)?],
                };
                shell = match argv.first() {
                    Some(Arg::Const(program)) => program.as_text().map(Arc::from),
                    _ => Some(SHELL[0].into()),
                };
                argv.push(Arg::text(text.as_str()));
                argv
            }
            Command::Script { name, text } => vec![self.script(container, name, text, site)?],
        };
        let nul = |arg: &Arg| matches!(arg, Arg::Const(datum) if datum.as_text().is_some_and(|text| text.contains('\0')));
        if argv.iter().any(nul) {
            return Err(self.error("a command cannot hold a NUL character", span));
        }
        Ok(execute::Command { argv, variables: Vec::new(), shell, place: site.place.clone() })
    }

    /// Shows a script while it runs; its path.
    fn script(&mut self, container: &mut ContainerValue, name: &str, text: &str, site: &Site) -> Result<Arg> {
        let into = self.empty(site)?;
        let name = name.replace('/', "_");
        let (path, text) = (Arg::text(name.as_str()), Arg::text(text));
        let source = self.machine.add_main(Op::Write { into, path, text, mode: 0o755 }, site)?;
        container.add_mount(SCRIPTS.to_owned(), Mounted::Tree(source));
        Ok(Arg::text(format!("{SCRIPTS}/{name}")))
    }

    /// What runs texts, as a list: as `SHELL` says, else the image, which is known when it was fetched, else `/bin/sh -c`.
    pub(super) fn shell(&mut self, stage: &Stage, site: &Site) -> Result<Value> {
        let list = |parts: Vec<Value>| Value::List(Items::new(parts));
        if let Some(shell) = &stage.container.config.shell {
            return Ok(list(shell.iter().cloned().map(Value::Text).collect()));
        }
        match stage.container.image() {
            None => Ok(list(SHELL.into_iter().map(Value::text).collect())),
            Some(image) => {
                let texts = Type::List(Type::String.into());
                let shell = self.machine.of_image(image, "run_shell", None, &texts, self.call)?;
                self.machine.resolved(shell, site)
            }
        }
    }
}

/// A command on one line.
fn shown(command: &Command) -> String {
    match command {
        Command::Exec(items) => items.join(" "),
        Command::Shell(text) | Command::Script { text, .. } => text.clone(),
    }
}
