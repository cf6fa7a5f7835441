//! From the words of the command line to what is evaluated.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_analysis::typed::Global;
use pipe_eval::{Argument, Target};

use super::arguments::Reader;
use super::choose::{Chosen, ChosenKind, choose};
use super::flags::{KnownFlags, Owner, Parameter};
use super::placeholder::{flag_of, parameters_text};
use super::words::{self, GivenValue};
use crate::exit::{CliError, Report};
use crate::package::Package;

/// What the command line asks for.
pub(crate) struct Request {
    /// What is evaluated, with what people call it.
    pub(crate) targets: Vec<(Arc<str>, Target)>,
    /// Values for `param`s of the package.
    pub(crate) params: Vec<(Global, Argument)>,
    /// Host paths that were named on the command line.
    pub(crate) paths: Vec<PathBuf>,
    /// Places of secrets that were named on the command line.
    pub(crate) secrets: Vec<String>,
    /// Flags of `pipe` that stood after the targets.
    pub(crate) own: Vec<OsString>,
    /// The targets' parameters, as they are listed.
    pub(crate) parameters: String,
}

/// Reads what stands after `command`.
///
/// # Errors
/// When a target is unknown, a flag is nobody's, or a value does not fit.
pub(super) fn read(
    package: &Package,
    command: &str,
    rest: &[OsString],
    current_dir: &Path,
) -> Result<Request, CliError> {
    let written = words::targets(rest)?;
    if written.is_empty() {
        // Clap takes a flag that it does not know for a target, as the last argument may be one.
        let word = rest.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        return Err(CliError::usage(format!("`{word}` is neither a flag of `pipe {command}` nor a target"))
            .help("parameters of a target stand behind it"));
    }
    let chosen = written.iter().map(|target| choose(package, target)).collect::<Result<Vec<_>, _>>()?;
    let flags = KnownFlags::new(package.module(), &chosen, command)?;
    let parameters = parameters_text(&flags);
    let words = words::split(rest, &flags).map_err(|error| with_parameters(error, &parameters))?;
    let mut given: BTreeMap<&str, Vec<&GivenValue>> = BTreeMap::new();
    for one in &words.given {
        given.entry(&one.name).or_default().push(&one.value);
    }
    let asks_for_help = words.own.iter().any(|flag| flag == "--help" || flag == "-h");
    if let Some(missing) = flags.parameters().find(|p| p.required && !given.contains_key(&*p.name))
        && !asks_for_help
    {
        return Err(with_parameters(missing_parameter(missing, &chosen), &parameters));
    }
    let reader = Reader::new(package, current_dir);
    let mut arguments: Vec<Vec<(Arc<str>, Argument)>> = vec![Vec::new(); chosen.len()];
    let mut params = Vec::new();
    for (name, values) in given {
        let Some(parameter) = flags.get(name) else { continue };
        let argument = reader.read(parameter, &values)?;
        match &parameter.owner {
            Owner::Package(global) => params.push((global.clone(), argument)),
            Owner::Targets(targets) => {
                for index in targets {
                    if let Some(of_target) = arguments.get_mut(*index) {
                        of_target.push((parameter.name.clone(), argument.clone()));
                    }
                }
            }
        }
    }
    let targets =
        chosen.into_iter().zip(arguments).map(|(chosen, args)| (chosen.label, target(chosen.kind, args)));
    let targets = targets.collect();
    let (paths, secrets) = reader.into_named();
    Ok(Request { targets, params, paths, secrets, own: words.own, parameters })
}

fn target(kind: ChosenKind, args: Vec<(Arc<str>, Argument)>) -> Target {
    match kind {
        ChosenKind::Function(function) => Target::Function { function: function.global.clone(), args },
        ChosenKind::Other(target) => target,
    }
}

fn missing_parameter(parameter: &Parameter, chosen: &[Chosen]) -> CliError {
    let target = match &parameter.owner {
        Owner::Targets(targets) => targets.first().and_then(|index| chosen.get(*index)),
        Owner::Package(_) => None,
    };
    let who = target.map_or("the package", |target| &target.label);
    CliError::usage(format!("`{who}` needs {}", flag_of(&parameter.name, &parameter.ty)))
}

/// Lists the parameters behind what the error says.
fn with_parameters(mut error: CliError, parameters: &str) -> CliError {
    if let Report::Message { help, .. } = &mut error.report {
        *help = Some(match help.take() {
            Some(help) => format!("{help}\n{parameters}"),
            None => parameters.to_owned(),
        });
    }
    error
}
