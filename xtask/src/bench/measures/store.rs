//! Very much of something: a store of a million results, a run of ten thousand steps.

use std::path::Path;

use super::super::timing::{resources, whole};
use super::{Bench, Measured, alternate, steps::chain};
use crate::{repository, run};

/// Results of the large store, beside those that are asked for.
const RESULTS: usize = 1_000_000;
/// By how much a cached run may take longer there.
const LONGER: f64 = 1.2;

/// A cached run in a large store beside the same in a small one.
pub(super) fn large(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let package = bench.package("s1", &chain(20))?;
    let stores = ["small", "large"].map(|name| bench.folder.join(format!("store-{name}")));
    let cached = |store: &Path| {
        let mut command = bench.pipe(&package, "chain", 0);
        whole(command.env("PIPE_STORE", store))
    };
    for store in &stores {
        cached(store)?;
    }
    let [small, large] = &stores;
    let mut fill = run::cargo();
    fill.args(["run", "--quiet", "--release", "--package", "pipe-store", "--example", "fill", "--"]);
    run::succeed(fill.arg(large).arg(RESULTS.to_string()).current_dir(repository::root()))?;
    let (pipe, floor) = alternate(rounds, |_| cached(large), || cached(small))?;
    let _ = std::fs::remove_dir_all(large);
    Ok(Measured::beside(
        "S1",
        "a chain of 20 cached steps in a store of 1,000,000 other results, whole command",
        (pipe, floor),
        "the same in a store of its own",
        LONGER,
    ))
}

/// Steps, and how many of them are run for comparison.
const STEPS: usize = 10_000;
const FEW: usize = 1_000;
/// Bytes that each prints: kept in memory they would be seen.
const PRINTED: usize = 16 << 10;
const MEGABYTES: f64 = 150.0;
/// By how much the memory may grow with the steps: what the graph needs.
const GROWTH: f64 = 20.0;

/// The memory of a run of very many steps, none of them cached.
pub(super) fn memory(bench: &Bench<'_>, _: usize) -> Result<Measured, String> {
    let package = bench.package("s2", &printing())?;
    let peak = |steps: usize, round: usize| -> Result<f64, String> {
        let mut command = bench.pipe(&package, "steps", round);
        Ok(resources(command.args(["--thousands", &(steps / 1000).to_string()]))?.megabytes)
    };
    let (few, all) = (peak(FEW, 1)?, peak(STEPS, 2)?);
    let each = (all - few) * 1024.0 / (STEPS - FEW) as f64;
    Ok(Measured {
        id: "S2",
        work: format!("{STEPS} steps that are not cached, each prints {} KiB: memory", PRINTED >> 10),
        pipe: format!("{all:.0} MB"),
        floor: format!("{few:.0} MB with {FEW}"),
        ratio: format!("{each:.1} KiB a step"),
        goal: format!("≤ {MEGABYTES} MB, ≤ {GROWTH} MB more"),
        reached: Some(all <= MEGABYTES && all - few <= GROWTH),
    })
}

fn printing() -> String {
    let digits = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
    let line = "x".repeat(63);
    let lines = PRINTED / 64;
    format!(
        r#"param tools: Container = host.toolchain()

fn one(n: Int, round: Int) -> Check {{
  tools.env("N", "${{n}} ${{round}}").check(sh"yes {line} | head -n {lines}", network: Off, name: "one")
}}

pub fn steps(round: Int, thousands: Int) -> Check {{
  all([for t in {digits} if t < thousands for a in {digits} for b in {digits} for c in {digits} => one(t * 1000 + a * 100 + b * 10 + c, round)])
}}
"#
    )
}
