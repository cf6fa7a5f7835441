//! What this machine offers to the sandbox, for `pipe doctor`.

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What: `user namespaces`.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub status: Status,
    /// What was found and what that means, one line.
    pub meaning: String,
    /// The command or setting that mends it.
    pub remedy: Option<String>,
}

/// Whether something is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Good,
    /// Steps run, with less than they could have.
    Limited,
    /// No step runs.
    Missing,
}

/// Looks.
pub fn probe(_store: &std::path::Path) -> Vec<Finding> {
    Vec::new()
}
