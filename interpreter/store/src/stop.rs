//! Giving up what nobody waits for any more.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::{ImportError, StoreError};

/// Says whether something that takes long is to be given up. It is asked often: it costs next to nothing.
#[derive(Clone, Default)]
pub struct Stop(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Stop {
    /// Given up when this says so.
    pub fn when(is_due: impl Fn() -> bool + Send + Sync + 'static) -> Stop {
        Stop(Some(Arc::new(is_due)))
    }

    /// # Errors
    /// When what is done for this path is to be given up.
    pub(crate) fn check(&self, path: &Path) -> Result<(), StoreError> {
        match &self.0 {
            Some(is_due) if is_due() => Err(ImportError::Stopped { path: path.to_path_buf() }.into()),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Stop" } else { "never" })
    }
}
