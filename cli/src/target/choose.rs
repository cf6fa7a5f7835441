//! What a target names: a public function, a `let`, a `param`, else an expression.

use std::sync::Arc;

use pipe_analysis::typed::{Function, Module};
use pipe_diagnostics::nearest;
use pipe_eval::Target;

use crate::exit::{CliError, Exit};
use crate::package::Package;

/// A target with what it is called.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    /// As it was written.
    pub(crate) label: Arc<str>,
    /// What it names.
    pub(crate) kind: ChosenKind,
}

/// What a target names.
#[derive(Clone, Debug)]
pub(crate) enum ChosenKind {
    /// A public function or action, called with the parameters of the command line.
    Function(Arc<Function>),
    /// Something that takes no parameters.
    Other(Target),
}

/// Finds what a target names.
///
/// # Errors
/// When a name is unknown or not public, or an expression has an error.
pub(crate) fn choose(package: &Package, written: &str) -> Result<Chosen, CliError> {
    let label: Arc<str> = written.into();
    if is_name(written) {
        let kind = named(package.module(), &written.replace('-', "_"), written)?;
        return Ok(Chosen { label, kind });
    }
    let (body, origin) = package
        .expression(written, None)
        .map_err(|(found, sources)| CliError::diagnostics(Exit::Usage, found, sources))?;
    Ok(Chosen { label, kind: ChosenKind::Other(Target::Expression { body, origin }) })
}

/// Names are in snake case and may be given in kebab case.
fn is_name(written: &str) -> bool {
    written.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && written.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn named(module: &Module, name: &str, written: &str) -> Result<ChosenKind, CliError> {
    if let Some(function) = module.functions.get(name) {
        return if function.public {
            Ok(ChosenKind::Function(function.clone()))
        } else {
            Err(private(written))
        };
    }
    if let Some(item) = module.lets.get(name) {
        return if item.public {
            Ok(ChosenKind::Other(Target::Let(item.global.clone())))
        } else {
            Err(private(written))
        };
    }
    if let Some(param) = module.params.get(name) {
        return Ok(ChosenKind::Other(Target::Param(param.global.clone())));
    }
    Err(unknown(module, name, written))
}

fn private(written: &str) -> CliError {
    CliError::usage(format!("`{written}` is not public"))
        .help("write `pub` before it, or call it in an expression: 'name()'")
}

fn unknown(module: &Module, name: &str, written: &str) -> CliError {
    let public =
        module.functions.values().filter(|function| function.public).map(|function| &*function.global.name);
    let names: Vec<&str> = public.collect();
    let help = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "the package has no public functions".to_owned(),
        None => format!("there are: {}", names.join(", ")),
    };
    CliError::usage(format!("the package has no `{written}`")).help(help)
}
