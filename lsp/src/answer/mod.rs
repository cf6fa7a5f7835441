//! What is asked of a file at one moment, one group of features a file: from places of the protocol to `pipe-ide` and back.

pub(crate) mod calls;
pub(crate) mod colors;
pub(crate) mod complete;
pub(crate) mod hints;
pub(crate) mod navigate;
pub(crate) mod problems;
pub(crate) mod structure;
