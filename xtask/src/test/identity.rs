//! The kinds of users that tests run as.

use std::path::Path;
use std::process::Command;

use super::binaries::Staged;
use super::setup::is_root;
use crate::run;

/// A kind of user.
pub(super) struct Identity {
    /// Its name in `tests/skips.txt`.
    pub(super) name: &'static str,
    /// The account, when it is not who runs this.
    account: Option<Account>,
}

/// A fresh account, removed with its home when this is dropped.
struct Account {
    name: String,
    home: String,
}

/// Every kind that can be had: as root three, else the one that runs this.
pub(super) fn all() -> Result<Vec<Identity>, String> {
    if !is_root() {
        let me =
            String::from_utf8_lossy(&run::output(Command::new("id").arg("-un"))?.stdout).trim().to_owned();
        let name = if ranges("/etc/subuid", &me).is_empty() { "user-without-subuid" } else { "user" };
        return Ok(vec![Identity { name, account: None }]);
    }
    Ok(vec![
        Identity { name: "root", account: None },
        Identity { name: "user", account: Some(Account::create("pipe-test", true)?) },
        Identity { name: "user-without-subuid", account: Some(Account::create("pipe-test-single", false)?) },
    ])
}

impl Identity {
    /// A command that runs a test binary as this user, in an environment of its own.
    pub(super) fn command(&self, staged: &Staged, test: &Path) -> Command {
        let mut command = match &self.account {
            None => Command::new(test),
            Some(account) => {
                let mut command = Command::new("setpriv");
                command
                    .args([
                        "--reuid",
                        &account.name,
                        "--regid",
                        &account.name,
                        "--init-groups",
                        "--inh-caps=-all",
                    ])
                    .arg("--")
                    .arg(test)
                    .env("HOME", &account.home)
                    .env("TMPDIR", &account.home);
                command
            }
        };
        command
            .current_dir(&staged.folder)
            .env("PIPE_TEST_BINARY", &staged.pipe)
            .env("PIPE_TEST_REPOSITORY", &staged.repository)
            .envs(staged.images.iter().map(|storage| ("PIPE_TEST_IMAGES", storage)))
            .envs(staged.pre_commit.iter().map(|modules| ("PIPE_TEST_PRE_COMMIT", modules)));
        command
    }
}

impl Account {
    fn create(name: &str, with_ranges: bool) -> Result<Account, String> {
        // What an earlier run that was killed left behind.
        if run::output(Command::new("id").arg(name)).is_ok() {
            let _ = run::output(Command::new("userdel").args(["--force", "--remove", name]));
        }
        let home = format!("/home/{name}");
        run::output(Command::new("useradd").args([
            "--create-home",
            "--home-dir",
            &home,
            "--shell",
            "/bin/sh",
            name,
        ]))?;
        let account = Account { name: name.to_owned(), home };
        account.set_ranges(with_ranges)?;
        Ok(account)
    }

    /// Whether `useradd` gives ranges depends on the distribution: make it so.
    fn set_ranges(&self, wanted: bool) -> Result<(), String> {
        for (file, add, remove) in [
            ("/etc/subuid", "--add-subuids", "--del-subuids"),
            ("/etc/subgid", "--add-subgids", "--del-subgids"),
        ] {
            let have = ranges(file, &self.name);
            if wanted && have.is_empty() {
                run::output(Command::new("usermod").args([add, "1000000-1065535", &self.name]))?;
            }
            for range in have.iter().filter(|_| !wanted) {
                run::output(Command::new("usermod").args([remove, range, &self.name]))?;
            }
        }
        Ok(())
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let _ = run::output(Command::new("userdel").args(["--force", "--remove", &self.name]));
    }
}

/// A user's ranges in `/etc/subuid` or `/etc/subgid`, as `first-last`.
fn ranges(file: &str, user: &str) -> Vec<String> {
    std::fs::read_to_string(file).map(|text| parse_ranges(&text, user)).unwrap_or_default()
}

/// Lines are `user:first:count`, see subuid(5).
fn parse_ranges(text: &str, user: &str) -> Vec<String> {
    let range = |line: &str| {
        let mut fields = line.split(':');
        if fields.next()? != user {
            return None;
        }
        let first: u64 = fields.next()?.parse().ok()?;
        let count: u64 = fields.next()?.parse().ok()?;
        Some(format!("{first}-{}", first + count.checked_sub(1)?))
    };
    text.lines().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_user() {
        assert_eq!(parse_ranges("a:100:10\nb:200:5\na:300:1\n", "a"), ["100-109", "300-300"]);
        assert!(parse_ranges("a:100:0\na:x:1\n", "a").is_empty());
    }
}
