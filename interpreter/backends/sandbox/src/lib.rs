//! Runs steps in Linux namespaces: no daemon, no root, no Docker.
//!
//! **Invariant.** No step ever has the rights of the user who runs `pipe`: it lives in a user namespace, root or not, and sees of the
//! host only what the pipeline names. The only crate with `unsafe` code.
//!
//! Two processes: `pipe` itself holds a [`Sandbox`]; it starts a supervisor (its own program once more) when a step must really
//! run. The supervisor enters the namespace, starts each step as a process tree of its own, digests what it left, and removes
//! everything when `pipe` is gone, in whatever way.
//!
//! | module | lives in | does |
//! |---|---|---|
//! | `backend` | `pipe` | starts the supervisor, talks to it, streams what steps print |
//! | `cgroup` | `pipe` | makes control groups for steps with limits |
//! | `foreign` | both | emulators for programs of other processors |
//! | `ids` | `pipe` | decides and writes the namespace's id maps |
//! | `protocol` | both | the messages |
//! | `supervisor` | supervisor | plans, starts, watches, kills, digests |
//! | `child` | a step's first processes | sets namespaces up by raw system calls, without allocating |
//! | `seccomp`, `toolchain` | supervisor | what a step may call; the host's own tools |
//! | `probe` | `pipe` | what this machine offers, for `pipe doctor` |

#[cfg(not(target_os = "linux"))]
compile_error!("the sandbox needs Linux; leave this crate out on other systems");

mod backend;
mod cgroup;
mod child;
mod foreign;
mod ids;
#[cfg(test)]
mod isolation_page;
mod machine;
mod probe;
mod protocol;
mod seccomp;
mod supervisor;
mod toolchain;

pub use backend::{IdRange, Sandbox, SandboxOptions, layer_owner};
pub use probe::{Finding, Status, probe};
pub use supervisor::supervise_if_asked;
