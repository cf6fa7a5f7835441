//! What an editor asks for, as plain data: the meaning of what stands at a place, what a name declares, what a value offers.
//! Computed for one item or one name at a time, from a snapshot that later edits do not touch.

mod declaration;
mod describe;
mod draft;
mod item;
mod names;
mod snapshot;

pub use declaration::{Declaration, DeclarationKind, Parameter};
pub use draft::Draft;
pub use item::{CallSpan, Inspection, Meaning, Use};
pub use snapshot::{Interrupted, Snapshot, Stopper};
