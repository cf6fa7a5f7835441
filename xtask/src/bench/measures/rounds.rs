//! Decisions over what steps give: whether what a fast one decides waits for a slow one.

use std::time::Duration;

use super::super::timing::{median, whole};
use super::{Bench, Measured, millis};

/// The slow probe alone.
const SLOW: Duration = Duration::from_secs(5);
/// What all of it may take.
const GOAL: Duration = Duration::from_millis(5500);

const PROGRAM: &str = r#"param tools: Container = host.toolchain()

fn probe(seconds: String, round: Int) -> Bool {
  tools.env("ROUND", "${round}").run(sh"sleep ${{ seconds }}; echo yes").stdout.trim() == "yes"
}

fn step(round: Int) -> Check { tools.env("ROUND", "${round}").check(sh"sleep 1") }

pub fn probes(round: Int) -> Check {
  all([
    if probe("0.2", round) { step(round) } else { tools.check(["false"]) },
    if probe("5", round) { tools.check(["true"]) } else { tools.check(["false"]) },
  ])
}
"#;

/// Two probes, of 0.2 s and 5 s, and a step of 1 s behind the first: were there a moment at which all wait for the slowest, it would
/// take more than 6 s.
pub(super) fn probes(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let package = bench.package("r1", PROGRAM)?;
    let times: Result<Vec<Duration>, String> =
        (1..=rounds).map(|round| whole(&mut bench.pipe(&package, "probes", round))).collect();
    let pipe = median(&times?);
    Ok(Measured {
        id: "R1",
        work: "two probes, of 0.2 s and 5 s, each decides what follows; a step of 1 s behind the first"
            .to_owned(),
        pipe: millis(pipe),
        floor: format!("{}, the slow probe alone", millis(SLOW)),
        ratio: format!("{:.2}", pipe.as_secs_f64() / SLOW.as_secs_f64()),
        goal: format!("≤ {}", millis(GOAL)),
        reached: Some(pipe <= GOAL),
    })
}
