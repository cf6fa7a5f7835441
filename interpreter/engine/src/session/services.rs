//! Services of a session.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

/// Something that keeps running beside the steps that use it.
#[async_trait]
pub trait Service: Send + Sync {
    /// Stops it and waits until it is gone.
    async fn stop(&self);
}

/// The running services, in the order they were started.
#[derive(Default)]
pub(crate) struct Services {
    running: Mutex<Vec<Arc<dyn Service>>>,
}

impl Services {
    pub(crate) fn adopt(&self, service: Arc<dyn Service>) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push(service);
    }

    /// Stops all of them, the latest first: a later one may use an earlier one.
    pub(crate) async fn stop(&self) {
        loop {
            let next = self.running.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(service) = next else { return };
            service.stop().await;
        }
    }
}
