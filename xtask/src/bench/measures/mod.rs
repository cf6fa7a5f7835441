//! What is measured. Ids and limits are those of the performance goals.

mod check;
mod commit;
mod editor;
mod files;
mod graph;
mod image;
mod large;
mod make;
mod part;
mod rounds;
mod steps;
mod store;
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

/// The measures that give the rows of these ids; all when none is named.
///
/// # Errors
/// When no measure gives an id.
pub(super) fn named(ids: &[&str]) -> Result<Vec<Measure>, String> {
    let known = |id: &&str| MEASURES.iter().any(|measure| measure.ids.contains(id));
    if let Some(unknown) = ids.iter().find(|id| !known(id)) {
        let all: Vec<&str> = MEASURES.iter().flat_map(|measure| measure.ids).copied().collect();
        return Err(format!("no row is called {unknown}; there are {}", all.join(", ")));
    }
    let wanted = |measure: &&Measure| ids.is_empty() || measure.ids.iter().any(|id| ids.contains(id));
    Ok(MEASURES.iter().filter(wanted).copied().collect())
}

/// Takes these measures, each alternating with its floor. Each tells what it gave as soon as it has ended; one that fails does not keep
/// the others from being taken.
pub(super) fn take(
    pipe: &Path,
    rounds: usize,
    measures: &[Measure],
    mut tell: impl FnMut(&'static [&'static str], Result<Vec<Measured>, String>),
) {
    let folder = std::env::temp_dir().join(format!("pipe-bench-{}", std::process::id()));
    let bench = Bench { pipe, folder };
    for measure in measures {
        tell(measure.ids, (measure.take)(&bench, rounds));
    }
    let _ = std::fs::remove_dir_all(&bench.folder);
}

/// Work that gives the rows of some ids.
#[derive(Clone, Copy)]
pub(super) struct Measure {
    ids: &'static [&'static str],
    take: fn(&Bench<'_>, usize) -> Result<Vec<Measured>, String>,
}

const MEASURES: &[Measure] = &[
    Measure { ids: &["W1"], take: |bench, rounds| Ok(vec![steps::cached_chain(bench, rounds)?]) },
    Measure { ids: &["W2"], take: |bench, rounds| Ok(vec![steps::fresh_chain(bench, rounds)?]) },
    Measure { ids: &["W3"], take: |bench, rounds| Ok(vec![wide::independent(bench, rounds)?]) },
    Measure { ids: &["W4"], take: |bench, rounds| Ok(files::mounted(bench, rounds)?.into()) },
    Measure { ids: &["W5"], take: |bench, rounds| Ok(vec![large::written(bench, rounds)?]) },
    Measure { ids: &["W6"], take: make::built },
    Measure { ids: &["W7"], take: image::pushed },
    Measure { ids: &["W8"], take: |bench, rounds| Ok(vec![steps::first_output(bench, rounds)?]) },
    Measure { ids: &["R1"], take: |bench, rounds| Ok(vec![rounds::probes(bench, rounds)?]) },
    Measure { ids: &["W9"], take: |bench, rounds| Ok(vec![graph::cached(bench, rounds)?]) },
    Measure { ids: &["S1"], take: |bench, rounds| Ok(vec![store::large(bench, rounds)?]) },
    Measure { ids: &["S2"], take: |bench, rounds| Ok(vec![store::memory(bench, rounds)?]) },
    Measure { ids: &["W10"], take: |bench, rounds| Ok(vec![part::included(bench, rounds)?]) },
    Measure { ids: &["L3", "L4", "L5", "L6"], take: editor::served },
    Measure { ids: &["L7"], take: editor::opened },
    Measure { ids: &["P1"], take: |bench, rounds| Ok(vec![commit::clean(bench, rounds)?]) },
    Measure { ids: &["L1"], take: check::project },
    Measure { ids: &["L2"], take: check::start },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_that_fails_keeps_no_other_from_being_taken() {
        let row = || vec![Measured::absent("b", "work", "nothing")];
        let measures = [
            Measure { ids: &["a"], take: |_, _| Err("broken".to_owned()) },
            Measure { ids: &["b"], take: |_, _| Ok(vec![Measured::absent("b", "work", "nothing")]) },
        ];
        let mut told = String::new();
        take(Path::new("pipe"), 5, &measures, |ids, taken| {
            told.push_str(&super::super::page::rows(ids, &taken));
        });
        let rows = super::super::page::rows(&["b"], &Ok(row()));
        assert_eq!(told, format!("| a | – | – | – | – | – | **failed** |\n{rows}"));
    }

    #[test]
    fn rows_are_chosen_by_their_ids() {
        let ids = |wanted: &[&str]| named(wanted).map(|found| found.iter().flat_map(|m| m.ids).count());
        assert_eq!(ids(&["L7", "W1"]), Ok(2));
        assert_eq!(ids(&["L5"]), Ok(4));
        assert!(ids(&[]).is_ok_and(|all| all > 10));
        assert!(ids(&["L8"]).is_err_and(|why| why.starts_with("no row is called L8; there are W1, ")));
    }
}
