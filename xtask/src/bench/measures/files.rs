//! A large folder of the host, beside `git status` of it.

use std::path::Path;
use std::process::Command;

use super::super::timing::whole;
use super::{Bench, Measured, alternate};
use crate::run;

const PROGRAM: &str = r#"param src: Dir = workspace.dir("data", exclude: [".git"])
param tools: Container = host.toolchain()

pub fn one(round: Int) -> String { tools.env("ROUND", "${round}").mount("/data", src).run(sh"cat /data/7/7").stdout }
"#;

/// 100 folders of 100 files of 10 KB.
const FOLDERS: usize = 100;
const FILE: usize = 10_000;
const PEER: &str = "`git status` there";

pub(super) fn mounted(bench: &Bench<'_>, rounds: usize) -> Result<[Measured; 2], String> {
    let package = bench.package("w4", PROGRAM)?;
    let data = package.join("data");
    fill(&data).map_err(|error| format!("{}: {error}", data.display()))?;
    commit_all(&data)?;
    let status = || whole(git(&data).args(["status", "--porcelain"]));
    let unchanged = alternate(rounds, |_| whole(&mut bench.pipe(&package, "one", 0)), status)?;
    let mut written = 0;
    let changed = alternate(
        rounds,
        |_| {
            change(&data, &mut written)?;
            whole(&mut bench.pipe(&package, "one", 0))
        },
        status,
    )?;
    let work = "10,000 files, 100 MB, are mounted, a step reads one: nothing changed";
    let work_changed = "the same, another file changed: the step runs";
    Ok([
        Measured::beside("W4", work, unchanged, PEER, 1.5),
        Measured::beside("W4", work_changed, changed, PEER, 2.5),
    ])
}

fn fill(data: &Path) -> std::io::Result<()> {
    for folder in 0..FOLDERS {
        let path = data.join(folder.to_string());
        std::fs::create_dir_all(&path)?;
        for file in 0..FOLDERS {
            let line = format!("{folder} {file}\n");
            std::fs::write(path.join(file.to_string()), line.repeat(FILE / line.len()))?;
        }
    }
    Ok(())
}

fn change(data: &Path, written: &mut usize) -> Result<(), String> {
    *written += 1;
    let text = format!("changed {written}\n").repeat(900);
    std::fs::write(data.join("50/50"), text).map_err(|error| error.to_string())
}

/// Makes a folder a repository with all that is in it.
pub(super) fn commit_all(data: &Path) -> Result<(), String> {
    for words in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "files"]] {
        run::output(git(data).args(words))?;
    }
    Ok(())
}

/// `git` in a folder, as somebody.
pub(super) fn git(data: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(data).args(["-c", "user.name=bench", "-c", "user.email=bench@localhost"]);
    git
}
