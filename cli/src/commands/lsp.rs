//! `pipe lsp`.

use std::io::{BufReader, BufWriter};

use pipe_lsp::Ended;

use crate::environment::Environment;
use crate::exit::{CliError, Exit};

/// Serves the editor that started this process.
pub(crate) fn run(environment: &Environment) -> Result<(), CliError> {
    let (input, output) = (BufReader::new(std::io::stdin()), BufWriter::new(std::io::stdout()));
    let ended = pipe_lsp::serve(input, output, env!("CARGO_PKG_VERSION"), environment.packages().ok())
        .map_err(|error| CliError::machine(format!("the language server cannot start: {error}")))?;
    match ended {
        Ended::AfterShutdown => Ok(()),
        Ended::WithoutShutdown => Err(CliError::silent(Exit::Failed)),
    }
}
