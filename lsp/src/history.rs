//! What the server is told of earlier runs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pipe_ide::{Program, Results};

/// Knows what steps did before, and what would become of them now. Whoever starts the server has it; the server knows no store.
///
/// It is asked on a thread of its own, about one program at a time. It runs nothing, connects nowhere, resolves no secret and writes
/// nothing.
pub trait History: Send + Sync {
    /// A number that is another one after something was recorded. Asked often: it costs next to nothing.
    fn stamp(&self) -> u64;

    /// What is known of the steps of the package in a folder, of this program. `None` when that could not be found out now: it took too
    /// long, somebody wrote meanwhile, or `stop` became true, which means that nobody wants the answer any more.
    fn look(&self, folder: &Path, program: &Program, stop: &Arc<AtomicBool>) -> Option<Results>;
}
