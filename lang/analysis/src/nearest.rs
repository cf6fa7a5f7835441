//! The name that was probably meant, as help and as a fix.

use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, nearest};

/// Adds the nearest candidate, if one is near enough.
pub(crate) fn with_nearest<P>(
    found: Diagnostic<P>,
    name: &str,
    candidates: &[Arc<str>],
    place: P,
) -> Diagnostic<P> {
    match nearest(name, candidates.iter().map(|candidate| &**candidate)) {
        Some(best) => {
            found.help(format!("did you mean `{best}`?")).fix(format!("write `{best}`"), place, best)
        }
        None => found,
    }
}
