//! Where this process may make control groups.

use std::path::{Path, PathBuf};

use super::settings::{Controller, Version};
use crate::machine::Machine;

/// Where groups can be made, and for which controllers they cannot.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Places {
    pub(crate) hierarchies: Vec<Hierarchy>,
    lacks: Vec<(Controller, Lack)>,
}

/// A folder for groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hierarchy {
    pub(crate) version: Version,
    /// Groups are made in it.
    pub(crate) folder: PathBuf,
    pub(crate) controllers: Vec<Controller>,
    /// Its controllers are still to be handed on to groups in it, which the kernel allows when no process is in the folder itself.
    pub(crate) to_open: bool,
}

/// Why there is no group for a controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// There are no control groups at all.
    NoGroups,
    /// Version 1, which hands nothing on to users.
    FirstVersion,
    /// Version 2, and this session's group is somebody else's.
    Foreign,
    /// Version 2, and this session's group is its own but for this controller.
    NotDelegated,
    /// Version 2, and other programs are in this session's group.
    Shared,
}

impl Lack {
    /// In the middle of a sentence.
    pub(crate) fn meaning(self, controller: Controller) -> String {
        match self {
            Lack::NoGroups => "there are none".to_owned(),
            Lack::FirstVersion => "version 1, which only root may use".to_owned(),
            Lack::Foreign => "version 2, but this session's belongs to somebody else".to_owned(),
            Lack::NotDelegated => {
                format!("version 2, and this session's is its own, but without {}", controller.name())
            }
            Lack::Shared => "version 2, but other programs are in this session's".to_owned(),
        }
    }

    /// The command or setting that mends it.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Lack::NoGroups => "mount them",
            Lack::FirstVersion => "boot with `systemd.unified_cgroup_hierarchy=1`",
            Lack::Foreign | Lack::Shared => "`systemd-run --user --scope -p Delegate=yes pipe …`",
            Lack::NotDelegated => {
                "`sudo systemctl edit user@.service`, with `[Service]` and `Delegate=cpu memory pids`"
            }
        }
    }
}

/// A mounted hierarchy.
struct Mounted {
    version: Version,
    /// Which of its groups is mounted.
    root: PathBuf,
    point: PathBuf,
    /// Names of its controllers; of version 2 none.
    options: Vec<String>,
}

impl Places {
    /// Looks for places.
    pub(crate) fn find(machine: &dyn Machine) -> Places {
        let mounted = mounted(&machine.text("/proc/self/mountinfo").unwrap_or_default());
        let own = machine.text("/proc/self/cgroup").unwrap_or_default();
        let mut places = Places::default();
        for controller in Controller::ALL {
            match place(machine, &mounted, &own, controller) {
                Ok(found) => places.add(controller, found),
                Err(lack) => places.lacks.push((controller, lack)),
            }
        }
        places
    }

    fn add(&mut self, controller: Controller, found: Hierarchy) {
        match self.hierarchies.iter_mut().find(|known| known.folder == found.folder) {
            Some(known) => {
                known.controllers.push(controller);
                known.to_open |= found.to_open;
            }
            None => self.hierarchies.push(found),
        }
    }

    /// Whether groups keep this kind of limit.
    pub(crate) fn keeps(&self, controller: Controller) -> bool {
        self.hierarchies.iter().any(|hierarchy| hierarchy.controllers.contains(&controller))
    }

    /// Why they do not.
    pub(crate) fn lack(&self, controller: Controller) -> Option<Lack> {
        self.lacks.iter().find(|(known, _)| *known == controller).map(|(_, lack)| *lack)
    }

    /// Controllers without a place, with why.
    pub(crate) fn lacks(&self) -> &[(Controller, Lack)] {
        &self.lacks
    }

    /// With every place opened; one that cannot be opened is none.
    pub(super) fn prepared(mut self) -> Places {
        let (open, closed): (Vec<_>, Vec<_>) = std::mem::take(&mut self.hierarchies)
            .into_iter()
            .partition(|hierarchy| !hierarchy.to_open || super::group::open(hierarchy).is_ok());
        self.hierarchies = open;
        let lost = closed.into_iter().flat_map(|hierarchy| hierarchy.controllers);
        self.lacks.extend(lost.map(|controller| (controller, Lack::Shared)));
        self
    }
}

/// The place of one controller.
fn place(
    machine: &dyn Machine,
    mounted: &[Mounted],
    own: &str,
    controller: Controller,
) -> Result<Hierarchy, Lack> {
    let has = |mount: &&Mounted| mount.options.iter().any(|option| option == controller.name());
    if let Some(mount) = mounted.iter().find(|mount| mount.version == Version::One && has(mount)) {
        let folder = mount.folder(own_path(own, Some(controller)), machine);
        return match machine.may_write(&file(&folder, "cgroup.procs")) {
            true => {
                Ok(Hierarchy { version: Version::One, folder, controllers: vec![controller], to_open: false })
            }
            false => Err(Lack::FirstVersion),
        };
    }
    match mounted.iter().find(|mount| mount.version == Version::Two) {
        Some(mount) => unified(machine, mount, own_path(own, None), controller),
        None => Err(Lack::NoGroups),
    }
}

/// In version 2: the session's own group, whose controllers can be handed on; else the nearest one above that is this user's and hands
/// them on already.
fn unified(
    machine: &dyn Machine,
    mount: &Mounted,
    own: &Path,
    controller: Controller,
) -> Result<Hierarchy, Lack> {
    let own = mount.folder(own, machine);
    let words = |folder: &Path, name: &str| machine.text(&file(folder, name)).unwrap_or_default();
    let lists = |folder: &Path, name: &str| {
        words(folder, name).split_whitespace().any(|word| word == controller.name())
    };
    let mine = |folder: &Path| {
        ["cgroup.subtree_control", "cgroup.procs"].iter().all(|name| machine.may_write(&file(folder, name)))
    };
    let made = |folder: &Path, to_open| Hierarchy {
        version: Version::Two,
        folder: folder.to_owned(),
        controllers: vec![controller],
        to_open,
    };
    if mine(&own) && lists(&own, "cgroup.controllers") {
        let hands_on = lists(&own, "cgroup.subtree_control");
        let alone = words(&own, "cgroup.procs").lines().all(|pid| machine.is_own_process(pid.trim()));
        // The kernel's own root may have processes beside groups.
        if hands_on || alone || !machine.has(&file(&own, "cgroup.type")) {
            return Ok(made(&own, !hands_on));
        }
    }
    let above = own.ancestors().skip(1).take_while(|folder| folder.starts_with(&mount.point));
    let above = above.take_while(|folder| mine(folder));
    let found =
        above.filter(|folder| lists(folder, "cgroup.subtree_control")).map(|folder| made(folder, false));
    found.min_by_key(|found| std::cmp::Reverse(found.folder.components().count())).ok_or({
        match (mine(&own), lists(&own, "cgroup.controllers")) {
            (true, true) => Lack::Shared,
            (true, false) => Lack::NotDelegated,
            (false, _) => Lack::Foreign,
        }
    })
}

fn file(folder: &Path, name: &str) -> String {
    folder.join(name).to_string_lossy().into_owned()
}

impl Mounted {
    /// The folder of a group, as far as it is mounted.
    fn folder(&self, path: &Path, machine: &dyn Machine) -> PathBuf {
        let inside = path.strip_prefix(&self.root).unwrap_or(path.strip_prefix("/").unwrap_or(path));
        let folder = self.point.join(inside);
        // In a container the path may be the host's, and what is mounted the container's own.
        if machine.has(&file(&folder, "cgroup.procs")) { folder } else { self.point.clone() }
    }
}

/// This process's group in the hierarchy of a controller of version 1, or in that of version 2: `cgroups(7)`.
fn own_path(own: &str, controller: Option<Controller>) -> &Path {
    let found = own.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (_, names, path) = (fields.next()?, fields.next()?, fields.next()?);
        let is_it = match controller {
            Some(controller) => names.split(',').any(|name| name == controller.name()),
            None => names.is_empty(),
        };
        is_it.then_some(path)
    });
    Path::new(found.unwrap_or("/"))
}

/// What `/proc/self/mountinfo` says of control groups: `proc_pid_mountinfo(5)`.
fn mounted(text: &str) -> Vec<Mounted> {
    let line = |line: &str| {
        let (mount, system) = line.split_once(" - ")?;
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (plain(fields.next()?), plain(fields.next()?));
        let mut system = system.split(' ');
        let version = match system.next()? {
            "cgroup" => Version::One,
            "cgroup2" => Version::Two,
            _ => return None,
        };
        let options = system.nth(1).unwrap_or_default().split(',').map(str::to_owned).collect();
        Some(Mounted { version, root: root.into(), point: point.into(), options })
    };
    text.lines().filter_map(line).collect()
}

/// A path with its blanks back.
fn plain(field: &str) -> String {
    field.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Recorded;

    const OWN: &str = "/sys/fs/cgroup/user.slice/own";

    fn only(machine: &Recorded) -> Hierarchy {
        let places = Places::find(machine);
        assert_eq!((places.hierarchies.len(), places.lacks()), (1, &[][..]), "{places:?}");
        places.hierarchies.into_iter().next().expect("one")
    }

    fn lack(machine: &Recorded) -> Option<Lack> {
        Places::find(machine).lack(Controller::Memory)
    }

    #[test]
    fn a_session_that_was_handed_its_group_uses_it() {
        let found = only(&Recorded::good());
        assert_eq!(found.folder, Path::new(OWN));
        assert_eq!((found.version, found.controllers.len(), found.to_open), (Version::Two, 3, true));
        let open =
            Recorded::good().writable_text(&format!("{OWN}/cgroup.subtree_control"), "cpu memory pids\n");
        assert!(!only(&open).to_open);
    }

    #[test]
    fn where_others_are_in_it_the_one_above_serves_that_hands_on_already() {
        let shared = Recorded::good().writable_text(&format!("{OWN}/cgroup.procs"), "7\n8\n");
        assert_eq!(lack(&shared), Some(Lack::Shared));
        let above = "/sys/fs/cgroup/user.slice";
        let open = shared
            .clone()
            .writable_text(&format!("{above}/cgroup.subtree_control"), "memory pids cpu\n")
            .writable(&format!("{above}/cgroup.procs"));
        let found = only(&open);
        assert_eq!((found.folder.as_path(), found.to_open), (Path::new(above), false));
        // Not over the head of somebody else's.
        let foreign =
            open.without(&format!("{above}/cgroup.procs")).file(&format!("{above}/cgroup.procs"), "");
        assert_eq!(lack(&foreign), Some(Lack::Shared));
    }

    #[test]
    fn what_is_lacking_is_told_apart() {
        let foreign = Recorded::good().without(&format!("{OWN}/cgroup.subtree_control"));
        assert_eq!(lack(&foreign), Some(Lack::Foreign));
        let few = Recorded::good().file(&format!("{OWN}/cgroup.controllers"), "pids cpu\n");
        assert_eq!(lack(&few), Some(Lack::NotDelegated));
        assert!(Places::find(&few).keeps(Controller::Pids));
        let none = Recorded::good().file("/proc/self/mountinfo", "22 1 0:20 / / rw - ext4 /dev/vda rw\n");
        assert_eq!(lack(&none), Some(Lack::NoGroups));
    }

    #[test]
    fn version_one_is_roots_and_hybrids_have_it_for_some() {
        let mounts = "30 23 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
                      31 23 0:30 /outer /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                      32 23 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let own = "5:memory:/outer/job\n4:cpu,cpuacct:/there\n0::/user\n";
        let machine = Recorded::good()
            .file("/proc/self/mountinfo", mounts)
            .file("/proc/self/cgroup", own)
            .file("/sys/fs/cgroup/memory/job/cgroup.procs", "")
            .file("/sys/fs/cgroup/cpu,cpuacct/cgroup.procs", "");
        let places = Places::find(&machine);
        assert_eq!(places.lack(Controller::Memory), Some(Lack::FirstVersion));
        assert_eq!(places.lack(Controller::Pids), Some(Lack::Foreign));
        let root = machine
            .writable("/sys/fs/cgroup/memory/job/cgroup.procs")
            .writable("/sys/fs/cgroup/cpu,cpuacct/cgroup.procs");
        let places = Places::find(&root);
        let folders: Vec<&Path> = places.hierarchies.iter().map(|one| one.folder.as_path()).collect();
        // The group of `cpu` is not mounted where its path says: the mount itself serves.
        assert_eq!(folders, ["/sys/fs/cgroup/memory/job", "/sys/fs/cgroup/cpu,cpuacct"].map(Path::new));
        assert_eq!(places.lack(Controller::Pids), Some(Lack::Foreign));
    }
}
