//! `pipe lsp`.

mod history;

use std::io::{BufReader, BufWriter};
use std::sync::Arc;

use pipe_lsp::{Ended, History};

use crate::environment::Environment;
use crate::exit::{CliError, Exit};

/// Serves the editor that started this process.
pub(crate) fn run(environment: &Environment) -> Result<(), CliError> {
    let (input, output) = (BufReader::new(std::io::stdin()), BufWriter::new(std::io::stdout()));
    let history =
        history::LocalHistory::new(environment).map(|history| Arc::new(history) as Arc<dyn History>);
    let packages = environment.packages().ok();
    let ended = pipe_lsp::serve(input, output, env!("CARGO_PKG_VERSION"), packages, history)
        .map_err(|error| CliError::machine(format!("the language server cannot start: {error}")))?;
    match ended {
        Ended::AfterShutdown => Ok(()),
        Ended::WithoutShutdown => Err(CliError::silent(Exit::Failed)),
    }
}
