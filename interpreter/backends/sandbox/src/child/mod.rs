//! What runs between `clone` and `execve`: no allocation, no lock, no panic; raw system calls on what was prepared.

pub(crate) mod ahead;
pub(crate) mod command;
pub(crate) mod identity;
pub(crate) mod image;
pub(crate) mod init;
pub(crate) mod masks;
pub(crate) mod mounts;
mod prober;
mod raw;
pub(crate) mod report;
mod secrets;
pub(crate) mod spawn;
pub(crate) mod sys;
mod terminal;
