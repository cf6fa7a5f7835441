//! A part of a very large folder of the host, beside `git status` of the whole.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use super::super::timing::whole;
use super::files::{commit_all, git};
use super::{Bench, Measured, alternate, failing, millis};

const PROGRAM: &str = r#"param src: Dir = workspace.dir("data", include: ["a/**"])
param tools: Container = host.toolchain()

pub fn one(round: Int) -> String { tools.env("ROUND", "${round}").mount("/data", src).run(sh"ls /data/a | wc -l").stdout }
"#;

/// 600 folders of 1,000 files, and the one that counts.
const FOLDERS: usize = 600;
const FILES: usize = 1000;
const COUNTED: &str = "a";

const GOAL: Duration = Duration::from_secs(1);

pub(super) fn included(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let package = bench.package("w10", PROGRAM)?;
    let data = package.join("data");
    failing(fill(&data), &data)?;
    commit_all(&data)?;
    let (pipe, status) = alternate(
        rounds,
        |_| whole(&mut bench.pipe(&package, "one", 0)),
        || whole(git(&data).args(["status", "--porcelain"])),
    )?;
    let _ = std::fs::remove_dir_all(&data);
    Ok(Measured {
        id: "W10",
        work: "of 600,000 files `include: [\"a/**\"]` takes 1,000, nothing changed".to_owned(),
        pipe: millis(pipe),
        floor: format!("{}, `git status` of all", millis(status)),
        ratio: format!("{:.2}", pipe.as_secs_f64() / status.as_secs_f64()),
        goal: format!("< {} s", GOAL.as_secs()),
        reached: Some(pipe < GOAL),
    })
}

fn fill(data: &Path) -> std::io::Result<()> {
    let names = (0..FOLDERS - 1).map(|number| number.to_string()).chain([COUNTED.to_owned()]);
    for name in names {
        let folder = data.join(name);
        std::fs::create_dir_all(&folder)?;
        for file in 0..FILES {
            File::create(folder.join(file.to_string()))?;
        }
    }
    Ok(())
}
