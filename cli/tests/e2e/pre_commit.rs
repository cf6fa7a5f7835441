//! The hooks of `.pre-commit-hooks.yaml`, in the real `pre-commit`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Outcome, World, finish, pipe_binary, repository, skip};

const GOOD: &str = "pub fn n() -> Int { 1 }\n";
const WRONG: &str = "pub fn n() -> Int { \"one\" }\n";
const UNTIDY: &str = "pub  fn n( ) -> Int { 1 }\n";

/// A team's repository that uses the hooks, and where `pre-commit` is.
struct Team {
    world: World,
    modules: PathBuf,
}

impl Team {
    /// `None`, and said so, where `pre-commit` is not there.
    fn start(test: &str) -> Option<Team> {
        let Some(modules) = std::env::var_os("PIPE_TEST_PRE_COMMIT").filter(|path| !path.is_empty()) else {
            skip(test, "there is no `pre-commit` (`cargo xtask test` brings it)");
            return None;
        };
        let team = Team { world: World::empty(), modules: modules.into() };
        let hooks = team.world.path("hooks");
        std::fs::create_dir(&hooks).unwrap();
        let manifest = ".pre-commit-hooks.yaml";
        std::fs::copy(repository().join(manifest), hooks.join(manifest)).unwrap();
        team.git(&hooks, &["init", "--quiet"]).success();
        team.git(&hooks, &["add", manifest]).success();
        team.git(&hooks, &["commit", "--quiet", "--message=hooks"]).success();
        let rev = team.git(&hooks, &["rev-parse", "HEAD"]).success().stdout;

        let package = team.world.package();
        team.world.write("pipe.toml", "[package]\nname = \"team\"\n");
        team.world.write("main.pipe", GOOD);
        let config = format!(
            "repos:\n  - repo: {}\n    rev: {}\n    hooks:\n      - id: pipe-check\n      - id: pipe-fmt\n",
            hooks.display(),
            rev.trim()
        );
        team.world.write(".pre-commit-config.yaml", &config);
        team.git(&package, &["init", "--quiet"]).success();
        team.command("python3", &package).args(&["-m", "pre_commit", "install"]).success();
        Some(team)
    }

    /// Commits all that is in the package's folder.
    fn commit(&self) -> Outcome {
        let package = self.world.package();
        self.git(&package, &["add", "--all"]).success();
        self.git(&package, &["commit", "--message=work"])
    }

    fn git(&self, folder: &Path, args: &[&str]) -> Outcome {
        self.command("git", folder).args(args)
    }

    fn command(&self, program: &str, folder: &Path) -> Run {
        let mut command = self.world.command(program);
        let pipe = pipe_binary();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", pipe.parent().unwrap().display());
        command.current_dir(folder).env("PATH", path).env("PYTHONPATH", &self.modules);
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "team")
                .env(format!("GIT_{role}_EMAIL"), "team@example.org");
        }
        Run(command)
    }
}

/// A command that still lacks its arguments.
struct Run(Command);

impl Run {
    fn args(mut self, args: &[&str]) -> Outcome {
        finish(self.0.args(args))
    }
}

#[test]
fn a_wrong_file_is_not_committed_and_a_right_one_is() {
    let Some(team) = Team::start("a_wrong_file_is_not_committed_and_a_right_one_is") else { return };
    team.commit().success().says("pipe check");
    team.world.write("main.pipe", WRONG);
    team.commit().exits(1).says("main.pipe:1:21").says("expected an `Int`, found a `String`");
    let kept = team.git(&team.world.package(), &["show", "HEAD:main.pipe"]).success().stdout;
    assert_eq!(kept, GOOD);
}

#[test]
fn an_untidy_file_is_formatted_and_stops_the_commit_once() {
    let Some(team) = Team::start("an_untidy_file_is_formatted_and_stops_the_commit_once") else { return };
    team.world.write("main.pipe", UNTIDY);
    team.commit().exits(1).says("files were modified by this hook");
    assert_eq!(team.world.read("main.pipe"), GOOD);
    team.commit().success();
}
