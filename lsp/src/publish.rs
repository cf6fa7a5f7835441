//! What the server says without being asked, in order.

use tokio::sync::mpsc::UnboundedReceiver;
use tower_lsp::Client;
use tower_lsp::ls_types::{Diagnostic, MessageType, Uri};

/// What the server says without being asked.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// What is wrong in a file, with the version of its text if it is open.
    Diagnostics(Uri, Vec<Diagnostic>, Option<i32>),
    /// For the client's log.
    Log(String),
}

/// Says it.
pub(crate) async fn run(client: Client, mut outgoing: UnboundedReceiver<Outgoing>) {
    while let Some(message) = outgoing.recv().await {
        match message {
            Outgoing::Diagnostics(uri, found, version) => {
                client.publish_diagnostics(uri, found, version).await
            }
            Outgoing::Log(text) => client.log_message(MessageType::ERROR, text).await,
        }
    }
}
