//! No source file grows beyond what a person reads in one go.

use std::path::{Path, PathBuf};

use crate::repository;

/// More lines than this is a problem.
const LIMIT: usize = 800;
/// More lines than this is said.
const NOTICE: usize = 500;

pub(super) fn check(root: &Path) -> Vec<String> {
    longer_than(root, LIMIT)
        .map(|(file, lines)| format!("{}: {lines} lines, at most {LIMIT}", file.display()))
        .collect()
}

/// Files that grow towards the limit.
pub(super) fn warnings(root: &Path) -> Vec<String> {
    longer_than(root, NOTICE)
        .filter(|(_, lines)| *lines <= LIMIT)
        .map(|(file, lines)| format!("{}: {lines} lines", file.display()))
        .collect()
}

fn longer_than(root: &Path, limit: usize) -> impl Iterator<Item = (PathBuf, usize)> {
    let files =
        repository::with_extension(root, "rs").into_iter().chain(repository::with_extension(root, "lalrpop"));
    let root = root.to_path_buf();
    files
        .map(move |file| {
            let lines = repository::read(&root, &file).lines().count();
            (file, lines)
        })
        .filter(move |(_, lines)| *lines > limit)
}
