//! `docs/benchmarks.md`.

use super::measures::Measured;

/// The end of the page, written by hand, from profiles.
pub(super) const PROFILE: &str = include_str!("profile.md");

/// The page up to its first row.
pub(super) fn head(machine: &[(&str, String)], rounds: usize) -> String {
    let mut text = String::from(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`. Each measure and its floor or peer alternate in one run; times are medians. Absolute times differ \
         from machine to machine: what counts is the ratio.\n\n",
    );
    for (name, value) in machine {
        text.push_str(&format!("- {name}: {value}\n"));
    }
    text.push_str(&format!("- rounds: {rounds}\n\n"));
    text.push_str("| id | work | `pipe` | floor or peer | ratio | goal | |\n|---|---|---|---|---|---|---|\n");
    text
}

/// The rows of what was measured; one that says so for each id that could not be. Why is said to whoever measures: it may name places
/// of the machine.
pub(super) fn rows(ids: &[&str], taken: &Result<Vec<Measured>, String>) -> String {
    match taken {
        Ok(rows) => rows.iter().map(row).collect(),
        Err(_) => ids.iter().map(|id| format!("| {id} | – | – | – | – | – | **failed** |\n")).collect(),
    }
}

fn row(result: &Measured) -> String {
    let reached = match result.reached {
        Some(true) => "reached",
        Some(false) => "**missed**",
        None => "not taken",
    };
    let Measured { id, work, pipe, floor, ratio, goal, .. } = result;
    format!("| {id} | {work} | {pipe} | {floor} | {ratio} | {goal} | {reached} |\n")
}
