//! Being asked to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::console;
use crate::exit::{CliError, Exit};

/// Listens to Ctrl-C and to requests to end. Not to the terminal going away: `nohup` has that ignored, and else it ends the
/// process, whereupon the supervisor cleans up.
pub(crate) struct Signals {
    signals: Vec<Signal>,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(crate) fn listen() -> Result<Signals, CliError> {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
        let signals = kinds.into_iter().map(signal).collect::<Result<_, _>>();
        signals
            .map(|signals| Signals { signals })
            .map_err(|error| CliError::machine(format!("cannot listen to signals: {error}")))
    }

    /// The first signal cancels; the second ends the process at once, and the supervisor cleans up without it.
    pub(crate) fn cancel(self, token: CancellationToken) {
        for mut signal in self.signals {
            let token = token.clone();
            tokio::spawn(async move {
                while signal.recv().await.is_some() {
                    if token.is_cancelled() {
                        console::restore();
                        std::process::exit(Exit::Interrupted as i32);
                    }
                    token.cancel();
                }
            });
        }
    }
}
