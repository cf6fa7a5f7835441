//! What can be looked at of the machine, so that what is said about one can be tested on recordings of others.

#[cfg(test)]
mod recorded;
mod this;

#[cfg(test)]
pub(crate) use recorded::Recorded;
pub(crate) use this::ThisMachine;

/// A machine, as one process sees it.
pub(crate) trait Machine {
    /// The text of a file, if it can be read.
    fn text(&self, path: &str) -> Option<String>;

    /// Whether there is something at a path.
    fn has(&self, path: &str) -> bool;

    /// Whether this process may write a file.
    fn may_write(&self, path: &str) -> bool;

    /// A program on `PATH`.
    fn program(&self, name: &str) -> Option<Program>;

    /// The kind of the file system that holds a path, or would: a magic number of `statfs(2)`.
    fn file_system(&self, path: &str) -> Option<i64>;

    /// Whether a process is this one, or one that it started, or that one of those did.
    fn is_own_process(&self, pid: &str) -> bool;

    /// The user that this process is.
    fn uid(&self) -> u32;

    /// The name of that user.
    fn user_name(&self) -> Option<String>;

    /// The kernel's release, as `uname -r` prints it.
    fn release(&self) -> String;

    /// Where this program itself is.
    fn own_program(&self) -> String;

    /// Whether this process is root.
    fn is_root(&self) -> bool {
        self.uid() == 0
    }

    /// The number that a setting of the kernel has (`kernel.x.y`), if it has that setting.
    fn setting(&self, name: &str) -> Option<u64> {
        self.text(&format!("/proc/sys/{}", name.replace('.', "/")))?.trim().parse().ok()
    }
}

/// A program that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) path: String,
    /// It has rights that its caller lacks: the set-user-id bit, or capabilities of its file.
    pub(crate) is_privileged: bool,
}
