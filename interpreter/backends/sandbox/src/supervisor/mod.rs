//! The supervisor: a small process inside the user namespace, between `pipe` and the steps. It starts steps, watches them, digests
//! what they leave, and touches files that only the namespace's ids may touch. When `pipe` is gone it kills and removes everything.

mod accounts;
mod agent;
mod attributes;
mod certificates;
mod collect;
mod dying;
mod enter;
mod files;
mod first;
mod folders;
mod formats;
mod hint;
mod layers;
mod leaks;
mod lower;
mod mountpoints;
mod network;
mod plan;
mod rlimits;
mod running;
mod secrets;
mod serve;
mod server;
mod skeleton;
mod sockets;
mod step;
mod step_network;
mod texts;
mod uppers;
mod view;
mod volumes;
mod watch;
mod work;

pub(crate) use enter::SUPERVISOR_ARGUMENT;
pub use enter::supervise_if_asked;
