//! Which system calls a step may make: what is not allowed fails with `EPERM`.

mod allowed;
mod compile;
mod numbers;

pub(crate) use compile::compile;
