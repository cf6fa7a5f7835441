//! Places where a run waits for a person.

use serde::{Deserialize, Serialize};

use super::Exec;
use crate::{Output, Slot};

/// A place in a chain where a person looks around in a container, and that changes nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakpoint {
    /// What is run for the person, on a terminal.
    pub exec: Exec,
    /// Programs that are run in the stead of `exec`'s own command, without arguments: the first one that the container has. With none it
    /// is the command that is run.
    pub shells: Vec<String>,
    /// The command that ran last in the container: it is what the outputs of the breakpoint are those of.
    pub last: Option<Output>,
}

impl Breakpoint {
    /// The tree or the file that a slot of it is; none for what is neither.
    pub fn before(&self, slot: Slot) -> Option<Output> {
        match slot {
            Slot::Root => Some(self.exec.root),
            Slot::Mount(index) => self.exec.mounts.get(index as usize)?.shown.source(),
            _ => None,
        }
    }
}

/// The shell of a script literal that nobody chose.
const USUAL: &str = "/bin/sh";

/// Where a shell is in most containers, the best one first. Names are looked up on the container's `PATH`.
const SHELLS: [&str; 5] = ["bash", "sh", "/bin/bash", "/bin/sh", "/busybox/sh"];

/// The shells that a person gets, in the order in which they are tried: the container's own first, unless that is only the usual one.
pub fn shells(own: Option<&str>) -> Vec<String> {
    let own = own.filter(|own| *own != USUAL);
    let mut shells: Vec<String> = own.into_iter().chain(SHELLS).map(str::to_owned).collect();
    let mut seen = std::collections::HashSet::new();
    shells.retain(|shell| seen.insert(shell.clone()));
    shells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_that_somebody_chose_comes_first() {
        assert_eq!(shells(None), SHELLS);
        assert_eq!(shells(Some("/bin/sh")), SHELLS);
        assert_eq!(shells(Some("sh")), ["sh", "bash", "/bin/bash", "/bin/sh", "/busybox/sh"]);
        assert_eq!(shells(Some("/usr/bin/fish")).first().map(String::as_str), Some("/usr/bin/fish"));
    }
}
