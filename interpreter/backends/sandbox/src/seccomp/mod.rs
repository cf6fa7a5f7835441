//! Which system calls a step may make: what is not allowed fails with `EPERM`.

mod allowed;
mod compile;

pub(crate) use compile::compile;
