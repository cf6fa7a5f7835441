//! `run`: commands in containers.

use std::sync::Arc;

use pipe_diagnostics::FileSpan;
use pipe_ops::{Arg, Exec, Hints, Mounted, Named, Network, NodeId, Op, Output, Slot};
use pipe_syntax::ast::Shell;

use super::services::check_network;
use super::{Call, Entry, Table};
use crate::environment::{DEFAULTS, default_variable};
use crate::error::{self, Result};
use crate::facts::NetworkRule;
use crate::machine::{Machine, Site};
use crate::value::{ContainerValue, LastExec, ScriptValue, Value};

pub(super) const TABLE: Table = &[("Container.run", Entry::Run(run))];

/// Where `run` and `check` have their arguments behind `name`; they are declared in the same order.
pub(super) struct Layout {
    pub(super) name: usize,
    pub(super) expect: usize,
}

const RUN: Layout = Layout { name: 2, expect: 3 };

/// A command as it will run.
pub(super) struct Step {
    pub(super) exec: NodeId,
    /// Exit codes that are success; `None` when every one is.
    pub(super) success: Option<Vec<i32>>,
    pub(super) site: Site,
}

fn run(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    if let Some(end) = machine.fake_end(&container, call, call.arg(1)?, &RUN)? {
        return match end.succeeds {
            true => Ok(end.container.into()),
            false => Err(error::fake_failed(end.exit_code, call.place())),
        };
    }
    let step = machine.step_of(&container, call, call.arg(1)?, &RUN)?;
    let result = machine.guard(&step)?;
    Ok(container.after(step.exec, result).into())
}

impl ContainerValue {
    /// It as a command left it, its results read from `result`.
    pub(crate) fn after(&self, exec: NodeId, result: NodeId) -> ContainerValue {
        let mut container = self.read_from(result);
        container.last = Some(LastExec { exec, result });
        container
    }

    /// It with all its trees and files read from a node that gives what a command gives.
    pub(super) fn read_from(&self, result: NodeId) -> ContainerValue {
        let mut container = self.clone();
        container.root = Output { node: result, slot: Slot::Root };
        for (index, mount) in (0..).zip(&mut container.mounts) {
            if let Mounted::Tree(source) | Mounted::File(source) = &mut mount.shown {
                *source = Output { node: result, slot: Slot::Mount(index) };
            }
        }
        container
    }
}

impl Machine {
    /// The node whose results are those of a step that succeeded.
    pub(super) fn guard(&mut self, step: &Step) -> Result<NodeId> {
        let Some(success) = step.success.clone() else { return Ok(step.exec) };
        let exec = Output { node: step.exec, slot: Slot::Main };
        self.add(Op::Guard { exec, success }, &step.site, Hints::default())
    }

    /// The exec of a `run` or `check` with their shared arguments.
    pub(super) fn step_of(
        &mut self,
        container: &ContainerValue,
        call: &Call<'_>,
        command: &Value,
        layout: &Layout,
    ) -> Result<Step> {
        let expect = self.exit_codes(call, layout.expect)?;
        let allow_failure = call.bool(self, layout.expect + 1)?;
        let network = self.network(call, layout.expect + 3)?;
        let stdin = call.optional(self, layout.expect + 4)?.cloned();
        let privileged = call.bool(self, layout.expect + 10)?;
        let allow_secret_in = self.known_paths(container, call, layout.expect + 11)?;

        let command = self.command(container, command, call, 1)?;
        let name = match call.optional_text(self, layout.name)? {
            Some(name) => name,
            None => self.label(call.frame),
        };
        let site = Site { place: command.place.clone(), name };
        let hints = self.hints(call, layout.expect, command.shell.clone())?;
        let exec =
            Exec { privileged, allow_secret_in, ..self.exec_of(container, command, stdin, network, &site)? };
        let exec = self.add(Op::Exec(Box::new(exec)), &site, hints)?;
        let success = (!allow_failure).then_some(expect);
        Ok(Step { exec, success, site })
    }

    /// A command in a container, as an op has it.
    pub(super) fn exec_of(
        &mut self,
        container: &ContainerValue,
        command: Command,
        stdin: Option<Value>,
        network: Network,
        site: &Site,
    ) -> Result<Exec> {
        let mut env = self.environment(container, site)?;
        let gone = container.config.env.iter().filter(|(_, value)| value.is_none());
        let unset_env = match container.image() {
            Some(_) => gone.map(|(name, _)| name.to_string()).collect(),
            None => Vec::new(),
        };
        for (name, value) in command.variables {
            env.insert(self.words.shared(&name), value);
        }
        let exec = Exec {
            root: container.root,
            image: container.image(),
            mounts: container.mounts.clone(),
            argv: command.argv,
            env,
            unset_env,
            volatile_env: container.config.volatile.iter().map(ToString::to_string).collect(),
            workdir: self.words.shared(container.workdir()),
            user: container.config.user.as_ref().map(ToString::to_string),
            platform: container.config.platform.clone(),
            network,
            stdin: stdin.map(|stdin| self.arg(&stdin, site)).transpose()?,
            services: container.services.clone(),
            secrets: container.config.secrets.clone(),
            ssh_agent: container.config.ssh_agent,
            allow_secret_in: Vec::new(),
            privileged: false,
        };
        check_network(&exec, &site.place)?;
        Ok(exec)
    }

    pub(super) fn exit_codes(&mut self, call: &Call<'_>, index: usize) -> Result<Vec<i32>> {
        let mut codes = Vec::new();
        for value in call.list(self, index)? {
            let Value::Int(code) = value else {
                return Err(self.unusable("`expect`", value, call.arg_place(index)));
            };
            let code = u8::try_from(*code).map_err(|_| {
                error::invalid(
                    format!("{code} is not an exit code: those are 0 to 255"),
                    call.arg_place(index),
                )
            })?;
            codes.push(i32::from(code));
        }
        if codes.is_empty() {
            let message = "no exit code counts as success here";
            let help = "name one, or take every one with `allow_failure: true`";
            return Err(error::invalid(message, call.arg_place(index)).help(help));
        }
        codes.sort_unstable();
        codes.dedup();
        Ok(codes)
    }

    /// The network that a step asks for, or gets without asking, as far as the user's rule goes.
    pub(super) fn network(&mut self, call: &Call<'_>, index: usize) -> Result<Network> {
        let asked = match call.optional(self, index)? {
            None => None,
            Some(Value::Variant(variant)) => {
                Some(match variant.decl.variants.get(variant.index).map(|variant| variant.name.as_ref()) {
                    Some("Default") => Network::Outbound,
                    Some("Off") => Network::Off,
                    Some("Host") => Network::Host,
                    _ => return Err(error::internal("no such network", call.arg_place(index))),
                })
            }
            Some(other) => return Err(self.unusable("`network`", other, call.arg_place(index))),
        };
        Ok(match asked {
            Some(asked) if self.facts.network != NetworkRule::Off => asked,
            Some(_) => Network::Off,
            None => self.default_network(call),
        })
    }

    /// The network of a command that says nothing about it.
    pub(super) fn default_network(&self, call: &Call<'_>) -> Network {
        match self.facts.network {
            _ if self.is_offline(call.frame) => Network::Off,
            NetworkRule::Off | NetworkRule::OnDemand => Network::Off,
            NetworkRule::Open => Network::Outbound,
        }
    }

    /// The whole environment of a step: what was set over the defaults.
    fn environment(&mut self, container: &ContainerValue, site: &Site) -> Result<Named<Arg>> {
        let config = &container.config;
        let defaults = DEFAULTS.iter().filter_map(|name| Some((*name, default_variable(name, config)?)));
        let defaults =
            defaults.map(|(name, value)| (self.words.shared(name), Arg::text(self.words.shared(value))));
        let mut env: Named<Arg> = defaults.collect();
        for (name, value) in config.env.iter() {
            match value {
                Some(value) => env.insert(name.clone(), self.arg(value, site)?),
                None => env.remove(name),
            };
        }
        Ok(env)
    }

    /// A command that is the argument of this number.
    pub(super) fn command(
        &mut self,
        container: &ContainerValue,
        value: &Value,
        call: &Call<'_>,
        index: usize,
    ) -> Result<Command> {
        match value {
            Value::Script(script) => Ok(self.script_command(container, script)),
            value => self.argv(value, call, index),
        }
    }

    /// A list of texts, which may be known only later.
    fn argv(&mut self, value: &Value, call: &Call<'_>, index: usize) -> Result<Command> {
        let place = call.arg_place(index);
        let site = call.site(self);
        let argv = match value {
            Value::List(items) => {
                items.iter().map(|item| self.arg(item, &site)).collect::<Result<Vec<_>>>()?
            }
            Value::Symbolic(symbolic) => vec![Arg::Output(symbolic.output)],
            other => return Err(self.unusable("a command", other, place)),
        };
        let text = |arg: &Arg| match arg {
            Arg::Const(datum) => datum.as_text().map(str::to_owned),
            Arg::Output(_) => None,
        };
        if argv.is_empty() || argv.first().and_then(text).is_some_and(|program| program.is_empty()) {
            return Err(error::invalid("this command names no program", place));
        }
        if argv.iter().filter_map(text).any(|arg| arg.contains('\0')) {
            let help = "put it into a file with `.write(path, text)`, or give it on `stdin:`";
            return Err(
                error::invalid("an argument of a command cannot hold a NUL character", place).help(help)
            );
        }
        Ok(Command { argv, variables: Vec::new(), shell: None, place })
    }
}

/// A command, as an op takes it.
pub(super) struct Command {
    pub(super) argv: Vec<Arg>,
    pub(super) variables: Vec<(String, Arg)>,
    /// The program of the shell that runs a script.
    pub(super) shell: Option<Arc<str>>,
    pub(super) place: FileSpan,
}

impl Machine {
    /// `sh` runs as `/bin/sh -e -c TEXT`, `bash` as `bash -eo pipefail -c TEXT`; `.shell([…])` stands in for the former.
    fn script_command(&mut self, container: &ContainerValue, script: &ScriptValue) -> Command {
        let mut words = |argv: &[&str]| argv.iter().map(|word| self.words.shared(word)).collect();
        let mut argv: Vec<Arc<str>> = match (script.shell, &container.config.shell) {
            (Shell::Sh, Some(shell)) => shell.clone(),
            (Shell::Sh, None) => words(&["/bin/sh", "-e", "-c"]),
            (Shell::Bash, _) => words(&["bash", "-eo", "pipefail", "-c"]),
        };
        let shell = argv.first().cloned();
        // A script that is written once is the same text in every step: its values are in variables.
        argv.push(self.words.shared(&script.text));
        let argv = argv.into_iter().map(Arg::text).collect();
        Command { argv, variables: script.variables.clone(), shell, place: script.place.clone() }
    }
}
