//! All services of a session that run, so that none outlives it.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::death::Death;

/// What can be done with a running service by those who do not use it.
pub(super) struct Handle {
    pub(super) stop: CancellationToken,
    pub(super) ended: watch::Receiver<Option<Death>>,
}

/// The running services, in the order they were started.
#[derive(Default)]
pub(crate) struct RunningServices {
    handles: Mutex<Vec<Handle>>,
}

impl RunningServices {
    /// One more; those that are over are forgotten.
    pub(super) fn add(&self, handle: Handle) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        handles.retain(|known| known.ended.borrow().is_none());
        handles.push(handle);
    }

    /// Stops all of them, the latest first, for a later one may use an earlier one, and waits until they are gone.
    pub(crate) async fn stop(&self) {
        loop {
            let next = self.handles.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(Handle { stop, mut ended }) = next else { return };
            stop.cancel();
            // An error means that its task is gone, and so is it.
            let _ = ended.wait_for(Option::is_some).await;
        }
    }
}
