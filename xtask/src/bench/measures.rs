//! What is measured. Ids and limits are those of the performance goals.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::timing::{first_line, median, whole};

/// A measure and its floor.
pub(super) struct Measured {
    pub(super) id: &'static str,
    pub(super) work: &'static str,
    /// Times a floor of 1.
    pub(super) goal: f64,
    pub(super) pipe: Duration,
    pub(super) floor: Duration,
    pub(super) floor_is: &'static str,
}

impl Measured {
    /// How many floors `pipe` takes.
    pub(super) fn ratio(&self) -> f64 {
        self.pipe.as_secs_f64() / self.floor.as_secs_f64()
    }
}

/// A chain of `length` steps, each adding a line to a file. `round` makes it new.
fn chain(length: usize) -> String {
    let steps = "    .run(sh\"echo x >> /log\")\n".repeat(length);
    format!(
        "param tools: Container = host.toolchain()\n\n\
         pub fn chain(round: Int) -> Container {{\n  tools\n    .env(\"ROUND\", \"${{round}}\")\n{steps}}}\n"
    )
}

const HELLO: &str = "param tools: Container = host.toolchain()\n\n\
    pub fn hello(round: Int) -> String { tools.run(sh\"echo hello ${{ round }}\").stdout }\n";

struct Bench<'a> {
    pipe: &'a Path,
    folder: PathBuf,
}

impl Bench<'_> {
    fn package(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let folder = self.folder.join(name);
        let write =
            std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join("main.pipe"), text));
        write.map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(folder)
    }

    fn pipe(&self, package: &Path, target: &str, round: usize) -> Command {
        let mut command = Command::new(self.pipe);
        command
            .arg("-C")
            .arg(package)
            .args(["--progress", "plain", "run", target, "--round", &round.to_string()])
            .env_remove("PIPE_CONFIG")
            .env("PIPE_STORE", self.folder.join("store"));
        command
    }
}

/// One sandbox of bubblewrap over the host's tools, as near as it comes to what a step gets.
fn bwrap(command: &[&str]) -> Command {
    let mut bwrap = Command::new("bwrap");
    bwrap.args([
        "--unshare-all",
        "--ro-bind",
        "/usr",
        "/usr",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",
    ]);
    for link in ["bin", "sbin", "lib", "lib64"] {
        bwrap.args(["--symlink", &format!("usr/{link}"), &format!("/{link}")]);
    }
    bwrap.args(command);
    bwrap
}

/// Takes every measure, alternating with its floor.
pub(super) fn all(pipe: &Path, rounds: usize) -> Result<Vec<Measured>, String> {
    let folder = std::env::temp_dir().join(format!("pipe-bench-{}", std::process::id()));
    let bench = Bench { pipe, folder };
    let measured = [cached_chain(&bench, rounds), fresh_chain(&bench, rounds), first_output(&bench, rounds)]
        .into_iter()
        .collect();
    let _ = std::fs::remove_dir_all(&bench.folder);
    measured
}

fn cached_chain(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let package = bench.package("w1", &chain(20))?;
    whole(&mut bench.pipe(&package, "chain", 0))?;
    let (pipe, floor) =
        alternate(rounds, |_| whole(&mut bench.pipe(&package, "chain", 0)), || whole(&mut bwrap(&["true"])))?;
    Ok(Measured {
        id: "W1",
        work: "a chain of 20 cached steps, whole command",
        goal: 1.0,
        pipe,
        floor,
        floor_is: "one `bwrap … true`",
    })
}

fn fresh_chain(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    const STEPS: u32 = 50;
    let package = bench.package("w2", &chain(STEPS as usize))?;
    let (pipe, floor) = alternate(
        rounds,
        |round| Ok(whole(&mut bench.pipe(&package, "chain", round))? / STEPS),
        || {
            (0..STEPS)
                .map(|_| whole(&mut bwrap(&["true"])))
                .sum::<Result<Duration, String>>()
                .map(|all| all / STEPS)
        },
    )?;
    Ok(Measured {
        id: "W2",
        work: "a chain of 50 steps that are not cached, each adds a line to a file; per step, the command's start included",
        goal: 0.6,
        pipe,
        floor,
        floor_is: "one `bwrap … true`",
    })
}

fn first_output(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let package = bench.package("w8", HELLO)?;
    let (pipe, floor) = alternate(
        rounds,
        |round| first_line(&mut bench.pipe(&package, "hello", round), "hello"),
        || first_line(&mut bwrap(&["sh", "-e", "-c", "echo hello"]), "hello"),
    )?;
    Ok(Measured {
        id: "W8",
        work: "from nothing running to the first line that a step prints",
        goal: 2.0,
        pipe,
        floor,
        floor_is: "`bwrap … sh -c \"echo hello\"`",
    })
}

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
