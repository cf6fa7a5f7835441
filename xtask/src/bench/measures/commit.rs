//! A clean commit with the hooks of `.pre-commit-hooks.yaml`, beside the same commit with hooks that do nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::super::timing::whole;
use super::{Bench, Measured, alternate, failing, millis};
use crate::{repository, run, test};

const HOOKS: &str = ".pre-commit-hooks.yaml";
/// What both kinds of hooks run on, as often.
const NOTHING: &str = "repos:
  - repo: local
    hooks:
      - { id: one, name: one, entry: \"true\", language: system, files: '\\.pipe$', require_serial: true }
      - { id: two, name: two, entry: \"true\", language: system, files: '\\.pipe$', require_serial: true }
";
/// How much longer it may take.
const GOAL: Duration = Duration::from_millis(100);

pub(super) fn clean(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let work = "`git commit` of a changed `.pipe` file under pre-commit, hooks `pipe-check` and `pipe-fmt`";
    let folder = bench.folder.join("p1");
    failing(std::fs::create_dir_all(&folder), &folder)?;
    let modules = match test::pre_commit(&folder) {
        Ok(modules) => modules,
        Err(reason) => return Ok(Measured::absent("P1", work, &format!("no pre-commit: {reason}"))),
    };
    let shell = Shell { modules, pipe: bench.pipe, home: folder.clone() };
    let hooks = folder.join("hooks");
    failing(std::fs::create_dir_all(&hooks), &hooks)?;
    failing(std::fs::copy(repository::root().join(HOOKS), hooks.join(HOOKS)), &hooks)?;
    shell.git(&hooks, &["init", "--quiet"])?;
    shell.git(&hooks, &["add", HOOKS])?;
    shell.git(&hooks, &["commit", "--quiet", "--message=hooks"])?;
    let revision = shell.git(&hooks, &["rev-parse", "HEAD"])?;
    let config = format!(
        "repos:\n  - repo: {}\n    rev: {}\n    hooks:\n      - id: pipe-check\n      - id: pipe-fmt\n",
        hooks.display(),
        revision.trim()
    );
    let team = shell.team(&folder.join("team"), &config)?;
    let idle = shell.team(&folder.join("idle"), NOTHING)?;
    let (mut number, mut idle_number) = (0, 0);
    let (pipe, floor) =
        alternate(rounds, |_| shell.commit(&team, &mut number), || shell.commit(&idle, &mut idle_number))?;
    let more = pipe.saturating_sub(floor);
    Ok(Measured {
        id: "P1",
        work: work.to_owned(),
        pipe: millis(pipe),
        floor: format!("{}, the same with hooks that run `true`", millis(floor)),
        ratio: format!("{:.2}", pipe.as_secs_f64() / floor.as_secs_f64()),
        goal: format!("{} more", millis(GOAL)),
        reached: Some(more <= GOAL),
    })
}

/// Commands that find this `pipe` and this `pre-commit`.
struct Shell<'a> {
    modules: PathBuf,
    pipe: &'a Path,
    home: PathBuf,
}

impl Shell<'_> {
    fn command(&self, program: &str, folder: &Path) -> Command {
        let bin = self.pipe.parent().unwrap_or(Path::new("/"));
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env("PATH", path)
            .env("PYTHONPATH", &self.modules)
            .env("HOME", &self.home);
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "team")
                .env(format!("GIT_{role}_EMAIL"), "team@example.org");
        }
        command
    }

    fn git(&self, folder: &Path, args: &[&str]) -> Result<String, String> {
        let output = run::output(self.command("git", folder).args(args))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A repository with a package and these hooks, committed once.
    fn team(&self, folder: &Path, config: &str) -> Result<PathBuf, String> {
        failing(std::fs::create_dir_all(folder), folder)?;
        let files = [("pipe.toml", "[package]\nname = \"team\"\n"), (".pre-commit-config.yaml", config)];
        for (name, text) in files {
            failing(std::fs::write(folder.join(name), text), folder)?;
        }
        self.git(folder, &["init", "--quiet"])?;
        run::output(self.command("python3", folder).args(["-m", "pre_commit", "install"]))?;
        self.commit(folder, &mut 0)?;
        Ok(folder.to_path_buf())
    }

    /// The time of a commit of one changed file.
    fn commit(&self, folder: &Path, number: &mut usize) -> Result<Duration, String> {
        *number += 1;
        let text = format!("pub fn n() -> Int {{ {number} }}\n");
        failing(std::fs::write(folder.join("main.pipe"), text), folder)?;
        self.git(folder, &["add", "--all"])?;
        whole(self.command("git", folder).args(["commit", "--quiet", "--allow-empty", "--message=work"]))
    }
}
