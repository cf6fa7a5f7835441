//! The language server protocol around `pipe-ide`.
//!
//! **Invariant.** The only crate that knows the protocol. It executes nothing, connects nowhere and writes nothing but its answers;
//! no message, however wrong, ends it but `exit` and the end of its input.
//!
//! The way of a message: `transport` reads it and begins its handler before the next one is read; the handlers of `server` only
//! enqueue; `owner` is the one thread that has the databases, in the order of the messages; questions are answered on a pool from
//! snapshots (`ask`), which edits interrupt. What is known from earlier runs is asked of a [`History`] when nobody types
//! (`owner/looking`).

mod answer;
mod ask;
mod capabilities;
mod convert;
mod documents;
mod history;
mod overlay;
mod owner;
mod position;
mod publish;
mod server;
mod transport;

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;

use tower_lsp::LspService;

pub use history::History;
pub use pipe_ide::{CacheState, ItemResult, LastRun, Program, Results, Runnable, StepResult};
pub use transport::Ended;

/// Serves one client until it says `exit` or its input ends. In `packages` lie those that were fetched; `history` knows what steps did
/// before.
///
/// # Errors
/// When the threads of the server cannot be started.
pub fn serve(
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
    version: &str,
    packages: Option<PathBuf>,
    history: Option<Arc<dyn History>>,
) -> std::io::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let ended = runtime.block_on(async {
        let (tasks, owner) = owner::channel();
        let (outgoing, to_publish) = tokio::sync::mpsc::unbounded_channel();
        let (service, socket) = LspService::build(|client| {
            tokio::spawn(publish::run(client.clone(), to_publish));
            server::Server::new(client, tasks, version)
        })
        .custom_method(server::STANDARD_LIBRARY, server::Server::standard_library)
        .finish();
        owner.start(outgoing, packages, history)?;
        Ok::<_, std::io::Error>(transport::serve(service, socket, input, output).await)
    });
    // Whatever still waits for the client waits in vain.
    runtime.shutdown_background();
    ended
}
