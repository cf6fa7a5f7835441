//! What a person should know of a command that ran, whatever the pipeline makes of its result.

use super::flight::Job;
use crate::StepOutcome;
use crate::humane::{rough, size};
use crate::left_out;

/// Which part of the memory that it may have a process must have had for want of memory to be why it failed: one that doubles what it has
/// is refused at half of it.
const NEAR: u64 = 2;

/// What programs say that were refused memory: the C libraries, and the run times of languages. In lower case.
const REFUSED: [&str; 8] = [
    "cannot allocate memory",
    "out of memory",
    "memory exhausted",
    "memoryerror",
    "bad_alloc",
    "memory allocation of",
    "outofmemory",
    "failed to allocate memory",
];

/// The last line that says so: one piece that is too large is refused to a process that has little.
fn refused_memory(printed: &[u8]) -> Option<String> {
    let printed = String::from_utf8_lossy(printed);
    let says = |line: &&str| {
        let line = line.to_ascii_lowercase();
        REFUSED.iter().any(|words| line.contains(words))
    };
    printed.lines().rev().find(says).map(|line| line.trim().to_owned())
}

/// Tells it. `printed` is the end of what the step printed.
pub(super) fn of_outcome(job: &Job, outcome: &StepOutcome, printed: &[u8]) {
    let name = &job.step.name;
    if let Some(reason) = outcome.offline.as_ref().filter(|_| job.session.network.says_offline()) {
        job.warn(format!("steps have no network: {reason}; `pipe doctor` says what mends it"));
    }
    for target in &outcome.refused {
        job.warn(format!(
            "`{name}` may not reach {target}, which is not a public address: allow it with `--allow net:{target}`"
        ));
    }
    if let Some(most) = outcome.memory_of_each.filter(|_| !job.is_success(&outcome.exit)) {
        let sign = match outcome.peak >= most / NEAR {
            true => Some(format!("one of its processes came to {}", rough(outcome.peak))),
            false => refused_memory(printed).map(|line| format!("it says `{line}`")),
        };
        if let Some(sign) = sign {
            let most = size(most);
            job.warn(format!(
                "`{name}` may have run out of memory: {sign}, and none of its processes may have more than {most}"
            ));
        }
    }
    // A later step would look for it in vain.
    if let Some(paths) = left_out::list(&outcome.sockets) {
        job.warn(format!(
            "`{name}` left {paths}: a socket is no part of a result, for nothing listens there any more"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_say_that_they_were_refused_memory() {
        for line in [
            "sh: can't fork: Out of memory",
            "tail: memory exhausted",
            "MemoryError",
            "terminate called after throwing an instance of 'std::bad_alloc'",
            "memory allocation of 209715200 bytes failed",
            "java.lang.OutOfMemoryError: Java heap space",
            "runtime: cannot allocate memory",
            "[FATAL] failed to allocate memory (NoMemoryError)",
        ] {
            let printed = format!("begin\n  {line}\nend\n");
            assert_eq!(refused_memory(printed.as_bytes()).as_deref(), Some(line));
        }
        assert_eq!(refused_memory(b"error: in-memory store is read-only\n\xff\n"), None);
    }
}
