//! Paths that are no part of a tree though they were found where it was taken from.

use std::path::PathBuf;

/// So many are named.
const NAMED: usize = 3;

/// The first few; `None` when there are none.
pub(crate) fn list(paths: &[PathBuf]) -> Option<String> {
    let named: Vec<String> = paths.iter().take(NAMED).map(|path| format!("`{}`", path.display())).collect();
    match paths.len().checked_sub(NAMED) {
        _ if named.is_empty() => None,
        None | Some(0) => Some(named.join(", ")),
        Some(more) => Some(format!("{} and {more} more", named.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_few_are_named() {
        let paths: Vec<PathBuf> = ["/a", "/b", "/c", "/d", "/e"].map(PathBuf::from).to_vec();
        assert_eq!(list(&[]), None);
        assert_eq!(list(&paths[..1]).as_deref(), Some("`/a`"));
        assert_eq!(list(&paths[..3]).as_deref(), Some("`/a`, `/b`, `/c`"));
        assert_eq!(list(&paths).as_deref(), Some("`/a`, `/b`, `/c` and 2 more"));
    }
}
