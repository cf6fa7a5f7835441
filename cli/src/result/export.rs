//! `-o PATH`: results on the host's disk.

use std::collections::HashSet;
use std::path::Path;

use pipe_eval::{Demand, Part};
use pipe_store::{Exported, Store, StoreError};

use super::answers::Answers;
use crate::exit::{CliError, Exit};

/// Whether `-o` can write what is demanded: a file or a folder. Asked before anything runs.
///
/// # Errors
/// When it is something else.
pub(crate) fn can_be_written(demand: &Demand) -> Result<(), CliError> {
    let kind = match demand {
        Demand::Dir(_) | Demand::File(_) | Demand::Waiting(_) => return Ok(()),
        Demand::Check(parts) if parts.iter().any(|part| part.keeps || part.waits) => return Ok(()),
        Demand::Check(_) => {
            return Err(CliError::usage("-o writes what a check keeps, and this one keeps nothing")
                .help("`check(…, keep: [\"reports/**\"])` says what; or take a file of it, as in 'name().file(\"/path\")'"));
        }
        Demand::Nothing => "nothing",
        Demand::Build(_) => "a container",
        Demand::Data(_) => "data, which is printed",
        Demand::Action(_) => "an action",
        Demand::Many(_) => "several results",
    };
    Err(CliError::usage(format!("-o writes a file or a folder, and this gives {kind}"))
        .help(match demand {
            Demand::Build(_) => {
                "take a file or folder of it, as in 'name().file(\"/path\")', or its image, as in 'name().tarball()'"
            }
            _ => "take a file or folder of it, as in 'name().file(\"/path\")'",
        }))
}

/// Writes a result, all of it or nothing, with `time` (seconds since 1970) on all of it; says what of it could not be kept.
///
/// # Errors
/// When the destination cannot be written.
pub(crate) fn write(
    demand: &Demand,
    answers: &Answers,
    store: &Store,
    destination: &Path,
    time: i64,
) -> Result<Exported, CliError> {
    let written = match demand {
        Demand::Dir(output) => {
            answers.tree(*output).map(|tree| store.export_tree(&tree.tree, destination, time))
        }
        Demand::File(output) => answers
            .file(*output)
            .map(|file| store.export_file(file, destination, time).map(|()| Exported::default())),
        Demand::Waiting(_) => None,
        Demand::Check(parts) => return write_kept(parts, answers, store, destination, time),
        other => return can_be_written(other).map(|()| Exported::default()),
    };
    match written {
        Some(Ok(exported)) => Ok(exported),
        Some(Err(error)) => Err(failed(error)),
        None => Err(CliError::machine("the engine gave no result; please report this")),
    }
}

/// Writes what checks keep, also of those that failed. One of which there is no result at all leaves nothing. Several have a folder each.
fn write_kept(
    parts: &[Part],
    answers: &Answers,
    store: &Store,
    destination: &Path,
    time: i64,
) -> Result<Exported, CliError> {
    let kept: Vec<_> = parts.iter().filter_map(|part| Some((&part.name, part.kept?))).collect();
    let mut names = HashSet::new();
    let mut all = Exported::default();
    for (name, output) in &kept {
        let folder = match kept.len() {
            1 => destination.to_owned(),
            _ => destination.join(folder_name(name, &mut names)),
        };
        let Some(tree) = answers.tree(*output) else { continue };
        let written = store.export_tree(&tree.tree, &folder, time).map_err(failed)?;
        all.owners_lost += written.owners_lost;
    }
    Ok(all)
}

/// A name as a folder's, each once.
fn folder_name(name: &str, taken: &mut HashSet<String>) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let plain: String = name.chars().map(plain).collect();
    let plain = plain.trim_start_matches('.');
    let plain = if plain.is_empty() { "check" } else { plain };
    let numbered = (2..).map(|number| format!("{plain}-{number}"));
    let mut free = std::iter::once(plain.to_owned()).chain(numbered);
    let free = free.find(|name| taken.insert(name.clone()));
    free.unwrap_or_default()
}

fn failed(error: StoreError) -> CliError {
    let exit = match &error {
        StoreError::Export(error) if error.is_of_the_request() => Exit::Usage,
        _ => Exit::Machine,
    };
    CliError::new(exit, error.to_string())
}
