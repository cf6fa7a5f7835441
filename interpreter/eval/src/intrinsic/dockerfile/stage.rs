//! A stage: what it begins with, and what its instructions make of that.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_dockerfile::{Argument, Command, Copy, Instruction, InstructionKind, Span, Word};
use pipe_ops::pure::check_text;
use pipe_ops::{Arg, Op, Output};

use super::build::Build;
use super::words::Scope;
use crate::environment::is_reserved;
use crate::error::Result;
use crate::machine::Site;
use crate::value::{Base, ContainerValue, Items, Value};

/// A stage so far.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) container: ContainerValue,
    /// Its arguments and environment.
    pub(super) scope: Scope,
    /// `CMD` was said in it.
    pub(super) command_set: bool,
}

/// Where a tree comes from that is named in `FROM` or `--from`.
pub(super) enum Origin {
    Stage(usize),
    Context(Output),
    Image(Arc<str>),
}

impl Build<'_, '_> {
    /// The earlier stages that a stage stands on.
    pub(super) fn stands_on(&mut self, index: usize) -> Result<Vec<usize>> {
        let parsed = self.parsed;
        let Some(stage) = parsed.stages.get(index) else { return Ok(Vec::new()) };
        let mut names = vec![self.base_name(index)?];
        for instruction in &stage.instructions {
            match &instruction.kind {
                InstructionKind::Copy(Copy { from: Some((name, _)), .. }) => names.push(name.as_str().into()),
                InstructionKind::Run(run) => {
                    for mount in &run.mounts {
                        let from = mount.options.iter().find(|(key, _)| key == "from");
                        names.extend(from.and_then(|(_, from)| from.as_text()).map(Arc::from));
                    }
                }
                _ => {}
            }
        }
        let stages = names.iter().filter_map(|name| match self.origin(name, index) {
            Origin::Stage(index) => Some(index),
            Origin::Context(_) | Origin::Image(_) => None,
        });
        Ok(stages.collect())
    }

    /// What a name means in a stage: an earlier stage, a context that was given, or an image.
    pub(super) fn origin(&self, name: &str, before: usize) -> Origin {
        if let Some((_, tree)) = self.given.contexts.iter().find(|(context, _)| **context == *name) {
            return Origin::Context(*tree);
        }
        match self.stage_named(name, before) {
            Some(index) => Origin::Stage(index),
            None => Origin::Image(name.into()),
        }
    }

    fn base_name(&mut self, index: usize) -> Result<Arc<str>> {
        let parsed = self.parsed;
        let Some(stage) = parsed.stages.get(index) else { return Ok("".into()) };
        let globals = self.globals.clone();
        let text = self.text(&stage.from.image, &globals, None)?;
        if text.is_empty() {
            let message = "this names no image: its variables are empty";
            return Err(self
                .error(message, stage.from.image.span)
                .help("give an `ARG` before the first `FROM` a value"));
        }
        Ok(text)
    }

    /// Makes a stage; those that it stands on are made.
    pub(super) fn make(&mut self, index: usize) -> Result<Stage> {
        let mut stage = self.begin(index)?;
        let parsed = self.parsed;
        for instruction in parsed.stages.get(index).map(|stage| &stage.instructions).into_iter().flatten() {
            self.machine.step(stage.container.weight(), self.call.frame, self.call.span())?;
            self.instruction(&mut stage, instruction, index)?;
        }
        Ok(stage)
    }

    fn begin(&mut self, index: usize) -> Result<Stage> {
        let parsed = self.parsed;
        let Some(from) = parsed.stages.get(index).map(|stage| &stage.from) else { return self.made(index) };
        let name = self.base_name(index)?;
        let platform = self.platform(from.platform.as_ref())?;
        let site = self.site(from.span, &format!("FROM {name}"));
        let container = match self.origin(&name, index) {
            // An image may be called like a number, and a stage is not begun by one.
            Origin::Stage(of) if name.parse::<usize>().is_err() => {
                return Ok(Stage { command_set: false, ..self.made(of)? });
            }
            Origin::Context(tree) => ContainerValue::new(tree, Base::Bare, platform),
            _ if &*name == "scratch" => {
                let root = self.empty(&site)?;
                ContainerValue::new(root, Base::Bare, platform)
            }
            Origin::Stage(_) | Origin::Image(_) => {
                let root = self.image(&name, &platform, from.image.span, &site)?;
                ContainerValue::of_image(root, platform)
            }
        };
        Ok(Stage { container, scope: Scope::default(), command_set: false })
    }

    fn platform(&mut self, word: Option<&Word>) -> Result<Arc<str>> {
        let Some(word) = word else { return Ok(self.given.platform.clone()) };
        let globals = self.globals.clone();
        let text = self.text(word, &globals, None)?;
        match check_text("Platform", &text) {
            Ok(()) => Ok(text),
            Err(error) => Err(self.error(error.to_string(), word.span)),
        }
    }

    /// An image's tree.
    pub(super) fn image(&mut self, name: &str, platform: &str, span: Span, site: &Site) -> Result<Output> {
        if let Err(error) = check_text("ImageRef", name) {
            return Err(self.error(error.to_string(), span));
        }
        let op = Op::Image { reference: Arg::text(name), platform: platform.to_owned(), fresh: None };
        self.machine.add_main(op, site)
    }

    fn instruction(&mut self, stage: &mut Stage, instruction: &Instruction, index: usize) -> Result<()> {
        let span = instruction.span;
        match &instruction.kind {
            InstructionKind::Arg(arguments) => self.declare(stage, arguments),
            InstructionKind::Env(pairs) => self.env(stage, pairs),
            InstructionKind::Label(pairs) => self.labels(stage, pairs),
            InstructionKind::Copy(copy) => self.copy(stage, copy, span, index),
            InstructionKind::Run(run) => self.run(stage, run, span, index),
            InstructionKind::Workdir(path) => self.workdir(stage, path, span),
            InstructionKind::User(user) => self.user(stage, user),
            InstructionKind::Expose(ports) => self.expose(stage, ports),
            InstructionKind::Shell(shell) => {
                stage.container.config.shell = Some(shell.iter().map(|part| part.as_str().into()).collect());
                Ok(())
            }
            InstructionKind::Entrypoint(command) => {
                stage.container.config.entrypoint = Some(self.started(stage, command, span)?);
                // What the image began with would be no argument of this.
                if !stage.command_set {
                    stage.container.config.command = Some(Value::List(Items::new(Vec::new())));
                }
                Ok(())
            }
            InstructionKind::Cmd(command) => {
                stage.container.config.command = Some(self.started(stage, command, span)?);
                stage.command_set = true;
                Ok(())
            }
        }
    }

    /// A word of a stage.
    pub(super) fn stage_value(&mut self, stage: &Stage, word: &Word) -> Result<Value> {
        self.value(word, &stage.scope, Some(&stage.container))
    }

    /// A word of a stage that has to be known.
    pub(super) fn stage_text(&mut self, stage: &Stage, word: &Word) -> Result<Arc<str>> {
        self.text(word, &stage.scope, Some(&stage.container))
    }

    fn declare(&mut self, stage: &mut Stage, arguments: &[Argument]) -> Result<()> {
        for argument in arguments {
            let scope = stage.scope.clone();
            let own = match self.argument_in(stage, argument, &scope)? {
                Some(value) => Some(value),
                None => self.globals.get(&argument.name).cloned(),
            };
            if let Some(value) = own {
                stage.scope.set(argument.name.as_str(), value);
            }
        }
        Ok(())
    }

    fn argument_in(&mut self, stage: &Stage, argument: &Argument, scope: &Scope) -> Result<Option<Value>> {
        if self.given.args.iter().any(|(name, _)| **name == argument.name) {
            return self.argument(argument, scope);
        }
        argument.default.as_ref().map(|default| self.stage_value(stage, default)).transpose()
    }

    /// All values are those from before the instruction.
    fn env(&mut self, stage: &mut Stage, pairs: &[(Word, Word)]) -> Result<()> {
        let mut set = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            let text = self.stage_text(stage, name)?;
            if text.is_empty() || text.contains('=') || is_reserved(&text) {
                return Err(self.error(format!("`{text}` cannot be the name of a variable"), name.span));
            }
            set.push((text, self.stage_value(stage, value)?));
        }
        for (name, value) in set {
            stage.scope.set(name.clone(), value.clone());
            stage.container.config.set_env(name, Some(value));
        }
        Ok(())
    }

    fn labels(&mut self, stage: &mut Stage, pairs: &[(Word, Word)]) -> Result<()> {
        for (name, value) in pairs {
            let (name, value) = (self.stage_text(stage, name)?, self.stage_value(stage, value)?);
            stage.container.config.labels.insert(name, value);
        }
        Ok(())
    }

    fn user(&mut self, stage: &mut Stage, word: &Word) -> Result<()> {
        let user = self.stage_text(stage, word)?;
        let good =
            |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
        if user.split(':').count() > 2 || !user.split(':').all(good) {
            let message = format!("`{}` is not of the form `user[:group]`", user.escape_debug());
            return Err(self.error(message, word.span));
        }
        stage.container.config.user = Some(user);
        Ok(())
    }

    fn expose(&mut self, stage: &mut Stage, words: &[Word]) -> Result<()> {
        for word in words {
            let text = self.stage_text(stage, word)?;
            for port in text.split_whitespace() {
                let Some(ports) = ports(port) else {
                    let message = format!("`{port}` is no TCP port: `80`, `80/tcp`, `8000-8010`");
                    return Err(self.error(message, word.span));
                };
                let known = &mut stage.container.config.ports;
                known.extend(ports.into_iter().filter(|port| !known.contains(port)).collect::<Vec<_>>());
            }
        }
        Ok(())
    }

    /// A command of the image, as a list of texts.
    fn started(&mut self, stage: &Stage, command: &Command, span: Span) -> Result<Value> {
        let list = |items: Vec<Value>| Value::List(Items::new(items));
        match command {
            Command::Exec(items) => Ok(list(items.iter().map(|item| Value::text(item.as_str())).collect())),
            Command::Shell(text) | Command::Script { text, .. } => {
                let site = self.site(span, text);
                let shell = self.shell(stage, &site)?;
                let text = list(vec![Value::text(text.as_str())]);
                self.machine.apply("add", &[&shell, &text], &Type::List(Type::String.into()), &site)
            }
        }
    }
}

/// `from[-to][/tcp]`: numbers, as containers have them. Another protocol is nothing that they could carry.
fn ports(text: &str) -> Option<Vec<Arc<str>>> {
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = protocol.to_ascii_lowercase();
    if protocol != "tcp" {
        return None;
    }
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    let (from, to): (u16, u16) = (from.parse().ok()?, to.parse().ok()?);
    let known = from > 0 && from <= to;
    known.then(|| (from..=to).map(|port| port.to_string().into()).collect())
}
