//! Which system calls a step may make: what is not allowed fails with `EPERM`.

mod allowed;
mod compile;
mod numbers;

#[cfg(test)]
pub(crate) use allowed::{ALWAYS, ARCHITECTURE, REFUSED_SOCKETS};
pub(crate) use compile::{Rights, compile};
