//! Which flags there are: the parameters of the targets, and `pipe`'s own.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use clap::CommandFactory;
use pipe_analysis::typed::{Global, Module, Type};

use super::choose::{Chosen, ChosenKind};
use super::words::{Flags, Form};
use crate::args::Cli;
use crate::exit::CliError;

/// Something that a flag sets.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// Its type.
    pub(crate) ty: Type,
    /// It has to be given.
    pub(crate) required: bool,
    /// Whose it is.
    pub(crate) owner: Owner,
}

/// Whose a parameter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The functions among the targets that have one of this name, by their place among the targets.
    Targets(Vec<usize>),
    /// A `param` of the package.
    Package(Global),
}

/// All flags that may follow the targets.
pub(crate) struct KnownFlags {
    parameters: BTreeMap<String, Parameter>,
    command: String,
    /// The grammar of the command, made when a flag is looked up in it.
    own: OnceCell<clap::Command>,
}

impl KnownFlags {
    /// Flags of these targets in this module, and of the command that was given.
    ///
    /// # Errors
    /// When two targets have parameters of one name and different types.
    pub(crate) fn new(module: &Module, chosen: &[Chosen], command: &str) -> Result<KnownFlags, CliError> {
        let mut parameters: BTreeMap<String, Parameter> = BTreeMap::new();
        for (index, target) in chosen.iter().enumerate() {
            let ChosenKind::Function(function) = &target.kind else { continue };
            for param in &function.params {
                let parameter = Parameter {
                    name: param.name.clone(),
                    ty: param.ty.clone(),
                    required: param.default.is_none(),
                    owner: Owner::Targets(vec![index]),
                };
                add(&mut parameters, parameter, chosen)?;
            }
        }
        for param in module.params.values() {
            let name = &param.global.name;
            parameters.entry(name.to_string()).or_insert_with(|| Parameter {
                name: name.clone(),
                ty: param.ty.clone(),
                // Needed only by what uses it: evaluation says so.
                required: false,
                owner: Owner::Package(param.global.clone()),
            });
        }
        Ok(KnownFlags { parameters, command: command.to_owned(), own: OnceCell::new() })
    }

    /// The parameters by name.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.values()
    }

    fn own(&self) -> &clap::Command {
        self.own.get_or_init(|| own_flags_of(&self.command))
    }

    /// The parameter of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Parameter> {
        self.parameters.get(name)
    }
}

fn add(
    parameters: &mut BTreeMap<String, Parameter>,
    new: Parameter,
    chosen: &[Chosen],
) -> Result<(), CliError> {
    let Some(known) = parameters.get_mut(&*new.name) else {
        parameters.insert(new.name.to_string(), new);
        return Ok(());
    };
    let (Owner::Targets(targets), Owner::Targets(more)) = (&mut known.owner, &new.owner) else {
        return Ok(());
    };
    if known.ty != new.ty {
        let label = |at: Option<&usize>| at.and_then(|at| chosen.get(*at)).map_or("", |target| &target.label);
        return Err(CliError::usage(format!(
            "--{} is {} for `{}` and {} for `{}`",
            new.name.replace('_', "-"),
            known.ty,
            label(targets.first()),
            new.ty,
            label(more.first()),
        ))
        .help("run the targets one by one"));
    }
    known.required |= new.required;
    targets.extend(more);
    Ok(())
}

/// The grammar of one command, to look flags up in.
fn own_flags_of(command: &str) -> clap::Command {
    let mut cli = Cli::command();
    // Global flags and `--help` become part of the command only when it is built.
    cli.build();
    cli.find_subcommand(command).cloned().unwrap_or(cli)
}

impl Flags for KnownFlags {
    fn parameter(&self, name: &str) -> Option<Form> {
        let ty = match &self.parameters.get(name)?.ty {
            Type::Optional(inner) => inner,
            other => other,
        };
        Some(if *ty == Type::Bool { Form::Switch } else { Form::Value })
    }

    fn own_long(&self, name: &str) -> Option<bool> {
        let found = self.own().get_arguments().find(|argument| argument.get_long() == Some(name))?;
        Some(found.get_action().takes_values())
    }

    fn own_short(&self, letter: char) -> Option<bool> {
        let found = self.own().get_arguments().find(|argument| argument.get_short() == Some(letter))?;
        Some(found.get_action().takes_values())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_own_flags_are_known() {
        let flags =
            KnownFlags { parameters: BTreeMap::new(), command: "run".to_owned(), own: OnceCell::new() };
        assert_eq!(flags.own_long("output"), Some(true));
        assert_eq!(flags.own_long("json"), Some(false));
        assert_eq!(flags.own_long("progress"), Some(true));
        assert_eq!(flags.own_long("help"), Some(false));
        assert_eq!(flags.own_short('o'), Some(true));
        assert_eq!(flags.own_short('q'), Some(false));
        assert_eq!(flags.own_long("nothing"), None);
    }
}
