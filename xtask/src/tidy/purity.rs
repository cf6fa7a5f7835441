//! Pure crates have a `clippy.toml` that bans I/O, clocks and printing, and all of them have the same one.
//!
//! Clippy takes the `clippy.toml` nearest to a crate's manifest, so a crate without its own would silently be free.

use std::path::Path;

use crate::repository;

const PURE: &[&str] = &[
    "lang/diagnostics",
    "lang/syntax",
    "lang/shell",
    "lang/literal",
    "lang/analysis",
    "lang/ide",
    "lang/doc",
    "stdlib",
    "interpreter/ops",
    "interpreter/eval",
];
/// What each of them has to ban.
const BANNED: &[&str] =
    &["std::env::", "std::fs::", "std::time::", "std::process::", "std::println", "std::eprintln"];

pub(super) fn check(root: &Path) -> Vec<String> {
    let first = repository::read(root, &Path::new(PURE[0]).join("clippy.toml"));
    let mut problems: Vec<String> = PURE
        .iter()
        .filter(|folder| repository::read(root, &Path::new(folder).join("clippy.toml")) != first)
        .map(|folder| format!("{folder}/clippy.toml differs from that of {}", PURE[0]))
        .collect();
    let missing = BANNED.iter().filter(|name| !first.contains(*name));
    problems.extend(missing.map(|name| format!("{}/clippy.toml does not ban {name}", PURE[0])));
    problems
}
