//! All services of a session that run, so that none outlives it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::death::Death;
use crate::ServiceStop;

/// So long a service may take to end by itself.
const GRACE: Duration = Duration::from_secs(10);

/// So long when somebody waits for the end of an interrupted run, which is to come within two seconds.
const HURRIED_GRACE: Duration = Duration::from_secs(1);

/// What can be done with a running service by those who do not use it.
pub(super) struct Handle {
    pub(super) stop: ServiceStop,
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

    /// Asks all of them to end, the latest first, for a later one may use an earlier one, and waits until they are gone. When `hurry`
    /// fires they all have a moment.
    pub(crate) async fn stop(&self, hurry: &CancellationToken) {
        let handles = std::mem::take(&mut *self.handles.lock().unwrap_or_else(PoisonError::into_inner));
        let stopped = async {
            for handle in handles.iter().rev() {
                handle.stop.ask.cancel();
                // An error means that its task is gone, and so is it.
                let _ = handle.ended.clone().wait_for(Option::is_some).await;
            }
        };
        tokio::pin!(stopped);
        let hurried = async {
            hurry.cancelled().await;
            handles.iter().for_each(|handle| handle.stop.ask.cancel());
            tokio::time::sleep(HURRIED_GRACE).await;
            handles.iter().for_each(|handle| handle.stop.kill.cancel());
        };
        tokio::select! {
            () = &mut stopped => return,
            () = hurried => {}
        }
        stopped.await;
    }
}

/// Has a service killed that was asked to end and does not.
pub(super) async fn kill_in_time(stop: &ServiceStop) {
    stop.ask.cancelled().await;
    tokio::time::sleep(GRACE).await;
    stop.kill.cancel();
}
