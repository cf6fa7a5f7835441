//! Commands: what they see, their keys, running them once, and what is kept of them.

mod confidential;
mod debug;
mod flight;
mod prepare;
mod record;
mod retries;
mod shell;
mod stale;
mod surroundings;
mod volumes;
mod warn;

pub(crate) use flight::{Flight, Job, Slots, fly};
pub(crate) use prepare::{PreparedExec, PreparedMount, Shown, argv, prepare};
pub(crate) use shell::{Stop, pause};
pub(crate) use stale::Stale;
pub(crate) use volumes::Volumes;
