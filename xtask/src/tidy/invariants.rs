//! Each crate states in its first lines what it never does.

use std::path::Path;

use crate::repository;

/// How many lines from the top the invariant must begin in.
const WITHIN: usize = 6;

pub(super) fn check(root: &Path) -> Vec<String> {
    repository::with_extension(root, "rs")
        .iter()
        .filter(|file| file.ends_with("src/lib.rs") || file.ends_with("src/main.rs"))
        .filter(|file| !states_invariant(&repository::read(root, file)))
        .map(|file| format!("{}: the first lines do not state an **Invariant.**", file.display()))
        .collect()
}

fn states_invariant(text: &str) -> bool {
    text.lines().take(WITHIN).any(|line| line.starts_with("//! **Invariant.**"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_lines_count() {
        assert!(states_invariant("//! A crate.\n//!\n//! **Invariant.** None."));
        assert!(!states_invariant(&format!("{}//! **Invariant.** None.", "//!\n".repeat(WITHIN))));
    }
}
