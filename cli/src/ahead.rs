//! The sandbox of a run, begun before the program is read: its supervisor needs as long to start as the program to be checked and
//! evaluated, and mostly there is a second processor.

use std::sync::{Arc, OnceLock};

use pipe_engine::Backend;
use pipe_sandbox::Sandbox;

use crate::environment::Environment;
use crate::exit::CliError;
use crate::machine;
use crate::progress::Progress;

/// A sandbox that nothing is left of when this is dropped, whether the run came to it or not.
pub(crate) struct Ahead {
    sandbox: Sandbox,
    /// Where its warnings go, when that is known. Before, it has none.
    progress: Arc<OnceLock<Arc<Progress>>>,
}

impl Ahead {
    /// Starts nothing yet.
    ///
    /// # Errors
    /// When it is not known where the store is.
    pub(crate) fn new(environment: &Environment) -> Result<Ahead, CliError> {
        let progress: Arc<OnceLock<Arc<Progress>>> = Arc::default();
        let warnings = progress.clone();
        let warn = move |message: &str| {
            if let Some(progress) = warnings.get() {
                progress.warning(message);
            }
        };
        Ok(Ahead { sandbox: machine::sandbox(environment, Arc::new(warn))?, progress })
    }

    /// Begins to start it. `network`: its steps may use it.
    pub(crate) fn begin(&self, network: bool) {
        if network { self.sandbox.prepare_outbound() } else { self.sandbox.prepare() }
    }

    /// The sandbox, whose warnings are shown from here on.
    pub(crate) fn sandbox(&self, progress: &Arc<Progress>) -> Sandbox {
        let _ = self.progress.set(progress.clone());
        self.sandbox.clone()
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.sandbox.end();
    }
}
