//! Measures `pipe` beside floors and peers in one run and writes `docs/benchmarks.md`.
//!
//! Absolute times say little from machine to machine; ratios taken side by side do. So every measure and its floor alternate,
//! round by round, and medians are compared.

mod docker;
mod machine;
mod measures;
mod page;
mod timing;

use std::path::{Path, PathBuf};

use crate::{repository, run};

/// Fewer rounds say nothing.
const LEAST_ROUNDS: usize = 5;

pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let (mut rounds, mut only, mut built) = (9, Vec::new(), None);
    for pair in args.chunks(2) {
        match pair {
            ["--rounds", n] => rounds = n.parse().map_err(|_| format!("not a number of rounds: {n}"))?,
            ["--only", ids] => only = ids.split(',').collect(),
            ["--pipe", file] => built = Some(PathBuf::from(file)),
            _ => {
                return Err(format!(
                    "cargo xtask bench takes --rounds N, --only W1,W2 and --pipe FILE, not {args:?}"
                ));
            }
        }
    }
    if rounds < LEAST_ROUNDS {
        return Err(format!("at least {LEAST_ROUNDS} rounds"));
    }
    if run::find("bwrap").is_none() {
        crate::test::install(&["bubblewrap"])?;
    }
    let root = repository::root();
    let other = built.is_some();
    let pipe = built.map_or_else(|| release(&root), Ok)?;
    let results = measures::take(&pipe, rounds, &only)?;
    let text = page::render(&machine::describe(), rounds, &results);
    print!("{text}");
    // The page holds all rows, taken in one run of what is built here.
    if other || !only.is_empty() {
        return Ok(());
    }
    let page = root.join("docs/benchmarks.md");
    std::fs::write(&page, text).map_err(|error| format!("{}: {error}", page.display()))
}

/// Builds what is measured.
fn release(root: &Path) -> Result<PathBuf, String> {
    run::succeed(run::cargo().args(["build", "--release", "--package", "pipe"]).current_dir(root))?;
    let target: PathBuf =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    Ok(target.join("release/pipe"))
}
