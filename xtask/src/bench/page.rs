//! `docs/benchmarks.md`.

use super::measures::Measured;

pub(super) fn render(machine: &[(&str, String)], rounds: usize, results: &[Measured]) -> String {
    let mut text = String::from(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`. Each measure and its floor alternate in one run; times are medians. Absolute times differ \
         from machine to machine: what counts is the ratio.\n\n",
    );
    for (name, value) in machine {
        text.push_str(&format!("- {name}: {value}\n"));
    }
    text.push_str(&format!("- rounds: {rounds}\n\n"));
    text.push_str("| id | work | `pipe` | floor | ratio | goal | |\n|---|---|---|---|---|---|---|\n");
    for result in results {
        let reached = if result.ratio() <= result.goal { "reached" } else { "**missed**" };
        text.push_str(&format!(
            "| {} | {} | {:.1} ms | {:.1} ms, {} | {:.2} | ≤ {} | {reached} |\n",
            result.id,
            result.work,
            result.pipe.as_secs_f64() * 1e3,
            result.floor.as_secs_f64() * 1e3,
            result.floor_is,
            result.ratio(),
            result.goal,
        ));
    }
    text
}
