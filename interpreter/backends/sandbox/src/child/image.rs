//! All that a step's processes need, prepared by the supervisor so that they allocate nothing.

use std::ffi::{CStr, CString, c_char, c_int};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, Ordering};

use zeroize::{Zeroize, Zeroizing};

/// An overlay. Paths are relative to the supervisor's working folder, the store.
pub(crate) struct Overlay {
    /// Highest first, as the kernel wants them appended.
    pub(crate) lowers: Vec<CString>,
    pub(crate) upper: CString,
    pub(crate) work: CString,
}

/// What is attached at a path of the new root.
pub(crate) enum Source {
    /// A private writable view of layers.
    Overlay(Overlay),
    /// A private writable file.
    Private(CString),
    /// A folder or file of the host, read-only.
    Host(CString),
    /// A cache volume.
    Volume(CString),
    /// A folder in memory, with its size in bytes.
    Tmpfs(Option<CString>),
    /// A file in memory, by its place among the step's.
    Secret(usize),
}

/// A file in memory with a secret.
pub(crate) struct SecretFile {
    /// In the folder that all of them are made in, which no step sees.
    pub(crate) name: CString,
    pub(crate) content: Zeroizing<Vec<u8>>,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mode: u32,
    /// The file alone, as a mount that is attached nowhere yet.
    pub(crate) mount: FdSlot,
}

/// A mount of the new root.
pub(crate) struct Attachment {
    /// Absolute, in the new root.
    pub(crate) target: CString,
    pub(crate) source: Source,
    /// What must be made first to attach it to, in a volume or in memory: folders, outermost first, then perhaps a file.
    pub(crate) missing: Vec<MountPoint>,
}

/// Something to be attached to.
pub(crate) enum MountPoint {
    Folder(CString),
    File(CString),
}

/// Who the command runs as, in ids of the namespace.
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
    /// Whether supplementary groups may be set: not in a namespace with a single id.
    pub(crate) may_set_groups: bool,
    /// Whether a set-user-id program gains nothing.
    pub(crate) no_new_privileges: bool,
    /// Whether root has every capability.
    pub(crate) privileged: bool,
}

/// Resource limits the command gets.
pub(crate) struct Limits {
    /// Open files, soft and hard: those `pipe` was started with.
    pub(crate) open_files: (u64, u64),
    /// Bytes of memory that a process writes to.
    pub(crate) data: Option<u64>,
    /// Processes that its user has.
    pub(crate) processes: Option<u64>,
    /// How many control groups it enters, which come with the step.
    pub(crate) groups: usize,
}

/// Room for a descriptor, filled by the step's first process.
pub(crate) struct FdSlot(AtomicI32);

impl FdSlot {
    /// Without one.
    pub(crate) fn empty() -> FdSlot {
        FdSlot(AtomicI32::new(-1))
    }

    /// As many as wanted.
    pub(crate) fn vec(count: usize) -> Vec<FdSlot> {
        (0..count).map(|_| FdSlot::empty()).collect()
    }

    pub(crate) fn set(&self, fd: RawFd) {
        self.0.store(fd, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> RawFd {
        self.0.load(Ordering::Relaxed)
    }

    /// What is in it; then it is empty.
    pub(crate) fn take(&self) -> Option<RawFd> {
        let fd = self.0.swap(-1, Ordering::Relaxed);
        (fd >= 0).then_some(fd)
    }
}

/// Which network namespace a step's processes live in.
#[derive(Clone, Copy)]
pub(crate) enum NetworkNamespace {
    /// One that was made ahead, with its loopback up. It comes with the step.
    Made,
    /// A new one.
    New,
    /// The supervisor's, which is the host's.
    Host,
}

/// A step, ready to be run by code that may not allocate. Its processes read it in the supervisor's own memory, so nothing of it
/// changes while they live, but the slots.
pub(crate) struct StepImage {
    pub(crate) root: Overlay,
    /// Where the root is attached before it becomes `/`: any folder, relative to the store.
    pub(crate) attach_point: CString,
    /// In order: a path before one inside it.
    pub(crate) attachments: Vec<Attachment>,
    /// Room for a descriptor for each attachment.
    pub(crate) mount_fds: Vec<FdSlot>,
    /// Files in memory that are among the attachments.
    pub(crate) secrets: Vec<SecretFile>,
    /// Every folder on the way to the working folder, outermost first, the working folder last.
    pub(crate) workdir: Vec<CString>,
    pub(crate) identity: Identity,
    pub(crate) limits: Limits,
    /// Whether an input comes with the step; else it is empty.
    pub(crate) has_stdin: bool,
    pub(crate) network: NetworkNamespace,
    /// Whether a `/sys` comes with the step, mounted and attached nowhere yet.
    pub(crate) has_sysfs: bool,
    /// The seccomp program.
    pub(crate) filter: std::sync::Arc<[libc::sock_filter]>,
    pub(crate) command: Program,
    pub(crate) envp: StringArray,
    /// It has a terminal of its own, the person's side of which goes to the socket that comes as its input.
    pub(crate) has_terminal: bool,
    /// Of a service: what its command gets when it is asked to end.
    pub(crate) stop_signal: Option<c_int>,
    /// Of a service: what is run in it to see whether it can be used.
    pub(crate) probe: Option<Probe>,
}

/// A program with its arguments.
pub(crate) struct Program {
    /// Paths to try, in the order of `PATH`.
    pub(crate) paths: Vec<CString>,
    pub(crate) argv: StringArray,
    /// The stack of its process until it executes.
    pub(crate) stack: Stack,
}

/// A command that is run beside a step's own, whenever the supervisor asks for it.
pub(crate) struct Probe {
    pub(crate) program: Program,
    pub(crate) envp: StringArray,
    /// The stack of the process that starts it.
    pub(crate) stack: Stack,
}

impl StepImage {
    /// The working folder itself.
    pub(crate) fn workdir(&self) -> &CStr {
        self.workdir.last().map_or(c"/", CString::as_c_str)
    }
}

/// Texts with an array of pointers to them that ends in null, as `execve` wants it.
pub(crate) struct StringArray {
    // Keeps what `pointers` points to; moving the vector does not move the texts.
    texts: Vec<CString>,
    pointers: Vec<*const c_char>,
}

impl StringArray {
    pub(crate) fn new(texts: Vec<CString>) -> StringArray {
        let pointers = texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect();
        StringArray { texts, pointers }
    }

    /// The array; valid while `self` lives.
    pub(crate) fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

impl Drop for StringArray {
    /// Values of secret variables may be among them.
    fn drop(&mut self) {
        for text in self.texts.drain(..) {
            text.into_bytes().zeroize();
        }
    }
}

/// Memory for the stack of a process that shares this one's memory.
pub(crate) struct Stack {
    // Keeps what `base` points to.
    _memory: Vec<u128>,
    base: *mut u128,
}

// SAFETY: the pointer is one to memory that only this value owns; threads may pass it on.
unsafe impl Send for Stack {}

/// 64 KiB: the calls of these processes are few and shallow.
const STACK_LEN: usize = 4096;

impl Stack {
    /// Memory that nobody has written to: pages that the process does not come to are never touched.
    pub(crate) fn new() -> Stack {
        let mut memory = Vec::with_capacity(STACK_LEN);
        let base = memory.as_mut_ptr();
        Stack { _memory: memory, base }
    }

    /// Its lowest address, and its size in bytes; both are multiples of 16.
    pub(crate) fn range(&self) -> (*mut u128, usize) {
        (self.base, STACK_LEN * size_of::<u128>())
    }
}
