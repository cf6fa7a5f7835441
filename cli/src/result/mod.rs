//! Results: what the targets gave, printed or written.

mod answers;
mod export;
mod listing;
mod print;
mod text;

pub(crate) use answers::Answers;
pub(crate) use export::{can_be_written, write};
pub(crate) use print::print;
pub(crate) use text::{inline_form as inline, quoted};
