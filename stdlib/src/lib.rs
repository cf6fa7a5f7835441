//! The declarations of pipe's prelude, as source text.
