//! What a person should know of a command that ran, whatever the pipeline makes of its result.

use super::flight::Job;
use crate::StepOutcome;
use crate::humane::{rough, size};
use crate::left_out;

/// Which part of the memory that it may have a process must have had for want of memory to be why it failed: one that doubles what it has
/// is refused at half of it.
const NEAR: u64 = 2;

/// Tells it.
pub(super) fn of_outcome(job: &Job, outcome: &StepOutcome) {
    let name = &job.step.name;
    if let Some(reason) = outcome.offline.as_ref().filter(|_| job.session.network.says_offline()) {
        job.warn(format!("steps have no network: {reason}; `pipe doctor` says what mends it"));
    }
    for target in &outcome.refused {
        job.warn(format!(
            "`{name}` may not reach {target}, which is not a public address: allow it with `--allow net:{target}`"
        ));
    }
    if let Some(most) = outcome.memory_of_each.filter(|_| !job.is_success(&outcome.exit))
        && outcome.peak >= most / NEAR
    {
        job.warn(format!(
            "`{name}` may have run out of memory: one of its processes came to {}, and none may have more than {}",
            rough(outcome.peak),
            size(most)
        ));
    }
    // A later step would look for it in vain.
    if let Some(paths) = left_out::list(&outcome.sockets) {
        job.warn(format!(
            "`{name}` left {paths}: a socket is no part of a result, for nothing listens there any more"
        ));
    }
}
