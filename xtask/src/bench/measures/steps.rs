//! Chains of steps, and the first output: what a step costs beside one sandbox of bubblewrap.

use std::process::Command;
use std::time::Duration;

use super::super::timing::{first_line, whole};
use super::{Bench, Measured, alternate};

/// A chain of `length` steps, each adding a line to a file. `round` makes it new.
pub(super) fn chain(length: usize) -> String {
    let steps = "    .run(sh\"echo x >> /log\")\n".repeat(length);
    format!(
        "param tools: Container = host.toolchain()\n\n\
         pub fn chain(round: Int) -> Container {{\n  tools\n    .env(\"ROUND\", \"${{round}}\")\n{steps}}}\n"
    )
}

const HELLO: &str = "param tools: Container = host.toolchain()\n\n\
    pub fn hello(round: Int) -> String { tools.run(sh\"echo hello ${{ round }}\").stdout }\n";

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

pub(super) fn cached_chain(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let package = bench.package("w1", &chain(20))?;
    whole(&mut bench.pipe(&package, "chain", 0))?;
    let (pipe, floor) =
        alternate(rounds, |_| whole(&mut bench.pipe(&package, "chain", 0)), || whole(&mut bwrap(&["true"])))?;
    Ok(Measured::beside(
        "W1",
        "a chain of 20 cached steps, whole command",
        (pipe, floor),
        "one `bwrap … true`",
        1.0,
    ))
}

pub(super) fn fresh_chain(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
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
    Ok(Measured::beside(
        "W2",
        "a chain of 50 steps that are not cached, each adds a line to a file; per step, the command's start included",
        (pipe, floor),
        "one `bwrap … true`",
        0.6,
    ))
}

pub(super) fn first_output(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let package = bench.package("w8", HELLO)?;
    let (pipe, floor) = alternate(
        rounds,
        |round| first_line(&mut bench.pipe(&package, "hello", round), "hello"),
        || first_line(&mut bwrap(&["sh", "-e", "-c", "echo hello"]), "hello"),
    )?;
    Ok(Measured::beside(
        "W8",
        "from nothing running to the first line that a step prints",
        (pipe, floor),
        "`bwrap … sh -c \"echo hello\"`",
        2.0,
    ))
}
