//! What this machine offers to the sandbox, for `pipe doctor`.

mod ids;
mod machine;
mod step;

pub(crate) use machine::version;

use std::path::Path;

use crate::machine::ThisMachine;

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What: `user ids`.
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

impl Finding {
    fn good(name: &'static str, meaning: impl Into<String>) -> Finding {
        Finding { name, status: Status::Good, meaning: meaning.into(), remedy: None }
    }

    fn limited(name: &'static str, meaning: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { name, status: Status::Limited, meaning: meaning.into(), remedy: Some(remedy.into()) }
    }

    fn missing(name: &'static str, meaning: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { name, status: Status::Missing, meaning: meaning.into(), remedy: Some(remedy.into()) }
    }
}

/// Looks at everything that steps need, and runs one in the store at this folder, which is made if it is missing. Blocks; starts
/// and ends a supervisor, so `main` must begin with [`supervise_if_asked`](crate::supervise_if_asked).
pub fn probe(store: &Path) -> Vec<Finding> {
    let here = &ThisMachine;
    let mut findings = vec![machine::kernel(here), machine::overlay(here)];
    findings.extend(machine::store(here, store));
    findings.extend(step::probe(store));
    findings.extend([ids::probe(here, store), machine::cgroups(here), machine::docker()]);
    findings
}
