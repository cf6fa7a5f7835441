//! `pipe check` beside a type checker of Python: a large project, cold, and the start of the command.

mod project;

use std::path::{Path, PathBuf};
use std::process::Command;

use super::editor::TY;
use super::{Bench, Measured, alternate};
use crate::bench::timing::{median_of, resources, whole};
use crate::pip;
use project::{FILES, LINES};

/// Thousands of lines that a second of one processor should check.
const KLINES: f64 = 150.0;
const MEGABYTES: f64 = 150.0;
/// A small file, from the start of the command to its end.
const MILLIS: f64 = 8.0;

/// A project of 100 files without anything known from before.
pub(super) fn project(bench: &Bench<'_>, rounds: usize) -> Result<Vec<Measured>, String> {
    let ty = peer(bench)?;
    let ours = bench.folder.join("l1-pipe");
    let theirs = bench.folder.join("l1-python");
    write(&ours, "pipe", project::pipe)?;
    // Without one, each file is a package of its own, and what it uses is checked again for it.
    write_file(&ours.join("pipe.toml"), "[package]\nname = \"large\"\n")?;
    write(&theirs, "py", project::python)?;
    write_file(&theirs.join("pyproject.toml"), "[project]\nname = \"large\"\nversion = \"0\"\n")?;
    let ours = Checked { bench, folder: &ours, paths: &["."] };
    ours.is_clean()?;
    let (mut pipes, mut peers, mut memory) = (Vec::new(), Vec::new(), 0.0_f64);
    for round in 0..=rounds {
        let pipe = resources(&ours.command())?;
        let peer = resources(&checked(&ty, &theirs))?;
        // The first round of each warms up.
        if round > 0 {
            pipes.push(LINES as f64 / 1e3 / pipe.seconds);
            peers.push(LINES as f64 / 1e3 / peer.seconds);
            memory = memory.max(pipe.megabytes);
        }
    }
    let (pipe, peer) = (median_of(&pipes), median_of(&peers));
    Ok(vec![Measured {
        id: "L1",
        work: format!(
            "a cold check of {LINES} lines in {FILES} files: thousands of lines for a second of one processor, memory"
        ),
        pipe: format!("{pipe:.0} klines, {memory:.0} MB"),
        floor: format!("{peer:.0} klines, {TY} on Python of the same size and shape"),
        ratio: format!("{:.2}", pipe / peer),
        goal: format!("≥ {KLINES} klines, ≤ {MEGABYTES} MB"),
        reached: Some(pipe >= KLINES && memory <= MEGABYTES),
    }])
}

/// A file of 20 lines.
pub(super) fn start(bench: &Bench<'_>, rounds: usize) -> Result<Vec<Measured>, String> {
    let ty = peer(bench)?;
    let ours = bench.package("l2-pipe", project::SMALL)?;
    let theirs = bench.folder.join("l2-python");
    write_file(&theirs.join("main.py"), project::SMALL_PYTHON)?;
    let ours = Checked { bench, folder: &ours, paths: &[] };
    ours.is_clean()?;
    let (pipe, peer) =
        alternate(rounds * 4, |_| whole(&mut ours.command()), || whole(&mut checked(&ty, &theirs)))?;
    let millis = pipe.as_secs_f64() * 1e3;
    Ok(vec![Measured {
        id: "L2",
        work: "a check of one file of 20 lines, whole command".to_owned(),
        pipe: format!("{millis:.1} ms"),
        floor: format!("{:.1} ms, {TY} on one of Python", peer.as_secs_f64() * 1e3),
        ratio: format!("{:.2}", pipe.as_secs_f64() / peer.as_secs_f64()),
        goal: format!("≤ {MILLIS} ms"),
        reached: Some(millis <= MILLIS),
    }])
}

/// A check of paths in a folder.
struct Checked<'a> {
    bench: &'a Bench<'a>,
    folder: &'a Path,
    paths: &'a [&'a str],
}

impl Checked<'_> {
    fn command(&self) -> Command {
        let mut command = self.bench.command();
        command.current_dir(self.folder).arg("check").args(self.paths);
        command
    }

    /// Nothing is measured of a program with mistakes: it would be another work than the peer's.
    fn is_clean(&self) -> Result<(), String> {
        let output =
            self.command().args(["--format", "short"]).output().map_err(|error| error.to_string())?;
        first_problem(&String::from_utf8_lossy(&output.stdout))
            .map_or(Ok(()), |first| Err(format!("what is measured does not pass `pipe check`: {first}")))?;
        match output.status.success() {
            true => Ok(()),
            false => {
                Err(format!("`pipe check`: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
            }
        }
    }
}

/// The first of the problems that were printed, one a line, and how many follow.
fn first_problem(printed: &str) -> Option<String> {
    let mut lines = printed.lines().filter(|line| !line.is_empty());
    let first = lines.next()?;
    Some(match lines.count() {
        0 => first.to_owned(),
        more => format!("{first} (and {more} more)"),
    })
}

fn checked(ty: &Path, folder: &Path) -> Command {
    let mut command = Command::new(ty);
    command.args(["check", "--no-progress"]).arg(folder).current_dir(folder);
    command
}

/// The peer, installed once.
fn peer(bench: &Bench<'_>) -> Result<PathBuf, String> {
    let tools = bench.folder.join("ty");
    let program = tools.join("bin/ty");
    if !program.is_file() {
        pip::install(TY, &tools)?;
    }
    Ok(program)
}

fn write(folder: &Path, extension: &str, text: fn(usize) -> String) -> Result<(), String> {
    (0..FILES).try_for_each(|file| write_file(&folder.join(format!("part{file}.{extension}")), &text(file)))
}

fn write_file(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_problem_is_named() {
        assert_eq!(first_problem(""), None);
        assert_eq!(first_problem("a.pipe:1:2: error: x\n").as_deref(), Some("a.pipe:1:2: error: x"));
        assert_eq!(first_problem("a\nb\nc\n").as_deref(), Some("a (and 2 more)"));
    }
}
