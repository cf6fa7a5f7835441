//! Asking before an action goes on.

use async_trait::async_trait;

/// Whoever is asked.
#[async_trait]
pub trait Approver: Send + Sync + std::fmt::Debug {
    /// Asks for the approval of this name, and waits for the answer.
    async fn ask(&self, name: &str, question: &str) -> Decision;
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Yes,
    /// Somebody said no.
    No,
    /// There is nobody to ask, and nobody said yes beforehand.
    Unasked,
}

/// Nobody is there.
#[derive(Debug)]
pub(crate) struct Nobody;

#[async_trait]
impl Approver for Nobody {
    async fn ask(&self, _: &str, _: &str) -> Decision {
        Decision::Unasked
    }
}
