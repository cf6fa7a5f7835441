//! Texts of the command line as values.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use pipe_analysis::typed::{CheckedKind, Type};
use pipe_eval::{Argument, Parsed, parse_argument};
use pipe_ops::pure::kebab_case;

use super::flags::Parameter;
use super::words::GivenValue;
use crate::exit::{CliError, Exit};
use crate::package::Package;
use crate::result::quoted;

/// Reads values; remembers which host paths and secrets were named, for what the user gives is its own grant.
pub(crate) struct Reader<'a> {
    package: &'a Package,
    current_dir: &'a Path,
    paths: RefCell<Vec<PathBuf>>,
    secrets: RefCell<Vec<String>>,
}

impl<'a> Reader<'a> {
    /// Relative paths start in `current_dir`.
    pub(crate) fn new(package: &'a Package, current_dir: &'a Path) -> Reader<'a> {
        Reader { package, current_dir, paths: RefCell::default(), secrets: RefCell::default() }
    }

    /// The host paths and the places of secrets that were named.
    pub(crate) fn into_named(self) -> (Vec<PathBuf>, Vec<String>) {
        (self.paths.into_inner(), self.secrets.into_inner())
    }

    /// All that was given for one parameter as its value.
    ///
    /// # Errors
    /// When it is no value of the parameter's type.
    pub(crate) fn read(&self, parameter: &Parameter, given: &[&GivenValue]) -> Result<Argument, CliError> {
        let texts: Vec<&str> = given
            .iter()
            .map(|value| match value {
                GivenValue::Text(text) => text.as_str(),
                GivenValue::On => "true",
                GivenValue::Off => "false",
            })
            .collect();
        let resolve = |path: &str| self.resolve(path);
        match parse_argument(self.package.program(), &parameter.ty, &texts, &resolve) {
            Ok(Parsed::Argument(argument)) => {
                self.check_literals(parameter, &texts)?;
                Ok(self.own_secrets(argument))
            }
            Ok(Parsed::NeedsExpression) => self.expressions(parameter, &texts),
            Err(error) => {
                let flag = parameter.name.replace('_', "-");
                let wrong = CliError::usage(format!("--{flag}: {}", error.message));
                Err(match error.help {
                    Some(help) => wrong.help(help),
                    None => wrong.help(format!("its type is {}", parameter.ty)),
                })
            }
        }
    }

    fn resolve(&self, path: &str) -> String {
        let absolute: PathBuf = self.current_dir.join(path).components().collect();
        self.paths.borrow_mut().push(absolute.clone());
        // The text was UTF-8; a current folder that is not cannot be named by a graph and is refused when it is read.
        absolute.to_string_lossy().into_owned()
    }

    /// Secrets in a value, noted; the path of one starts in the current folder, as all paths of the command line.
    fn own_secrets(&self, argument: Argument) -> Argument {
        match argument {
            Argument::Secret(source) => {
                let source = match source.strip_prefix("file:") {
                    Some(path) if path != "~" && !path.starts_with("~/") => {
                        format!("file:{}", self.current_dir.join(path).to_string_lossy())
                    }
                    _ => source,
                };
                self.secrets.borrow_mut().push(source.clone());
                Argument::Secret(source)
            }
            Argument::Some(inner) => Argument::Some(Box::new(self.own_secrets(*inner))),
            Argument::List(items) => {
                Argument::List(items.into_iter().map(|item| self.own_secrets(item)).collect())
            }
            other => other,
        }
    }

    /// A text of a checked type is held to what a literal of it is: known platforms, with the nearest.
    fn check_literals(&self, parameter: &Parameter, texts: &[&str]) -> Result<(), CliError> {
        let ty = match &parameter.ty {
            Type::Optional(inner) | Type::List(inner) => inner,
            other => other,
        };
        let Type::Checked(kind) = ty else { return Ok(()) };
        // These are written as numbers.
        let is_number = matches!(kind, CheckedKind::Port | CheckedKind::Percent);
        for text in texts {
            let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
            let literal = if is_number && digits { (*text).to_owned() } else { quoted(text) };
            if let Err((found, _)) = self.package.expression(&literal, Some(ty)) {
                let flag = parameter.name.replace('_', "-");
                let message = found.first().map_or("this is no value of its type", |found| &found.message);
                return Err(CliError::usage(format!("--{flag}: `{text}`: {message}")));
            }
        }
        Ok(())
    }

    /// A list is one expression in brackets, or one expression an element.
    fn expressions(&self, parameter: &Parameter, texts: &[&str]) -> Result<Argument, CliError> {
        match (&parameter.ty, texts) {
            (Type::List(element), texts) if !matches!(texts, [one] if one.trim_start().starts_with('[')) => {
                let items = texts.iter().map(|text| self.expression(element, text, parameter));
                items.collect::<Result<_, _>>().map(Argument::List)
            }
            (ty, [text]) => self.expression(ty, text, parameter),
            _ => Err(CliError::usage(format!("this takes one value, and {} are given", texts.len()))),
        }
    }

    fn expression(&self, ty: &Type, text: &str, parameter: &Parameter) -> Result<Argument, CliError> {
        let inner = if let Type::Optional(inner) = ty { inner } else { ty };
        if let Some(error) = self.unknown_variant(inner, text, &parameter.name) {
            return Err(error);
        }
        match self.package.expression(text, Some(ty)) {
            Ok((body, origin)) => Ok(Argument::Expression { body, origin }),
            Err((found, sources)) => Err(CliError::diagnostics(Exit::Usage, found, sources)),
        }
    }

    /// A name alone, where a variant is expected, is a variant misspelled or one whose payload has to be given.
    fn unknown_variant(&self, ty: &Type, text: &str, parameter: &str) -> Option<CliError> {
        let Type::Enum(global, _) = ty else { return None };
        if !text.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
            return None;
        }
        let decl = self.package.program().modules.get(&global.module)?.enums.get(&global.name)?;
        let names: Vec<String> = decl.variants.iter().map(|variant| kebab_case(&variant.name)).collect();
        if names.iter().any(|name| *name == kebab_case(text)) {
            return None;
        }
        let flag = parameter.replace('_', "-");
        Some(
            CliError::usage(format!("--{flag}: {} has no variant `{text}`", global.name))
                .help(format!("it has: {}", names.join(", "))),
        )
    }
}
