//! The operations a pipeline is made of, their graph and digests.
//!
//! **Invariant.** Plain data and pure functions. An op never holds a secret's bytes; source places travel beside ops and
//! never enter a digest; nothing here knows the language, a file system or a backend.

pub mod address;
mod assembly;
mod datum;
mod digest;
mod encoding;
mod exec_key;
mod graph;
mod hints;
mod image_config;
mod inputs;
mod named;
mod op;
mod preimage;
pub mod pure;
mod signal;

pub use assembly::{Assembly, BaseImage, ImageDigests};
pub use datum::*;
pub use digest::*;
pub use exec_key::*;
pub use graph::*;
pub use hints::*;
pub use image_config::ImageConfig;
pub use named::{Named, Pairs, PairsMut};
pub use op::*;
pub use preimage::*;
pub use signal::{SIGTERM, signal_number};
