//! `docs/fuzzing.md`.

use std::path::Path;
use std::process::Command;

use super::Found;
use crate::{repository, run};

const PAGE: &str = "docs/fuzzing.md";

/// A row of the page's table.
pub(super) fn row(target: &str, seconds: u64, found: &Found) -> String {
    let date = run::output(Command::new("date").args(["-u", "+%Y-%m-%d"])).map(|output| output.stdout);
    let date = String::from_utf8_lossy(&date.unwrap_or_default()).trim().to_owned();
    let result = if found.clean { "clean" } else { "**found something**" };
    let Found { runs, coverage, .. } = found;
    format!(
        "| {target} | `cargo xtask fuzz {target} --seconds {seconds}` | {date} | {runs} | {coverage} | {result} |"
    )
}

/// Puts the row of a run in the place of the one before it.
pub(super) fn write(root: &Path, target: &str, seconds: u64, found: &Found) -> Result<(), String> {
    let text = with_row(&repository::read(root, Path::new(PAGE)), target, &row(target, seconds, found));
    std::fs::write(root.join(PAGE), text).map_err(|error| format!("{PAGE}: {error}"))
}

fn with_row(text: &str, target: &str, row: &str) -> String {
    let begins = format!("| {target} |");
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.iter().position(|line| line.starts_with(&begins)) {
        Some(at) => lines.splice(at..=at, [row]),
        None => {
            let end =
                lines.iter().rposition(|line| line.starts_with('|')).map_or(lines.len(), |last| last + 1);
            lines.splice(end..end, [row])
        }
    };
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_replaces_its_own() {
        let text = "# F\n\n| target | n |\n|---|---|\n| a | 1 |\n| b | 1 |\n\nEnd.\n";
        let replaced = with_row(text, "a", "| a | 2 |");
        assert_eq!(replaced, "# F\n\n| target | n |\n|---|---|\n| a | 2 |\n| b | 1 |\n\nEnd.\n");
        let added = with_row(text, "c", "| c | 1 |");
        assert!(added.contains("| b | 1 |\n| c | 1 |\n\nEnd."), "{added}");
    }
}
