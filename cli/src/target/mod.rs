//! Targets of the command line: what is asked for, with which parameters.

mod arguments;
mod choose;
mod flags;
mod open;
mod placeholder;
mod request;
mod words;

pub(crate) use open::{folder_behind, open};
pub(crate) use placeholder::flag_of;
pub(crate) use request::Request;
