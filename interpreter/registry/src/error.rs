//! Why an image cannot be had.

use pipe_store::StoreError;

/// What kind of failure it is: whose fault, and whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no such image, or none for the platform.
    Absent,
    /// No registry could be reached, or none gave what it should.
    Unreachable,
    /// A registry does not take the credentials that it was to be logged in with.
    Refused,
    /// What was given is not what it claims to be, or is hostile.
    Malformed,
    /// What an image was to be made of is none: two for one platform, a name that layers mean something else by.
    Unfit,
    /// It would have to be fetched, and that was forbidden.
    Forbidden,
    /// Nobody waits for it any more.
    Cancelled,
    /// The store failed.
    Store,
}

/// An image cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct RegistryError {
    /// What kind of failure it is.
    pub kind: ErrorKind,
    /// What happened, what was tried.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl RegistryError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> RegistryError {
        RegistryError { kind, message: message.into(), help: None }
    }

    pub(crate) fn malformed(message: impl Into<String>) -> RegistryError {
        RegistryError::new(ErrorKind::Malformed, message)
    }

    pub(crate) fn cancelled() -> RegistryError {
        RegistryError::new(ErrorKind::Cancelled, "cancelled")
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> RegistryError {
        self.help = Some(help.into());
        self
    }
}

impl From<StoreError> for RegistryError {
    fn from(error: StoreError) -> RegistryError {
        match error {
            StoreError::Cancelled => RegistryError::cancelled(),
            other => RegistryError::new(ErrorKind::Store, other.to_string()),
        }
    }
}
