//! The repository speaks of the project only: no place of the machine it was written on.

use std::path::Path;

use crate::repository;

/// Paths of a workplace, in pieces so that this file does not hold them.
const WORKPLACE: &[&[&str]] =
    &[&["/wo", "rk/main"], &["/wo", "rk/shared"], &["/w", "t/"], &["/root/", ".cargo"]];
/// Extensions of text that people read.
const TEXT: &[&str] = &["rs", "md", "toml", "pipe", "lalrpop", "txt", "sh", "yml", "json", "snap"];

pub(super) fn check(root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for file in repository::files(root) {
        if !file.extension().and_then(|e| e.to_str()).is_some_and(|e| TEXT.contains(&e)) {
            continue;
        }
        for (index, line) in repository::read(root, &file).lines().enumerate() {
            if let Some(word) = WORKPLACE.iter().map(|parts| parts.concat()).find(|word| mentions(line, word))
            {
                problems.push(format!(
                    "{}:{}: `{word}` is a place of one machine",
                    file.display(),
                    index + 1
                ));
            }
        }
    }
    problems
}

/// The path at the start of a word: the same folder names below another folder are another path.
fn mentions(line: &str, word: &str) -> bool {
    let inside_a_path = |before: char| before.is_alphanumeric() || "/_.-}*".contains(before);
    line.match_indices(word).any(|(at, _)| !line[..at].chars().next_back().is_some_and(inside_a_path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_the_same_name_elsewhere_is_fine() {
        let word = WORKPLACE[0].concat();
        assert!(mentions(&format!("see {word}"), &word));
        assert!(!mentions(&format!("/srv{word}"), &word));
    }
}
