//! Plans, schedules and caches the operations of a graph.
//!
//! **Invariant.** Names no backend, knows no language, never prints, reads no environment: what happens is told by the closed
//! [`Event`] enum, and every byte a step prints goes through the one `Redactor`. A [`Graph`](pipe_ops::Graph) may come from
//! anywhere.

mod approval;
mod backend;
mod capture;
mod console;
mod describe;
mod edges;
mod engine;
mod event;
mod failure;
mod grants;
mod humane;
mod left_out;
mod network;
mod plan;
mod reach;
mod redact;
mod remote;
mod remote_address;
mod report;
mod results;
mod rounds;
mod scheduler;
mod secrets;
mod services;
mod session;
mod silent;
mod steps;
mod value;
mod why;

pub use approval::{Approver, Decision};
pub use backend::*;
pub use capture::{TAIL_LINES, interleave};
pub use console::{Console, Failed, Turn, Visit};
pub use engine::{Engine, EngineOptions, NORMAL_TIME, machine_platform};
pub use event::*;
pub use failure::{EngineError, Failure, FailureClass, Unpinned, Unsupported};
pub use grants::{
    Grant, GrantError, Grants, HostAccess, MissingGrant, SecretPlace, ignore_files_from, normalised,
};
pub use network::{Egress, NetworkPlace, PlaceError, Reach, StepNetwork};
pub use pipe_store::LastResult;
pub use plan::{Plan, PlanNode, PlanStatus};
pub use redact::{LeakScan, MIN_SECRET, RedactError, RedactedStream, Redactor};
pub use remote::RemoteCaches;
pub use report::{Demand, Ending, Outcome, RunReport, Unmet};
pub use results::TEXT_LIMIT;
pub use rounds::{Answer, Round, Rounds};
pub use secrets::{HeldSecret, Secret, SecretBytes, SecretReader};
pub use services::ServiceValue;
pub use session::{ImageOptions, Lookup, LookupError, Session};
pub use value::{TreeValue, Value};
pub use why::{ContentChange, Reason, Why};
