//! How many user ids steps have.

use std::path::Path;

use super::Finding;
use crate::backend::{range_command, root_ranges};
use crate::ids::{SubIds, parse_all, parse_subordinate};
use crate::machine::Machine;

const NAME: &str = "user ids";
const FEW: &str = "steps have a single one, so `chown` to another user fails in them";
const INSTALL: &str = "`sudo apt install uidmap` (Debian, Ubuntu), `sudo dnf install shadow-utils` (Fedora)";

pub(super) fn probe(machine: &dyn Machine, store: &Path) -> Finding {
    find(machine, root_ranges(store).map(|(users, _)| users))
}

/// `root`: the range of steps that root runs.
fn find(machine: &dyn Machine, root: Option<SubIds>) -> Finding {
    if let Some(users) = root {
        let last = users.start.saturating_add(users.count.saturating_sub(1));
        return Finding::good(NAME, format!("steps have those from {} to {last}", users.start));
    }
    if machine.is_root() {
        let meaning = format!("{FEW}: the container around pipe has no other ids");
        return Finding::limited(NAME, meaning, "give that container a range of user ids");
    }
    let name = machine.user_name().unwrap_or_default();
    let texts = ["/etc/subuid", "/etc/subgid"].map(|file| (file, machine.text(file).unwrap_or_default()));
    let lacking: Vec<&str> = texts
        .iter()
        .filter(|(_, text)| parse_subordinate(text, Some(&name), machine.uid()).is_empty())
        .map(|(file, _)| *file)
        .collect();
    let helpers = ["newuidmap", "newgidmap"];
    let missing: Vec<&str> = helpers.into_iter().filter(|name| machine.program(name).is_none()).collect();
    if !lacking.is_empty() {
        let install = if missing.is_empty() {
            ""
        } else {
            " and install `newuidmap` (package `uidmap` or `shadow-utils`)"
        };
        let taken: Vec<SubIds> = texts.iter().flat_map(|(_, text)| parse_all(text)).collect();
        let have = if lacking.len() == 1 { "has" } else { "have" };
        let meaning = format!("{FEW}: {} {have} no range for {name}", lacking.join(" and "));
        return Finding::limited(NAME, meaning, format!("`{}`{install}", range_command(&name, &taken)));
    }
    if !missing.is_empty() {
        let are = if missing.len() == 1 { "is" } else { "are" };
        let meaning = format!("{FEW}: `{}` {are} not installed", missing.join("` and `"));
        return Finding::limited(NAME, meaning, INSTALL);
    }
    let mut programs = helpers.into_iter().filter_map(|name| machine.program(name));
    if let Some(powerless) = programs.find(|program| !program.is_privileged) {
        let path = powerless.path;
        let meaning =
            format!("{FEW}: {path} has neither the set-user-id bit nor capabilities, so it may map none");
        return Finding::limited(NAME, meaning, format!("`sudo chmod u+s {path}`"));
    }
    let own = parse_subordinate(&texts[0].1, Some(&name), machine.uid());
    let count: u64 = own.iter().map(|range| u64::from(range.count)).sum();
    Finding::good(NAME, format!("steps have {name}'s own and {count} of /etc/subuid"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Recorded;
    use crate::probe::Status;

    #[track_caller]
    fn limited(machine: &Recorded, meaning: &str, remedy: &str) {
        let finding = find(machine, None);
        assert_eq!(finding.status, Status::Limited, "{finding:?}");
        assert!(finding.meaning.contains(meaning), "{finding:?}");
        assert!(finding.remedy.as_deref().unwrap_or_default().contains(remedy), "{finding:?}");
    }

    #[test]
    fn a_range_and_its_helpers_are_all_that_is_needed() {
        let finding = find(&Recorded::good(), None);
        assert_eq!(finding.meaning, "steps have ann's own and 65536 of /etc/subuid");
        let root = find(&Recorded::good().root(), Some(SubIds { start: 200_000, count: 65_536 }));
        assert_eq!(
            (root.status, root.meaning.as_str()),
            (Status::Good, "steps have those from 200000 to 265535")
        );
    }

    #[test]
    fn a_user_without_a_range_gets_the_next_that_is_free() {
        let others = "bob:100000:65536\n";
        let neither = Recorded::good().file("/etc/subuid", others).file("/etc/subgid", others);
        limited(&neither, "/etc/subuid and /etc/subgid have no range for ann", "--add-subuids 165536-231071");
        let one = Recorded::good().file("/etc/subgid", others);
        limited(&one, ": /etc/subgid has no range for ann", "--add-subgids 231072-296607 ann");
        limited(&neither.program("newuidmap", None), "no range for ann", "install `newuidmap`");
    }

    #[test]
    fn helpers_that_are_missing_or_powerless_are_named() {
        let both = Recorded::good().program("newuidmap", None).program("newgidmap", None);
        limited(&both, "`newuidmap` and `newgidmap` are not installed", "apt install uidmap");
        limited(&Recorded::good().program("newgidmap", None), "`newgidmap` is not installed", "uidmap");
        let powerless = Recorded::good().program("newuidmap", Some(false));
        limited(&powerless, "/usr/bin/newuidmap has neither", "sudo chmod u+s /usr/bin/newuidmap");
    }

    #[test]
    fn root_in_a_container_of_one_id_is_told_so() {
        limited(&Recorded::good().root(), "the container around pipe has no other ids", "range of user ids");
    }
}
