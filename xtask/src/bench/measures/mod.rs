//! What is measured. Ids and limits are those of the performance goals.

mod check;
mod commit;
mod editor;
mod files;
mod graph;
mod large;
mod make;
mod rounds;
mod steps;
mod wide;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::timing::median;

/// A row of the page.
pub(super) struct Measured {
    pub(super) id: &'static str,
    pub(super) work: String,
    pub(super) pipe: String,
    /// What it is compared with.
    pub(super) floor: String,
    pub(super) ratio: String,
    pub(super) goal: String,
    /// `None`: it could not be taken here.
    pub(super) reached: Option<bool>,
}

impl Measured {
    /// Times beside those of a floor or a peer; the goal is a number of floors.
    fn beside(
        id: &'static str,
        work: &str,
        (pipe, floor): (Duration, Duration),
        floor_is: &str,
        goal: f64,
    ) -> Measured {
        let ratio = pipe.as_secs_f64() / floor.as_secs_f64();
        Measured {
            id,
            work: work.to_owned(),
            pipe: millis(pipe),
            floor: format!("{}, {floor_is}", millis(floor)),
            ratio: format!("{ratio:.2}"),
            goal: format!("≤ {goal}"),
            reached: Some(ratio <= goal),
        }
    }

    /// A row that this machine or this version cannot give, and why.
    fn absent(id: &'static str, work: &str, why: &str) -> Measured {
        let none = || "–".to_owned();
        Measured {
            id,
            work: work.to_owned(),
            pipe: none(),
            floor: why.to_owned(),
            ratio: none(),
            goal: none(),
            reached: None,
        }
    }
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// Says which path something failed with.
fn failing<T>(result: std::io::Result<T>, path: &Path) -> Result<T, String> {
    result.map_err(|error| format!("{}: {error}", path.display()))
}

struct Bench<'a> {
    pipe: &'a Path,
    folder: PathBuf,
}

impl Bench<'_> {
    fn package(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let folder = self.folder.join(name);
        let write =
            std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join("main.pipe"), text));
        failing(write, &folder)?;
        Ok(folder)
    }

    fn pipe(&self, package: &Path, target: &str, round: usize) -> Command {
        let mut command = self.command();
        command.arg("-C").arg(package).args([
            "--progress",
            "plain",
            "run",
            target,
            "--round",
            &round.to_string(),
        ]);
        command
    }

    /// `pipe` with a store and a configuration of its own, to be given arguments.
    fn command(&self) -> Command {
        let mut command = Command::new(self.pipe);
        command.env_remove("PIPE_CONFIG").env("PIPE_STORE", self.folder.join("store"));
        command
    }
}

/// Takes the measures of these ids, all when none is named, each alternating with its floor.
pub(super) fn take(pipe: &Path, rounds: usize, only: &[&str]) -> Result<Vec<Measured>, String> {
    let folder = std::env::temp_dir().join(format!("pipe-bench-{}", std::process::id()));
    let bench = Bench { pipe, folder };
    let mut measured = Vec::new();
    let wanted = MEASURES.iter().filter(|(id, _)| only.is_empty() || only.contains(id));
    let taken = wanted.into_iter().try_for_each(|(_, measure)| {
        measured.extend(measure(&bench, rounds)?);
        Ok(())
    });
    let _ = std::fs::remove_dir_all(&bench.folder);
    taken.map(|()| measured)
}

/// Gives the rows of one id.
type Measure = fn(&Bench<'_>, usize) -> Result<Vec<Measured>, String>;

const MEASURES: &[(&str, Measure)] = &[
    ("W1", |bench, rounds| Ok(vec![steps::cached_chain(bench, rounds)?])),
    ("W2", |bench, rounds| Ok(vec![steps::fresh_chain(bench, rounds)?])),
    ("W3", |bench, rounds| Ok(vec![wide::independent(bench, rounds)?])),
    ("W4", |bench, rounds| Ok(files::mounted(bench, rounds)?.into())),
    ("W5", |bench, rounds| Ok(vec![large::written(bench, rounds)?])),
    ("W6", make::built),
    ("W8", |bench, rounds| Ok(vec![steps::first_output(bench, rounds)?])),
    ("R1", |bench, rounds| Ok(vec![rounds::probes(bench, rounds)?])),
    ("W9", |bench, rounds| Ok(vec![graph::cached(bench, rounds)?])),
    ("L3", editor::served),
    ("P1", |bench, rounds| Ok(vec![commit::clean(bench, rounds)?])),
    ("L1", check::project),
    ("L2", check::start),
];

/// Medians of both; which goes first changes from round to round. The first round of each warms up and does not count.
fn alternate(
    rounds: usize,
    mut pipe: impl FnMut(usize) -> Result<Duration, String>,
    mut floor: impl FnMut() -> Result<Duration, String>,
) -> Result<(Duration, Duration), String> {
    pipe(0)?;
    floor()?;
    let (mut pipes, mut floors) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        if round % 2 == 0 {
            pipes.push(pipe(round)?);
            floors.push(floor()?);
        } else {
            floors.push(floor()?);
            pipes.push(pipe(round)?);
        }
    }
    Ok((median(&pipes), median(&floors)))
}
