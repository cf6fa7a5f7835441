//! What the server says without being asked, in order.

use std::collections::HashMap;
use std::path::PathBuf;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tower_lsp::Client;
use tower_lsp::ls_types::{Diagnostic, MessageType, ProgressToken, Uri};

/// What the server says without being asked.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// What is wrong in a file, with the version of its text if it is open.
    Diagnostics(Uri, Vec<Diagnostic>, Option<i32>),
    /// For the client's log.
    Log(String),
    /// The client shows how work goes on.
    ShowsProgress,
    /// A package is looked through for the first time.
    Begun(usize, PathBuf),
    /// It was.
    Ended(usize),
    /// What is shown in the texts has to be asked for again.
    RefreshHints,
}

/// Says it.
pub(crate) async fn run(client: Client, mut outgoing: UnboundedReceiver<Outgoing>) {
    let mut shows_progress = false;
    // Dropping one ends its work.
    let mut works: HashMap<usize, oneshot::Sender<()>> = HashMap::new();
    let mut count = 0_i32;
    while let Some(message) = outgoing.recv().await {
        match message {
            Outgoing::Diagnostics(uri, found, version) => {
                client.publish_diagnostics(uri, found, version).await
            }
            Outgoing::Log(text) => client.log_message(MessageType::ERROR, text).await,
            Outgoing::ShowsProgress => shows_progress = true,
            Outgoing::Begun(package, folder) if shows_progress => {
                let (ended, end) = oneshot::channel();
                count = count.wrapping_add(1);
                tokio::spawn(show(client.clone(), count, folder, end));
                works.insert(package, ended);
            }
            Outgoing::Begun(..) => {}
            Outgoing::Ended(package) => drop(works.remove(&package)),
            // A client that does not answer holds up nothing else.
            Outgoing::RefreshHints => {
                let client = client.clone();
                drop(tokio::spawn(async move { client.inlay_hint_refresh().await }));
            }
        }
    }
}

/// Shows that a package is looked through, until `end`. A client that does not answer holds up nothing else.
async fn show(client: Client, number: i32, folder: PathBuf, end: oneshot::Receiver<()>) {
    let token = ProgressToken::String(format!("pipe-check-{number}"));
    if client.create_work_done_progress(token.clone()).await.is_err() {
        return;
    }
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let progress = client.progress(token, "Checking").with_message(name).begin().await;
    // The sender is only ever dropped.
    let _ = end.await;
    progress.finish().await;
}
