//! The grammar for editors, generated, compiled, and held against the language's own parser.

mod agreement;
mod broken;
mod configured;
mod editor;
mod queries;
