//! A build: its stages, made when they are needed, and what they share.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipe_dockerfile::{Argument, Dockerfile, Span};
use pipe_ops::{Op, Output};

use super::place;
use super::stage::Stage;
use super::words::Scope;
use crate::error::{self, EvalError, Result};
use crate::intrinsic::Call;
use crate::machine::{Machine, Site};
use crate::value::Value;

/// What the caller gives.
pub(super) struct Given {
    pub(super) args: Vec<(Arc<str>, Value)>,
    pub(super) secrets: Vec<(Arc<str>, Value)>,
    pub(super) contexts: Vec<(Arc<str>, Output)>,
    /// What is built for.
    pub(super) platform: Arc<str>,
}

/// Arguments that every build has without declaring them: what a proxy is reached by. They are in the environment of `RUN`.
const PROXIES: [&str; 10] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// A build under way.
pub(super) struct Build<'a, 'c> {
    pub(super) machine: &'a mut Machine,
    pub(super) call: &'a Call<'c>,
    pub(super) parsed: &'a Dockerfile,
    /// The Dockerfile, as people call it.
    pub(super) file: Arc<str>,
    /// What `COPY` copies from.
    pub(super) context: Output,
    pub(super) given: Given,
    /// What `FROM` sees, and arguments without a value of their own.
    pub(super) globals: Scope,
    /// By index: stages that were needed.
    stages: BTreeMap<usize, Stage>,
    /// What people call the function that builds.
    label: Arc<str>,
}

impl<'a, 'c> Build<'a, 'c> {
    pub(super) fn new(
        machine: &'a mut Machine,
        call: &'a Call<'c>,
        parsed: &'a Dockerfile,
        file: Arc<str>,
        context: Output,
        given: Given,
    ) -> Result<Build<'a, 'c>> {
        let label = machine.label(call.frame);
        let globals = automatic(&machine.facts.platform, &given.platform);
        let stages = BTreeMap::new();
        let mut build = Build { machine, call, parsed, file, context, given, globals, stages, label };
        build.all_declared()?;
        for argument in &parsed.arguments {
            let globals = std::mem::take(&mut build.globals);
            let value = build.argument(argument, &globals);
            build.globals = globals;
            if let Some(value) = value? {
                build.globals.set(argument.name.as_str(), value);
            }
        }
        Ok(build)
    }

    /// That every argument that is given is one of the file's.
    fn all_declared(&self) -> Result<()> {
        let of_stages = self.parsed.stages.iter().flat_map(|stage| &stage.instructions);
        let declared: Vec<&Argument> = of_stages
            .filter_map(|instruction| match &instruction.kind {
                pipe_dockerfile::InstructionKind::Arg(arguments) => Some(arguments),
                _ => None,
            })
            .flatten()
            .chain(&self.parsed.arguments)
            .collect();
        let known = |name: &str| {
            PROXIES.contains(&name)
                || self.globals.get(name).is_some()
                || declared.iter().any(|argument| argument.name == name)
        };
        match self.given.args.iter().find(|(name, _)| !known(name)) {
            None => Ok(()),
            Some((name, _)) => {
                let message = format!("`{}` declares no `ARG {name}`", self.file);
                let mut names: Vec<&str> = declared.iter().map(|argument| argument.name.as_str()).collect();
                names.sort_unstable();
                names.dedup();
                let error = error::invalid(message, self.call.arg_place(3));
                Err(if names.is_empty() { error } else { error.help(format!("it has {}", names.join(", "))) })
            }
        }
    }

    /// The value of an argument: what was given, else its default.
    pub(super) fn argument(&mut self, argument: &Argument, scope: &Scope) -> Result<Option<Value>> {
        if let Some((_, value)) = self.given.args.iter().find(|(name, _)| **name == argument.name) {
            return Ok(Some(value.clone()));
        }
        argument.default.as_ref().map(|default| self.value(default, scope, None)).transpose()
    }

    /// Variables of proxies that were given.
    pub(super) fn proxies(&self) -> impl Iterator<Item = &(Arc<str>, Value)> {
        self.given.args.iter().filter(|(name, _)| PROXIES.contains(&&**name))
    }

    /// The container of a target: a stage by name or number, or the last one.
    pub(super) fn target(mut self, target: Option<&str>) -> Result<Value> {
        let count = self.parsed.stages.len();
        let index = match target {
            None => count.checked_sub(1),
            Some(name) => self.stage_named(name, count),
        };
        let Some(index) = index else {
            let name = target.unwrap_or_default();
            let names = self.parsed.stages.iter().filter_map(|stage| stage.from.name.as_deref());
            let names = names.collect::<Vec<_>>().join(", ");
            let error =
                error::invalid(format!("`{}` has no stage `{name}`", self.file), self.call.arg_place(2));
            return Err(if names.is_empty() { error } else { error.help(format!("it has {names}")) });
        };
        Ok(self.stage(index)?.container.into())
    }

    /// A stage before another one, by name or number; the last of that name.
    pub(super) fn stage_named(&self, name: &str, before: usize) -> Option<usize> {
        let lower = name.to_ascii_lowercase();
        let stages = self.parsed.stages.get(..before)?;
        let named = stages.iter().rposition(|stage| stage.from.name.as_ref() == Some(&lower));
        named.or_else(|| name.parse().ok().filter(|index| *index < before))
    }

    /// A stage with all its instructions done. Those that it stands on are made first, so that none is made inside another.
    pub(super) fn stage(&mut self, index: usize) -> Result<Stage> {
        for needed in self.needed(index)? {
            if !self.stages.contains_key(&needed) {
                let stage = self.make(needed)?;
                self.stages.insert(needed, stage);
            }
        }
        self.made(index)
    }

    /// A stage that was made.
    pub(super) fn made(&self, index: usize) -> Result<Stage> {
        let stage = self.stages.get(&index).cloned();
        stage.ok_or_else(|| error::internal("a stage of a Dockerfile is missing", self.call.place()))
    }

    /// What a stage stands on, and itself, in order: a stage stands on earlier ones only.
    fn needed(&mut self, index: usize) -> Result<Vec<usize>> {
        let mut needed = vec![false; index + 1];
        needed.iter_mut().last().into_iter().for_each(|last| *last = true);
        for at in (0..=index).rev() {
            if needed.get(at) == Some(&true) {
                for other in self.stands_on(at)? {
                    needed.get_mut(other).into_iter().for_each(|needed| *needed = true);
                }
            }
        }
        Ok(needed.iter().enumerate().filter_map(|(at, needed)| needed.then_some(at)).collect())
    }

    /// Where a node of an instruction is made: it is named by the function that builds, and the instruction.
    pub(super) fn site(&self, span: Span, what: &str) -> Site {
        const LONGEST: usize = 40;
        let line = what.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut short: String = line.chars().take(LONGEST).collect();
        if short.len() < line.len() {
            short.push('…');
        }
        let short: String = short.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Site { place: place::place(&self.file, span), name: format!("{}: {short}", self.label).into() }
    }

    pub(super) fn error(&self, message: impl Into<String>, span: Span) -> Box<EvalError> {
        place::error(message, &self.file, span, self.call)
    }

    /// An empty tree.
    pub(super) fn empty(&mut self, site: &Site) -> Result<Output> {
        self.machine.add_main(Op::Empty, site)
    }
}

/// Arguments that every build has, for who declares them.
fn automatic(here: &str, target: &str) -> Scope {
    let mut scope = Scope::default();
    for (prefix, platform) in [("BUILD", here), ("TARGET", target)] {
        let mut parts = platform.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default().to_owned();
        let (os, arch, variant) = (part(), part(), part());
        for (name, value) in
            [("PLATFORM", platform.to_owned()), ("OS", os), ("ARCH", arch), ("VARIANT", variant)]
        {
            scope.set(format!("{prefix}{name}"), Value::text(value));
        }
    }
    scope
}
