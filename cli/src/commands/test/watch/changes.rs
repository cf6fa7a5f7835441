//! Changes of files, a burst at a time, and the wish to stop.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio_util::sync::CancellationToken;

use crate::execute;
use crate::exit::{CliError, Exit};
use crate::signals::Signals;

/// A burst is over when nothing changed for so long: an editor writes, renames and sets modes one after the other.
const QUIET: Duration = Duration::from_millis(60);
/// So many waits for quiet are enough.
const MOST_WAITS: usize = 20;

enum Message {
    Changed(Vec<PathBuf>),
    /// Files can no longer be watched.
    Broken(String),
    Stop,
    /// Signals cannot be listened to.
    Deaf(CliError),
}

/// A source of changes.
pub(super) struct Changes {
    messages: Receiver<Message>,
    watcher: RecommendedWatcher,
    ignored: Vec<PathBuf>,
    added: Vec<PathBuf>,
}

impl Changes {
    /// Watches a folder and all below it, but for what is to be ignored; and listens to Ctrl-C.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(super) fn watch(folder: &Path, ignored: &[PathBuf]) -> Result<Changes, CliError> {
        let (sender, messages) = channel();
        listen(sender.clone());
        let told = move |event: notify::Result<notify::Event>| {
            let message = match event {
                // Reading changes nothing, and the tests read much.
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
                Ok(event) => Message::Changed(event.paths),
                Err(error) => Message::Broken(error.to_string()),
            };
            // Nobody waits any more when the program ends.
            let _ = sender.send(message);
        };
        let refused = |error: notify::Error| cannot(&error.to_string());
        let mut watcher = notify::recommended_watcher(told).map_err(refused)?;
        watcher.watch(folder, RecursiveMode::Recursive).map_err(refused)?;
        let ignored = ignored.iter().map(|path| real(path)).collect();
        Ok(Changes { messages, watcher, ignored, added: Vec::new() })
    }

    /// Watches something else, too. What cannot be watched only makes that its changes are not noticed.
    pub(super) fn add(&mut self, path: &Path) {
        if !self.added.iter().any(|added| path.starts_with(added)) {
            let _ = self.watcher.watch(path, RecursiveMode::Recursive);
            self.added.push(path.to_path_buf());
        }
    }

    /// Waits for changes; gives what changed, each path once.
    ///
    /// # Errors
    /// When it is to stop, or cannot watch any longer.
    pub(super) fn next(&mut self) -> Result<Vec<PathBuf>, CliError> {
        loop {
            let mut changed = Vec::new();
            self.take(self.messages.recv().map_err(|_| cannot("the watcher is gone"))?, &mut changed)?;
            for _ in 0..MOST_WAITS {
                match self.messages.recv_timeout(QUIET) {
                    Ok(message) => self.take(message, &mut changed)?,
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                }
            }
            changed.sort();
            changed.dedup();
            if !changed.is_empty() {
                return Ok(changed);
            }
        }
    }

    fn take(&self, message: Message, changed: &mut Vec<PathBuf>) -> Result<(), CliError> {
        match message {
            Message::Stop => Err(CliError::silent(Exit::Interrupted)),
            Message::Deaf(error) => Err(error),
            Message::Broken(why) => Err(cannot(&why)),
            Message::Changed(paths) => {
                let own = |path: &PathBuf| self.ignored.iter().any(|ignored| is_below(path, ignored));
                changed.extend(paths.into_iter().filter(|path| !own(path)));
                Ok(())
            }
        }
    }
}

/// A path with the links of the folders that lead to it followed, as the paths of events are; it may not be there yet.
fn real(path: &Path) -> PathBuf {
    match (path.parent().map(Path::canonicalize), path.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => path.to_path_buf(),
    }
}

/// Whether a path is another one, below it, or what is written beside it to be renamed.
fn is_below(path: &Path, ignored: &Path) -> bool {
    let mut beside = ignored.as_os_str().to_owned();
    beside.push(".pipe-");
    let text = path.as_os_str().as_encoded_bytes();
    path.starts_with(ignored) || text.starts_with(beside.as_encoded_bytes())
}

fn cannot(why: &str) -> CliError {
    CliError::machine(format!("cannot watch the package: {why}")).help(
        "without `--watch` the tests run once; how many files may be watched is in /proc/sys/fs/inotify",
    )
}

/// Listens to Ctrl-C for as long as the program runs: also when no step does.
fn listen(sender: Sender<Message>) {
    std::thread::spawn(move || {
        let heard = execute::runtime().and_then(|runtime| {
            runtime.block_on(async {
                let token = CancellationToken::new();
                Signals::listen()?.cancel(token.clone());
                token.cancelled().await;
                let _ = sender.send(Message::Stop);
                // A second one ends the program at once.
                std::future::pending::<Result<(), CliError>>().await
            })
        });
        if let Err(error) = heard {
            let _ = sender.send(Message::Deaf(error));
        }
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_told_and_what_is_ignored_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("store")).unwrap();
        let mut changes = Changes::watch(&root, &[root.join("store"), root.join("report.xml")]).unwrap();
        std::fs::write(root.join("store/x"), "").unwrap();
        std::fs::write(root.join("report.xml.pipe-7"), "").unwrap();
        std::fs::rename(root.join("report.xml.pipe-7"), root.join("report.xml")).unwrap();
        std::fs::write(root.join("main.pipe"), "").unwrap();
        let changed = changes.next().unwrap();
        assert_eq!(changed, [root.join("main.pipe")]);
    }
}
