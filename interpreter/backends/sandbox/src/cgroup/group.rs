//! The control group of a step: a folder in each hierarchy that is needed. A lock (`flock`) on it tells that its process lives.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use pipe_ops::Limits;
use rustix::fs::{FlockOperation, flock};

use super::place::Hierarchy;
use super::settings::{Controller, Version, kills, number_of};

/// How the folders of groups are called; what is called so and locked by nobody was left by a process that was killed.
const PREFIX: &str = "pipe-step-";
/// The folder that processes go to which were in a group that is to have groups.
const OUTSIDE: &str = "pipe-outside";
/// How often a group is emptied while processes still come into it.
const ATTEMPTS: usize = 20;

/// The control group of one step.
pub(crate) struct Group {
    folders: Vec<Folder>,
}

struct Folder {
    path: PathBuf,
    version: Version,
    has_memory: bool,
    /// `cgroup.procs`: who writes to it goes in.
    entry: File,
    _lock: File,
}

impl Group {
    /// Makes one with these limits, as far as the hierarchies keep them.
    pub(super) fn make(hierarchies: &[Hierarchy], limits: &Limits) -> io::Result<Group> {
        let wanted = Controller::wanted(limits);
        let mut group = Group { folders: Vec::new() };
        for hierarchy in hierarchies {
            let controllers: Vec<Controller> =
                hierarchy.controllers.iter().filter(|one| wanted.contains(one)).copied().collect();
            if controllers.is_empty() {
                continue;
            }
            match Folder::make(hierarchy, &controllers, limits) {
                Ok(folder) => group.folders.push(folder),
                Err(error) => {
                    group.remove();
                    return Err(error);
                }
            }
        }
        Ok(group)
    }

    /// What a process has to write `0` to, to be in it.
    pub(crate) fn entries(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.folders.iter().map(|folder| folder.entry.as_fd())
    }

    /// Whether the kernel killed something in it for want of memory.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        let of = |folder: &Folder| {
            let (file, line) = kills(folder.version);
            fs::read_to_string(folder.path.join(file)).ok().and_then(|text| number_of(&text, line))
        };
        self.folders
            .iter()
            .filter(|folder| folder.has_memory)
            .any(|folder| of(folder).is_some_and(|kills| kills > 0))
    }

    /// Removes it, if nothing is in it any more; whether it is gone.
    pub(super) fn remove(&self) -> bool {
        let gone = |folder: &Folder| match fs::remove_dir(&folder.path) {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        // All of them are tried.
        self.folders.iter().filter(|folder| !gone(folder)).count() == 0
    }
}

impl Folder {
    fn make(hierarchy: &Hierarchy, controllers: &[Controller], limits: &Limits) -> io::Result<Folder> {
        let (path, lock) = locked_folder(&hierarchy.folder)?;
        let made = controllers
            .iter()
            .flat_map(|controller| controller.settings(hierarchy.version, limits))
            .try_for_each(|setting| match write(&path.join(setting.file), &setting.value) {
                Err(_) if setting.optional => Ok(()),
                other => other,
            })
            .and_then(|()| file_of_kernel(&path.join("cgroup.procs")));
        match made {
            Ok(entry) => {
                let has_memory = controllers.contains(&Controller::Memory);
                Ok(Folder { path, version: hierarchy.version, has_memory, entry, _lock: lock })
            }
            Err(error) => {
                let _ = fs::remove_dir(&path);
                Err(error)
            }
        }
    }
}

/// A new folder that is locked from the first moment on that somebody else can take it for one left behind.
fn locked_folder(parent: &Path) -> io::Result<(PathBuf, File)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    for _ in 0..1000 {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
        match fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            other => other?,
        }
        // A sweeper can be faster than the lock.
        let Ok(lock) = File::open(&path) else { continue };
        flock(&lock, FlockOperation::LockExclusive)?;
        if path.exists() {
            return Ok((path, lock));
        }
    }
    Err(io::Error::other("no free name for a control group"))
}

/// Removes the groups in a folder that nobody holds.
pub(super) fn sweep(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes())) {
        let Ok(lock) = File::open(path.path()) else { continue };
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            // One that still has processes stays.
            let _ = fs::remove_dir(path.path());
        }
    }
}

/// Lets a group hand its controllers on. The processes in it, which are this one and those it started, go to a group beside the steps'.
pub(super) fn open(hierarchy: &Hierarchy) -> io::Result<()> {
    let folder = &hierarchy.folder;
    let controllers: Vec<String> =
        hierarchy.controllers.iter().map(|controller| format!("+{}", controller.name())).collect();
    let hand_on = || write(&folder.join("cgroup.subtree_control"), &controllers.join(" "));
    if hand_on().is_ok() {
        return Ok(());
    }
    let outside = folder.join(OUTSIDE);
    match fs::create_dir(&outside) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let mut last = Ok(());
    for _ in 0..ATTEMPTS {
        for pid in fs::read_to_string(folder.join("cgroup.procs"))?.lines() {
            // One that is gone need not go.
            let _ = write(&outside.join("cgroup.procs"), pid);
        }
        last = hand_on();
        if last.is_ok() {
            break;
        }
    }
    last
}

/// Writes a file of the kernel's in one go.
fn write(path: &Path, value: &str) -> io::Result<()> {
    file_of_kernel(path)?.write_all(value.as_bytes())
}

/// A file that the kernel has made with the folder. It lets nobody make one that it does not know.
fn file_of_kernel(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn hierarchy(folder: &Path, version: Version) -> Hierarchy {
        Hierarchy { version, folder: folder.to_owned(), controllers: Controller::ALL.to_vec(), to_open: true }
    }

    /// Files appear by themselves in the kernel's tree; here they are made by being written.
    #[test]
    fn a_group_holds_its_limits_and_tells_that_memory_ran_out() {
        let parent = tempfile::tempdir().unwrap();
        let limits = Limits { memory: Some(1 << 26), pids: Some(9), millicpus: None };
        let group = Group::make(&[hierarchy(parent.path(), Version::Two)], &limits).unwrap();
        let path = &group.folders[0].path;
        let read = |file: &str| fs::read_to_string(path.join(file)).ok();
        assert_eq!(read("memory.max").as_deref(), Some("67108864"));
        assert_eq!(read("memory.oom.group").as_deref(), Some("1"));
        assert_eq!((read("pids.max").as_deref(), read("cpu.max")), (Some("9"), None));
        for entry in group.entries() {
            File::from(entry.try_clone_to_owned().unwrap()).write_all(b"0").unwrap();
        }
        assert_eq!(read("cgroup.procs").as_deref(), Some("0"));
        assert!(!group.ran_out_of_memory());
        fs::write(path.join("memory.events"), "oom 1\noom_kill 2\n").unwrap();
        assert!(group.ran_out_of_memory());
        // It is not empty here, as one is in which something still dies.
        assert!(!group.remove());
        fs::remove_dir_all(path).unwrap();
        assert!(group.remove());
    }

    #[test]
    fn what_a_killed_process_left_is_swept() {
        let parent = tempfile::tempdir().unwrap();
        let (held, _lock) = locked_folder(parent.path()).unwrap();
        let (left, lock) = locked_folder(parent.path()).unwrap();
        drop(lock);
        let foreign = parent.path().join("user.slice");
        fs::create_dir(&foreign).unwrap();
        sweep(parent.path());
        assert_eq!([&held, &left, &foreign].map(|path| path.exists()), [true, false, true]);
    }

    #[test]
    fn the_group_of_a_session_hands_its_controllers_on() {
        let folder = tempfile::tempdir().unwrap();
        open(&hierarchy(folder.path(), Version::Two)).unwrap();
        let written = fs::read_to_string(folder.path().join("cgroup.subtree_control")).unwrap();
        assert_eq!(written, "+memory +pids +cpu");
        // The kernel refuses while processes are in it: they go, and when that does not help it is told.
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("cgroup.subtree_control")).unwrap();
        fs::write(folder.path().join("cgroup.procs"), "12\n").unwrap();
        open(&hierarchy(folder.path(), Version::Two)).unwrap_err();
        let outside = folder.path().join(OUTSIDE).join("cgroup.procs");
        assert_eq!(fs::read_to_string(outside).unwrap(), "12");
    }
}
