//! Dockerfiles and `.dockerignore` files as data: what they say, and where.
//!
//! **Invariant.** Every text gives a Dockerfile or a list of errors with their places: nothing here panics, reads a file, or knows what an
//! instruction does. The format is that of the [Dockerfile reference](https://docs.docker.com/reference/dockerfile/), in its details as
//! BuildKit reads it.

mod arguments;
mod copy;
mod dockerfile;
mod error;
mod expand;
mod flags;
mod heredoc;
mod ignore;
mod instruction;
mod line;
mod parse;
mod pattern;
mod run;
mod trim;
mod word;

pub use copy::{Copy, CopySource};
pub use dockerfile::{Dockerfile, From, Stage};
pub use error::{Error, Span};
pub use expand::{ExpandError, MAX_WORD, Variables};
pub use ignore::{Ignore, IgnoreError};
pub use instruction::{Argument, Command, Instruction, InstructionKind};
pub use parse::parse;
pub use pattern::{Pattern, PatternError, has_wildcards};
pub use run::{Run, RunMount, RunNetwork};
pub use word::{Modifier, ModifierKind, Part, Word};
