//! Steps whose report is out and whose namespaces the kernel still takes down. A mount over what such a step left must wait: its
//! changes are still in use by the mount that is going.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::protocol::RequestId;

/// All of them.
#[derive(Default)]
pub(super) struct Dying {
    steps: Mutex<BTreeSet<RequestId>>,
    one_is_gone: Condvar,
}

impl Dying {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<RequestId>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A step's report goes out.
    pub(super) fn enter(&self, id: RequestId) {
        self.lock().insert(id);
    }

    /// Its namespaces are gone.
    pub(super) fn leave(&self, id: RequestId) {
        self.lock().remove(&id);
        self.one_is_gone.notify_all();
    }

    /// Those that are dying now: what a step that is asked for now can stand on.
    pub(super) fn now(&self) -> BTreeSet<RequestId> {
        self.lock().clone()
    }

    /// Waits until all of these are gone.
    pub(super) fn wait_for(&self, earlier: &BTreeSet<RequestId>) {
        let steps = self.lock();
        let left = self.one_is_gone.wait_while(steps, |steps| !steps.is_disjoint(earlier));
        drop(left.unwrap_or_else(PoisonError::into_inner));
    }
}
