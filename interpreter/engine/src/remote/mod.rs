//! Results of steps that other stores have, by way of a cache that both know.
//!
//! A result is taken by its key, as one of the own store. That the key leads to this result is whoever's claim who wrote it there, so writers are people one
//! trusts; its content is held against its digests. A cache that is slow, full, wrong or gone never fails a run: what it does not give is run.

mod form;
mod take;
mod uploads;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use pipe_cache::RemoteCache;

pub(crate) use take::take;
pub(crate) use uploads::Uploads;

/// The caches of a run.
#[derive(Clone, Debug, Default)]
pub struct RemoteCaches {
    /// Asked for results that the store lacks, in order.
    pub from: Vec<Arc<dyn RemoteCache>>,
    /// Given the results of steps that ran.
    pub to: Vec<Arc<dyn RemoteCache>>,
}

/// Which caches were complained about: once is enough.
#[derive(Default)]
pub(crate) struct Complaints(Mutex<HashSet<String>>);

impl Complaints {
    /// Whether to say it.
    pub(crate) fn is_first(&self, origin: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(origin.to_owned())
    }
}
