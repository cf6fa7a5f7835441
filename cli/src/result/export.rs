//! `-o PATH`: results on the host's disk.

use std::path::Path;

use pipe_eval::Demand;
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
        Demand::Nothing => "nothing",
        Demand::Build(_) => "a container",
        Demand::Check(_) => "a check",
        Demand::Data(_) => "data, which is printed",
        Demand::Action(_) => "an action",
        Demand::Many(_) => "several results",
    };
    Err(CliError::usage(format!("-o writes a file or a folder, and this gives {kind}"))
        .help("take a file or folder of it, as in 'name().file(\"/path\")'"))
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
        other => return can_be_written(other).map(|()| Exported::default()),
    };
    match written {
        Some(Ok(exported)) => Ok(exported),
        Some(Err(error)) => Err(failed(error)),
        None => Err(CliError::machine("the engine gave no result; please report this")),
    }
}

fn failed(error: StoreError) -> CliError {
    let exit = match &error {
        StoreError::Export(error) if error.is_of_the_request() => Exit::Usage,
        _ => Exit::Machine,
    };
    CliError::new(exit, error.to_string())
}
