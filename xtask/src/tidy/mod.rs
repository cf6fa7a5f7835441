//! What the compiler cannot check. One check a file; each gives the list of what is wrong.

mod docs;
mod edges;
mod invariants;
mod purity;
mod sizes;
mod unsafe_code;
mod words;

use std::path::Path;

use crate::repository;

/// A check: its name, and what finds the problems under a root folder.
type Check = (&'static str, fn(&Path) -> Vec<String>);

const CHECKS: &[Check] = &[
    ("crate edges", edges::check),
    ("invariants", invariants::check),
    ("file sizes", sizes::check),
    ("unsafe code", unsafe_code::check),
    ("purity", purity::check),
    ("docs", docs::check),
    ("words", words::check),
];

/// Runs every check and prints what is wrong.
pub(crate) fn run() -> Result<(), String> {
    let root = repository::root();
    for warning in sizes::warnings(&root) {
        eprintln!("warning: {warning}");
    }
    let problems = problems(&root);
    if problems.is_empty() {
        println!("tidy: {} checks passed", CHECKS.len());
        return Ok(());
    }
    Err(format!("{}\ntidy: {} problems", problems.join("\n"), problems.len()))
}

fn problems(root: &Path) -> Vec<String> {
    let run = |(name, check): &Check| -> Vec<String> {
        check(root).into_iter().map(|problem| format!("{name}: {problem}")).collect()
    };
    CHECKS.iter().flat_map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let problems = problems(&repository::root());
        assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    }
}
