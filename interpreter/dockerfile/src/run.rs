//! `RUN`.

use crate::arguments::Arguments;
use crate::error::{Error, Result, Span};
use crate::flags::Flag;
use crate::heredoc::HereDoc;
use crate::instruction::Command;
use crate::word::Word;

/// `RUN [flags] command`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What is run.
    pub command: Command,
    /// `--mount`.
    pub mounts: Vec<RunMount>,
    /// `--network`.
    pub network: RunNetwork,
}

/// Something that is there while the command runs, and no part of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunMount {
    /// Where it is written.
    pub span: Span,
    /// `type`: `bind` unless it is said.
    pub kind: String,
    /// What else is said, in order; what has no value is `true`.
    pub options: Vec<(String, Word)>,
}

/// The network of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunNetwork {
    /// As ever.
    #[default]
    Default,
    /// None.
    None,
    /// The host's own.
    Host,
}

impl Run {
    pub(crate) fn read(arguments: &Arguments<'_>, documents: &[HereDoc]) -> Result<Run> {
        let mut run =
            Run { command: command(arguments, documents)?, mounts: Vec::new(), network: RunNetwork::Default };
        for flag in &arguments.flags {
            match flag.name.as_str() {
                "mount" => run.mounts.push(mount(arguments, flag)?),
                "network" => run.network = network(flag)?,
                "security" if flag.required()? == "sandbox" => {}
                "security" => return Err(Error::new(flag.span, "a step is never privileged")),
                _ => return Err(flag.unknown("RUN")),
            }
        }
        Ok(run)
    }
}

/// A here-document alone is the script; with a command around it, it is the shell's to read.
fn command(arguments: &Arguments<'_>, documents: &[HereDoc]) -> Result<Command> {
    match documents {
        [] => Command::read(arguments),
        [document] if document.words == (0..arguments.quoted().len()) => {
            let text = document.text();
            let name = document.name.clone();
            Ok(if text.starts_with("#!") { Command::Script { name, text } } else { Command::Shell(text) })
        }
        documents => {
            let bodies = documents.iter().map(|document| format!("\n{}{}", document.raw, document.name));
            Ok(Command::Shell(std::iter::once(arguments.rest().to_owned()).chain(bodies).collect()))
        }
    }
}

/// `key=value,key=value,…`.
fn mount(arguments: &Arguments<'_>, flag: &Flag) -> Result<RunMount> {
    let mut mount = RunMount { span: flag.span, kind: "bind".to_owned(), options: Vec::new() };
    for part in flag.required()?.split(',') {
        let (key, value) = part.split_once('=').unwrap_or((part, "true"));
        let key = key.trim().to_ascii_lowercase();
        if key == "type" {
            value.clone_into(&mut mount.kind);
        } else {
            mount.options.push((key, arguments.word(value, flag.span)?));
        }
    }
    Ok(mount)
}

fn network(flag: &Flag) -> Result<RunNetwork> {
    match flag.required()? {
        "default" => Ok(RunNetwork::Default),
        "none" => Ok(RunNetwork::None),
        "host" => Ok(RunNetwork::Host),
        other => Err(Error::new(flag.span, format!("`{other}` is no network: `default`, `none` or `host`"))),
    }
}
