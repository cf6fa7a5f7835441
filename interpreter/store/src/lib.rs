//! Content-addressed storage of trees, blobs and step results.
//!
//! **Invariant.** Content in, digest out; knows no backend and no language. What has a row in the database is whole.

mod layer;

pub use layer::*;
