//! `docs/benchmarks.md`.

use super::measures::Measured;

/// Written by hand, from profiles.
const PROFILE: &str = include_str!("profile.md");

pub(super) fn render(machine: &[(&str, String)], rounds: usize, results: &[Measured]) -> String {
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
    for result in results {
        let reached = match result.reached {
            Some(true) => "reached",
            Some(false) => "**missed**",
            None => "not taken",
        };
        let Measured { id, work, pipe, floor, ratio, goal, .. } = result;
        text.push_str(&format!("| {id} | {work} | {pipe} | {floor} | {ratio} | {goal} | {reached} |\n"));
    }
    text.push_str(PROFILE);
    text
}
