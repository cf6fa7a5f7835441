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
            ["--pipe", file] => {
                built = Some(std::path::absolute(file).map_err(|error| format!("{file}: {error}"))?);
            }
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
    let wanted = measures::named(&only)?;
    let root = repository::root();
    let other = built.is_some();
    let pipe = built.map_or_else(|| release(&root), Ok)?;
    let mut text = page::head(&machine::describe(), rounds);
    print!("{text}");
    let mut failed: Vec<&str> = Vec::new();
    // Each row is shown as soon as it is there: a run takes long, and may be ended.
    measures::take(&pipe, rounds, &wanted, |ids, taken| {
        let rows = page::rows(ids, &taken);
        print!("{rows}");
        text.push_str(&rows);
        if let Err(why) = taken {
            eprintln!("{}: {why}", ids.join(", "));
            failed.extend(ids);
        }
    });
    text.push_str(page::PROFILE);
    // The page holds all rows, taken in one run of what is built here.
    if !other && only.is_empty() {
        let page = root.join("docs/benchmarks.md");
        std::fs::write(&page, text).map_err(|error| format!("{}: {error}", page.display()))?;
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("these rows could not be measured: {}", failed.join(", ")))
    }
}

/// Builds what is measured.
fn release(root: &Path) -> Result<PathBuf, String> {
    run::succeed(run::cargo().args(["build", "--release", "--package", "pipe"]).current_dir(root))?;
    let target: PathBuf =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    Ok(target.join("release/pipe"))
}
