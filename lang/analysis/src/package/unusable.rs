//! What is said of packages that cannot be used as they are.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, FileSpan};

use super::fetched::Unusable;
use super::lock::{LOCK, LockError};
use super::permissions::meaning;
use super::source::PackageSource;

/// A dependency whose package cannot be used.
pub(super) fn finding<P>(name: &str, source: &PackageSource, reason: &Unusable, place: P) -> Diagnostic<P> {
    match reason {
        Unusable::NotLocked => {
            let message = format!("`{name}` is not in {LOCK}: {source}");
            Diagnostic::error("package-not-locked", message, place)
                .help("`pipe update` fetches it and writes it there; so does `pipe run`")
        }
        Unusable::NotFetched => {
            let message = format!("`{name}` is not on this machine: {source}");
            Diagnostic::error("package-not-fetched", message, place)
                .help(format!("`pipe update` fetches what {LOCK} says; so does `pipe run`"))
        }
        Unusable::NotVendored => {
            let message = format!("`{name}` is not in `vendor/`: {source}");
            Diagnostic::error("package-not-fetched", message, place).help("`pipe vendor` puts it there")
        }
        Unusable::Changed(reason) => {
            let message = format!("the package `{name}` is not what it was when it was fetched: {reason}");
            Diagnostic::error("package-changed", message, place).help("`pipe update` fetches it anew")
        }
        Unusable::ChangedInVendor(reason) => {
            let message = format!("the package `{name}` in `vendor/` is not what {LOCK} says: {reason}");
            Diagnostic::error("package-changed", message, place).help(
                "`pipe vendor` puts it there anew; to change it, name your own copy by `path`, outside `vendor/`",
            )
        }
    }
}

/// A package that wants more than the lock says was accepted.
pub(super) fn not_accepted<P>(name: &str, more: &BTreeSet<String>, place: P) -> Diagnostic<P> {
    let more: Vec<String> = more.iter().map(|word| meaning(word)).collect();
    let message = format!("`{name}` wants more than {LOCK} says was accepted: it would {}", more.join(", "));
    Diagnostic::error("permission-not-accepted", message, place)
        .help("look at it, then accept it with `pipe update --accept`")
}

/// A lock with a line that is wrong.
pub(super) fn bad_lock(error: &LockError, file: &Arc<str>, text: &str) -> Diagnostic {
    let before: usize = text.split_inclusive('\n').take(error.line.saturating_sub(1)).map(str::len).sum();
    let line = text.lines().nth(error.line.saturating_sub(1)).unwrap_or_default();
    let place = FileSpan { file: file.clone(), start: before as u32, end: (before + line.len()) as u32 };
    Diagnostic::error("bad-lock", format!("{LOCK}: {error}"), place)
        .help("take the file from where it is kept, or remove the line and run `pipe update`")
}
