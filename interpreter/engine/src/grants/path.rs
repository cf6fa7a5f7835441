//! Where paths really lead, found out without opening anything.

use std::io;
use std::path::{Component, Path, PathBuf};

/// With all links followed; what cannot be resolved (a loop of links, a folder that may not be entered) by its name.
pub(super) fn resolved(path: &Path) -> PathBuf {
    real_path(path).unwrap_or_else(|_| normalised(path))
}

/// With all links followed; of a path that does not exist, the part that does.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    // A link that leads nowhere exists itself: what it would lead to is what counts.
    if let Ok(target) = path.read_link() {
        let parent = path.parent().unwrap_or(Path::new("/"));
        return real_path(&parent.join(target));
    }
    match (path.parent(), path.components().next_back()) {
        (Some(parent), Some(Component::ParentDir)) => {
            let parent = real_path(parent)?;
            Ok(parent.parent().unwrap_or(Path::new("/")).to_owned())
        }
        (Some(parent), Some(last)) => Ok(real_path(parent)?.join(last)),
        _ => Ok(path.to_owned()),
    }
}

/// A path without `.` and `..`, by name alone: no link is followed.
pub fn normalised(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// A path as a person writes it: `~` is the home folder, a relative one starts in `base`.
pub(super) fn written(text: &str, base: &Path, home: Option<&Path>) -> PathBuf {
    let below_home = match text.strip_prefix('~') {
        Some("") => Some(""),
        Some(rest) => rest.strip_prefix('/'),
        None => None,
    };
    match (below_home, home) {
        (Some(rest), Some(home)) => resolved(&home.join(rest)),
        _ => resolved(&base.join(text)),
    }
}
