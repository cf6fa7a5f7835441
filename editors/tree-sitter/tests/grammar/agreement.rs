//! What the language accepts has no error node here.

use crate::editor::errors;
use pipe_syntax::testing;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    pipe_tree_sitter::folder().join("../..")
}

/// The files below a folder with an ending; `target` is left out.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("node_modules") {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

/// The texts of the fences ` ```pipe ` of a page.
fn fences(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in page.lines() {
        match &mut open {
            Some(text) if line.trim_start() == "```" => {
                found.push(std::mem::take(text));
                open = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.starts_with("```pipe") => open = Some(String::new()),
            None => {}
        }
    }
    found
}

fn accepted(text: &str) -> bool {
    pipe_syntax::parse(text).errors.is_empty()
}

fn held_against(programs: impl IntoIterator<Item = (String, String)>) -> usize {
    let mut count = 0;
    let mut wrong = Vec::new();
    for (name, text) in programs.into_iter().filter(|(_, text)| accepted(text)) {
        count += 1;
        wrong.extend(errors(&text).into_iter().map(|e| format!("{name}:{e}\n{text}")));
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    count
}

#[test]
fn every_program_of_the_repository() {
    let mut paths = Vec::new();
    for folder in ["stdlib", "examples", "cli", "tests"] {
        files(&root().join(folder), "pipe", &mut paths);
    }
    // The samples lie beside the repository where they are had.
    files(&root().join("../shared/samples"), "pipe", &mut paths);
    let count = held_against(
        paths
            .into_iter()
            .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("a text"))),
    );
    assert!(count > 40, "{count}");
}

#[test]
fn every_program_of_the_pages() {
    let mut paths = Vec::new();
    for folder in ["docs", "tests"] {
        files(&root().join(folder), "md", &mut paths);
    }
    let count = held_against(paths.into_iter().flat_map(|path| {
        let page = std::fs::read_to_string(&path).expect("a text");
        let name = path.display().to_string();
        fences(&page).into_iter().map(move |text| (name.clone(), text))
    }));
    assert!(count > 100, "{count}");
}

#[test]
fn random_programs() {
    let count = held_against((0..1500).map(|seed| (format!("seed {seed}"), testing::program(seed))));
    assert!(count > 1000, "{count}");
}
