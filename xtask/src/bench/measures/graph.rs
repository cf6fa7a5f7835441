//! A graph of thousands of nodes, all cached: processor time and memory, and whether the time grows with the nodes only.

use std::path::Path;
use std::process::Command;

use super::{Bench, Measured};
use crate::bench::timing::{Resources, resources};
use crate::run;

/// Elements of the graph; each is four nodes. None is a step: the first run would take minutes.
const ELEMENTS: usize = 2500;
const MICROS: f64 = 20.0;
const MEGABYTES: f64 = 150.0;
/// By how much twice the nodes may take more than twice the time.
const LINEAR: f64 = 1.2;

pub(super) fn cached(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let half = measure(bench, ELEMENTS / 2, rounds)?;
    let full = measure(bench, ELEMENTS, rounds)?;
    let growth = full.micros / half.micros;
    Ok(Measured {
        id: "W9",
        work: format!("a graph of {} nodes, all cached: processor time a node, memory", full.nodes),
        pipe: format!("{:.1} µs, {:.0} MB", full.micros, full.megabytes),
        floor: format!("{:.1} µs with half of the nodes", half.micros),
        ratio: format!("{growth:.2}"),
        goal: format!("≤ {MICROS} µs, ≤ {MEGABYTES} MB, linear"),
        reached: Some(full.micros <= MICROS && full.megabytes <= MEGABYTES && growth <= LINEAR),
    })
}

struct Taken {
    nodes: usize,
    /// A node.
    micros: f64,
    megabytes: f64,
}

fn measure(bench: &Bench<'_>, elements: usize, rounds: usize) -> Result<Taken, String> {
    let package = bench.package(&format!("w9-{elements}"), &program(elements))?;
    let nodes = nodes(bench, &package)?;
    let mut taken = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        taken.push(resources(&bench.pipe(&package, "all", 0))?);
    }
    taken.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let Resources { seconds, megabytes } = taken.get(rounds / 2).copied().ok_or("no round")?;
    Ok(Taken { nodes, micros: seconds * 1e6 / nodes as f64, megabytes })
}

/// As many as the engine says, on the first run.
fn nodes(bench: &Bench<'_>, package: &Path) -> Result<usize, String> {
    let mut command = Command::new(bench.pipe);
    command.arg("-C").arg(package).args(["--progress", "json", "run", "all", "--round", "0"]);
    let output = run::output(command.env("PIPE_STORE", bench.folder.join("store")))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let events = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let nodes = events.filter_map(|event| event.get("nodes")?.as_u64()).max();
    nodes.map(|nodes| nodes as usize).ok_or_else(|| "no event tells the number of nodes".to_owned())
}

fn program(elements: usize) -> String {
    let numbers: Vec<String> = (0..elements).map(|number| number.to_string()).collect();
    format!(
        r#"fn part(number: Int, round: Int) -> File {{
  dir().write("a", "${{number}} ${{round}}").write("b", "${{number}}").file("a")
}}

pub fn all(round: Int) -> Dir {{ dir([for n in [{}] => "${{n}}": part(n, round)]) }}
"#,
        numbers.join(", ")
    )
}
