//! Why one registry did not give something.

/// Why one registry did not give something.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It does not have it.
    Absent,
    /// It wants credentials, or others.
    Unauthorized {
        /// What it wanted and what there was.
        reason: String,
    },
    /// Trying again may help; it was tried as often as is worth it.
    Passing(String),
    /// It does not do what registries do.
    Wrong(String),
    /// Nobody waits any more.
    Cancelled,
}

impl Failure {
    /// One line, for a list of what was tried.
    pub(crate) fn shown(&self) -> String {
        match self {
            Failure::Absent => "it has no such image".to_owned(),
            Failure::Unauthorized { reason } | Failure::Passing(reason) | Failure::Wrong(reason) => {
                reason.clone()
            }
            Failure::Cancelled => "cancelled".to_owned(),
        }
    }
}
