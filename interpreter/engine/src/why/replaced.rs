//! Why a step ran that had a result, said afterwards.

use pipe_store::{Refused, Replaced};

use crate::steps::exec::Stale;

/// In the words of `pipe plan`, in the past tense.
pub(super) fn because(replaced: &Replaced) -> String {
    match replaced.refused {
        Refused::Gone => "its result was no longer in the store".to_owned(),
        Refused::Unwanted => "it had a result, and the cache was not used".to_owned(),
        Refused::Failed => format!("it had failed with exit code {}", replaced.exit_code),
        Refused::TooOld { age, fresh } => Stale { age, fresh }.was_said(),
    }
}
