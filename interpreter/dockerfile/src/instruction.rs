//! Instructions of a stage.

use crate::arguments::Arguments;
use crate::copy::Copy;
use crate::error::{Error, Result, Span};
use crate::heredoc;
use crate::line::{Line, Lines};
use crate::run::Run;
use crate::word::Word;

/// An instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// All of it, here-documents left out.
    pub span: Span,
    /// What it says.
    pub kind: InstructionKind,
}

/// What an instruction says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstructionKind {
    /// `ARG name[=default] …`
    Arg(Vec<Argument>),
    /// `ENV name=value …`
    Env(Vec<(Word, Word)>),
    /// `LABEL name=value …`
    Label(Vec<(Word, Word)>),
    /// `COPY source… destination`
    Copy(Copy),
    /// `RUN command`
    Run(Run),
    /// `WORKDIR path`
    Workdir(Word),
    /// `USER user[:group]`
    User(Word),
    /// `EXPOSE port…`
    Expose(Vec<Word>),
    /// `SHELL ["program", "argument"]`
    Shell(Vec<String>),
    /// `ENTRYPOINT command`
    Entrypoint(Command),
    /// `CMD command`
    Cmd(Command),
}

/// An argument of the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Its value when none is given.
    pub default: Option<Word>,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The program and its arguments: `["program", "argument"]`.
    Exec(Vec<String>),
    /// A text for the shell.
    Shell(String),
    /// A program of its own: a here-document that begins with `#!`.
    Script {
        /// The file's name.
        name: String,
        /// The file's text.
        text: String,
    },
}

/// Reads an instruction that may stand in a stage.
pub(crate) fn read(line: &Line, arguments: &Arguments<'_>, lines: &mut Lines<'_>) -> Result<Instruction> {
    let kind = match arguments.name.as_str() {
        "COPY" => {
            let documents = heredocs(arguments, lines)?;
            InstructionKind::Copy(Copy::read(arguments, &documents)?)
        }
        "RUN" => {
            let documents = heredocs(arguments, lines)?;
            InstructionKind::Run(Run::read(arguments, &documents)?)
        }
        _ => simple(arguments)?,
    };
    Ok(Instruction { span: line.span, kind })
}

/// A list in JSON announces none.
fn heredocs(arguments: &Arguments<'_>, lines: &mut Lines<'_>) -> Result<Vec<heredoc::HereDoc>> {
    if matches!(arguments.json(), Ok(Some(_))) { Ok(Vec::new()) } else { heredoc::read(arguments, lines) }
}

fn simple(arguments: &Arguments<'_>) -> Result<InstructionKind> {
    arguments.without_flags()?;
    Ok(match arguments.name.as_str() {
        "ARG" => InstructionKind::Arg(declared(arguments)?),
        "ENV" => InstructionKind::Env(arguments.pairs()?),
        "LABEL" => InstructionKind::Label(arguments.pairs()?),
        "WORKDIR" => InstructionKind::Workdir(arguments.whole("a path")?),
        "USER" => InstructionKind::User(arguments.whole("a user")?),
        "EXPOSE" => {
            arguments.needed("a port")?;
            let ports = arguments.split();
            InstructionKind::Expose(
                ports.iter().map(|port| arguments.word(&port.text, port.span)).collect::<Result<_>>()?,
            )
        }
        "SHELL" => match arguments.json()? {
            Some(shell) if !shell.is_empty() => InstructionKind::Shell(shell),
            _ => {
                let message = "`SHELL` needs a list: `[\"/bin/sh\", \"-c\"]`";
                return Err(Error::new(arguments.rest_span(), message));
            }
        },
        "ENTRYPOINT" => InstructionKind::Entrypoint(Command::read(arguments)?),
        "CMD" => InstructionKind::Cmd(Command::read(arguments)?),
        _ => return Err(unknown(arguments)),
    })
}

impl Command {
    pub(crate) fn read(arguments: &Arguments<'_>) -> Result<Command> {
        let text = arguments.needed("a command")?;
        Ok(arguments.json()?.map_or_else(|| Command::Shell(text.to_owned()), Command::Exec))
    }
}

/// `ARG name[=default] …`
pub(crate) fn declared(arguments: &Arguments<'_>) -> Result<Vec<Argument>> {
    arguments.needed("a name")?;
    let words = arguments.quoted();
    let argument = |word: &crate::arguments::Written| {
        let (name, default) = match word.text.split_once('=') {
            Some((name, default)) => (name, Some(arguments.word(default, word.span)?)),
            None => (word.text.as_str(), None),
        };
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Err(Error::new(word.span, format!("`{name}` is no name of an argument")));
        }
        Ok(Argument { name: name.to_owned(), span: word.span, default })
    };
    words.iter().map(argument).collect()
}

const KNOWN: [&str; 13] = [
    "FROM",
    "ARG",
    "ENV",
    "LABEL",
    "COPY",
    "RUN",
    "WORKDIR",
    "USER",
    "EXPOSE",
    "SHELL",
    "ENTRYPOINT",
    "CMD",
    "ADD",
];

fn unknown(arguments: &Arguments<'_>) -> Error {
    let name = &arguments.name;
    let span = arguments.name_span();
    let help = match name.as_str() {
        "ADD" => {
            "copy files with `COPY`; what has to be fetched or unpacked comes from the pipeline, by `contexts:`, and is copied with `COPY --from`"
        }
        "HEALTHCHECK" | "STOPSIGNAL" | "VOLUME" => {
            "images that are made here do not carry it: say it where the image is run, and leave it out"
        }
        "ONBUILD" => {
            "images that are made here do not carry it: write the instruction into the Dockerfiles that need it"
        }
        "MAINTAINER" => "it is deprecated: use `LABEL org.opencontainers.image.authors=\"…\"`",
        _ => {
            let near = KNOWN.iter().find(|known| close(known, name));
            let error = Error::new(span, format!("`{name}` is no instruction of a Dockerfile"));
            return match near {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            };
        }
    };
    Error::new(span, format!("`{name}` is not supported")).help(help)
}

/// Whether one letter too many, too few, or another one tells two words apart; or two that changed places.
fn close(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = |of: &[char], skip: usize| of.get(same + skip..).map(<[char]>::to_vec).unwrap_or_default();
    let swapped = a.len() == b.len() && a.get(same) == b.get(same + 1) && a.get(same + 1) == b.get(same);
    rest(&a, 1) == rest(&b, 1) && a.len() == b.len()
        || rest(&a, 1) == rest(&b, 0) && a.len() == b.len() + 1
        || rest(&a, 0) == rest(&b, 1) && a.len() + 1 == b.len()
        || swapped && a.get(same).is_some() && rest(&a, 2) == rest(&b, 2)
}
