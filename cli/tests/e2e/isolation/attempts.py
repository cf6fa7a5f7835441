"""Tries what no step may do. Says of each attempt what came of it: `name: did it`, or the error's name."""

import ctypes
import errno
import fcntl
import json
import mmap
import os
import platform
import resource
import signal
import socket
import stat
import struct
import sys
import termios

NUMBERS = json.loads(sys.argv[1])
HOST_PROCESS = int(sys.argv[2])

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def call(name, *arguments):
    """Makes a system call, not by way of the C library's wrapper."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(NUMBERS[name]), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


ATTEMPTS = []


def attempt(name, *arguments):
    """An attempt that is one system call."""
    ATTEMPTS.append((name, lambda: call(name, *arguments)))


def other(name):
    """An attempt that is more than that: a decorator."""

    def add(function):
        ATTEMPTS.append((name, function))
        return function

    return add


def room(size):
    return ctypes.create_string_buffer(size)


# Arguments with which each of these would succeed for an ordinary user, or for a root with all capabilities.
NEW_MOUNTS, NEW_USER, NEW_PIDS, NEW_NETWORK = 0x20000, 0x10000000, 0x20000000, 0x40000000
NEW_CGROUP, NEW_NAMES, NEW_IPC, NEW_TIME = 0x2000000, 0x4000000, 0x8000000, 0x80
SESSION_KEYRING = -3
attempt("acct", b"/tmp/acct")
attempt("add_key", b"user", b"name", b"value", 5, SESSION_KEYRING)
attempt("bpf", 5, room(128), 128)
attempt("clock_settime", 0, room(16))
attempt("delete_module", b"dummy", 0)
attempt("fanotify_init", 0x200, 0)
attempt("finit_module", 0, b"", 0)
attempt("fsconfig", 0, 0, b"a", b"b", 0)
attempt("fsmount", 0, 0, 0)
attempt("fsopen", b"tmpfs", 0)
attempt("fspick", -100, b"/", 0)
attempt("init_module", room(16), 16, b"")
attempt("io_uring_setup", 4, room(120))
attempt("io_uring_register", 0, 0, 0, 0)
attempt("kcmp", os.getpid(), os.getpid(), 2, 0, 0)
attempt("kexec_load", 0, 0, room(8), 0)
attempt("kexec_file_load", 0, -1, 1, b"", 8)
attempt("keyctl", 0, SESSION_KEYRING, 1)
attempt("lookup_dcookie", 0, room(64), 64)
attempt("mbind", 0, 0, 0, 0, 0, 0)
attempt("mount", b"none", b"/tmp", b"tmpfs", 0, 0)
attempt("mount_setattr", -100, b"/", 0, room(32), 32)
attempt("move_mount", -100, b"/usr", -100, b"/tmp", 0)
attempt("move_pages", 0, 0, 0, 0, 0, 0)
attempt("open_by_handle_at", -100, room(136), 0)
attempt("open_tree", -100, b"/usr", 1)
attempt("perf_event_open", struct.pack("<IIQQQQQ", 1, 112, 0, 0, 0, 0, 1 << 5 | 1 << 6) + bytes(72), 0, -1, -1, 0)
attempt("pivot_root", b"/tmp", b"/tmp")
attempt("process_madvise", 0, 0, 0, 0, 0)
attempt("quotactl", 0x80000100, b"/dev/sda", 0, room(64))
attempt("reboot", 0xFEE1DEAD, 672274793, 0, 0)
attempt("request_key", b"user", b"name", b"", SESSION_KEYRING)
attempt("set_mempolicy", 0, 0, 0)
attempt("setdomainname", b"x", 1)
attempt("sethostname", b"x", 1)
attempt("setns", os.pidfd_open(os.getpid()), NEW_NAMES)
attempt("settimeofday", room(16), 0)
attempt("swapoff", b"/tmp/x")
attempt("swapon", b"/tmp/x", 0)
attempt("syslog", 3, room(64), 64)
attempt("umount2", b"/proc", 2)
attempt("unshare", NEW_USER)
attempt("userfaultfd", 1)
attempt("vhangup")
if platform.machine() == "x86_64":
    attempt("ioperm", 0x80, 1, 1)
    attempt("iopl", 3)

for kind, flag in [
    ("mounts", NEW_MOUNTS), ("users", NEW_USER), ("processes", NEW_PIDS), ("networks", NEW_NETWORK),
    ("cgroups", NEW_CGROUP), ("host names", NEW_NAMES), ("ipc", NEW_IPC),
]:  # fmt: skip

    @other(f"clone with new {kind}")
    def _(flag=flag):
        if call("clone", flag | signal.SIGCHLD, 0, 0, 0, 0) == 0:
            os._exit(0)

    @other(f"unshare of {kind}")
    def _(flag=flag):
        call("unshare", flag)


@other("unshare of clocks")
def _():
    call("unshare", NEW_TIME)


@other("clone3")
def _():
    if call("clone3", struct.pack("<8Q", NEW_USER, 0, 0, 0, signal.SIGCHLD, 0, 0, 0), 64) == 0:
        os._exit(0)


@other("a call that is newer than the list")
def _():
    call("newer than the list")


@other("no address randomization")
def _():
    call("personality", 0x0040000)


@other("readable memory becomes executable")
def _():
    call("personality", 0x0400000)


@other("AF_VSOCK")
def _():
    socket.socket(40, socket.SOCK_STREAM)


@other("AF_ALG")
def _():
    socket.socket(38, socket.SOCK_SEQPACKET)


@other("AF_PACKET")
def _():
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)


@other("raw internet socket")
def _():
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)


# Calls that are allowed, with arguments that ask for too much.


@other("adjust the clock")
def _():
    call("adjtimex", struct.pack("<I4xq", 2, 1000) + bytes(300))


@other("real-time scheduling")
def _():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


@other("a higher priority")
def _():
    os.setpriority(os.PRIO_PROCESS, 0, -5)


@other("more open files than allowed")
def _():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    call("prlimit64", 0, resource.RLIMIT_NOFILE, struct.pack("<QQ", hard, hard + 1), 0)


@other("core dumps")
def _():
    call("prlimit64", 0, resource.RLIMIT_CORE, struct.pack("<QQ", 1 << 20, 1 << 20), 0)


@other("to be killed last when memory is short")
def _():
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")


@other("more capabilities")
def _():
    header = struct.pack("<Ii", 0x20080522, 0)
    call("capset", header, struct.pack("<6I", 0xFFFFFFFF, 0xFFFFFFFF, 0, 0x1FF, 0x1FF, 0))


@other("a file with more capabilities")
def _():
    with open("/tmp/able", "wb") as to, open("/bin/true", "rb") as source:
        to.write(source.read())
    os.chmod("/tmp/able", 0o755)
    # VFS_CAP_REVISION_2 with the effective bit: CAP_SYS_ADMIN (21).
    os.setxattr("/tmp/able", "security.capability", struct.pack("<5I", 0x02000001, 1 << 21, 0, 0, 0))
    os.execv("/tmp/able", ["able"])


@other("other ids in its map")
def _():
    with open("/proc/self/uid_map", "w") as file:
        file.write("0 0 4294967295")


# The process that began the step shares the supervisor's memory.


@other("ptrace of the first process")
def _():
    call("ptrace", 16, 1, 0, 0)


@other("ptrace of the first process, seized")
def _():
    call("ptrace", 0x4206, 1, 0, 0)


def transfer(name):
    data = room(8)
    local = (ctypes.c_uint64 * 2)(ctypes.addressof(data), 8)
    remote = (ctypes.c_uint64 * 2)(ctypes.addressof(data), 8)
    call(name, 1, local, 1, remote, 1, 0)


@other("reading the memory of the first process")
def _():
    transfer("process_vm_readv")


@other("writing the memory of the first process")
def _():
    transfer("process_vm_writev")


@other("a descriptor of the first process")
def _():
    call("pidfd_getfd", os.pidfd_open(1), 3, 0)


for name in ["mem", "environ", "maps", "auxv", "stack", "syscall", "pagemap"]:

    @other(f"/proc/1/{name}")
    def _(name=name):
        with open(f"/proc/1/{name}", "rb") as file:
            file.read(1)


for name in ["root", "cwd", "exe", "fd/0", "ns/mnt", "ns/user"]:

    @other(f"/proc/1/{name}")
    def _(name=name):
        os.stat(f"/proc/1/{name}")


for name in ["oom_score_adj", "coredump_filter", "clear_refs", "comm", "mem", "timerslack_ns", "loginuid"]:

    @other(f"writing /proc/1/{name}")
    def _(name=name):
        os.write(os.open(f"/proc/1/{name}", os.O_WRONLY), b"1")


@other("killing the first process")
def _():
    os.kill(1, signal.SIGKILL)
    if os.path.exists("/proc/1"):
        raise OSError(errno.EPERM, "it lives")


@other("a process of the host")
def _():
    os.kill(HOST_PROCESS, 0)


@other("ptrace of a process of the host")
def _():
    call("ptrace", 0x4206, HOST_PROCESS, 0, 0)


# Devices.

for name, kind, major, minor in [
    ("null", stat.S_IFCHR, 1, 3), ("mem", stat.S_IFCHR, 1, 1), ("kmsg", stat.S_IFCHR, 1, 11),
    ("a disk", stat.S_IFBLK, 8, 0), ("a memory disk", stat.S_IFBLK, 1, 0), ("a whiteout", stat.S_IFCHR, 0, 0),
]:  # fmt: skip

    @other(f"making {name}")
    def _(kind=kind, major=major, minor=minor):
        os.mknod("/tmp/node", kind | 0o666, os.makedev(major, minor))


for name in ["mem", "kmem", "port", "kmsg", "fuse", "kvm", "net/tun", "loop-control", "loop0", "mapper/control",
             "sda", "vda", "nvme0", "vsock", "vhost-vsock", "uinput", "hpet", "userfaultfd", "console"]:  # fmt: skip

    @other(f"/dev/{name}")
    def _(name=name):
        os.close(os.open(f"/dev/{name}", os.O_RDONLY))


# Terminals: there is none, and none of the host's is among those of `/dev/pts`.


@other("the terminal")
def _():
    os.close(os.open("/dev/tty", os.O_RDWR))


for number in range(3):

    @other(f"typing on descriptor {number}")
    def _(number=number):
        fcntl.ioctl(number, termios.TIOCSTI, b"x")


@other("another terminal")
def _():
    if all(name == "ptmx" for name in os.listdir("/dev/pts")):
        raise OSError(errno.ENOENT, "none")


# Files that reach into the kernel.

for path in ["/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches",
             "/proc/sys/kernel/hostname", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/fs/binfmt_misc/register",
             "/proc/sys/kernel/unprivileged_userns_clone", "/proc/irq/default_smp_affinity", "/proc/mtrr",
             "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/power/state", "/sys/kernel/uevent_helper",
             "/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/cgroup.procs", "/sys/module/dummy/parameters/x"]:  # fmt: skip

    @other(f"writing {path}")
    def _(path=path):
        os.close(os.open(path, os.O_WRONLY))


@other("a control group of its own")
def _():
    os.mkdir("/sys/fs/cgroup/mine")


@other("remounting /sys")
def _():
    call("mount", b"none", b"/sys", b"", 32, 0)


for path in ["/proc/kcore", "/proc/keys", "/proc/kmsg", "/proc/kpageflags", "/proc/vmcore", "/proc/timer_list",
             "/proc/interrupts", "/proc/slabinfo", "/proc/vmallocinfo"]:  # fmt: skip

    @other(f"reading {path}")
    def _(path=path):
        with open(path, "rb", buffering=0) as file:
            if not file.read(1):
                raise OSError(errno.ENODATA, "nothing in it")


for path in ["/proc/acpi", "/proc/asound", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap", "/sys/fs/cgroup"]:

    @other(f"looking into {path}")
    def _(path=path):
        if not os.listdir(path):
            raise OSError(errno.ENODATA, "nothing in it")


# What leads out of the root.


@other("above the root by chroot")
def _():
    def place():
        found = os.stat("/")
        return found.st_dev, found.st_ino

    root = place()
    os.makedirs("/tmp/below", exist_ok=True)
    os.chroot("/tmp/below")
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    if place() == root:
        raise OSError(errno.EPERM, "the same")


@other("writing to the host's tools")
def _():
    os.close(os.open("/usr/bin/env", os.O_WRONLY))


@other("attributes of the host's tools")
def _():
    os.chmod("/usr/bin/env", 0o777)


@other("flags of the host's tools")
def _():
    file = os.open("/usr/bin/env", os.O_RDONLY)
    fcntl.ioctl(file, 0x40086602, struct.pack("<q", 0))


@other("memory of the host's tools")
def _():
    file = os.open("/usr/bin/env", os.O_RDONLY)
    mmap.mmap(file, 4096, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)


@other("the host's tools by a descriptor's name")
def _():
    file = os.open("/usr/bin/env", os.O_RDONLY)
    os.close(os.open(f"/proc/self/fd/{file}", os.O_RDWR))


@other("a file that is mapped")
def _():
    for name in os.listdir("/proc/self/map_files"):
        os.close(os.open(f"/proc/self/map_files/{name}", os.O_RDWR))


if platform.machine() == "x86_64":

    def machine_code(code):
        memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        memory.write(code)
        return ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))()

    @other("a call of 32-bit programs")
    def _():
        # mov eax, 20 (getpid); int 0x80; ret
        machine_code(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")

    @other("a call of x32 programs")
    def _():
        # mov eax, 0x40000027 (getpid); syscall; ret
        result = machine_code(b"\xb8\x27\x00\x00\x40\x0f\x05\xc3")
        if result < 0:
            raise OSError(-result, "x32")


def outcome(function):
    """What comes of an attempt, made in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # One that executes another program did it.
        os.set_inheritable(writer, False)
        try:
            # Who may, keeps what it mounts to itself.
            call("unshare", NEW_MOUNTS)
        except OSError:
            pass
        try:
            function()
            said = "did it"
        except OSError as error:
            said = errno.errorcode.get(error.errno, str(error.errno))
        except Exception as error:
            said = f"{type(error).__name__} {error}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    said = os.read(reader, 1000).decode()
    os.close(reader)
    status = os.waitpid(child, 0)[1]
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else said or "did it"


for name, function in ATTEMPTS:
    print(f"{name}: {outcome(function)}", flush=True)

# Everything in `/proc` and `/sys` that can be written, but for what is this process's own. What says something of the first process can
# be opened and does not take anything.
own = {str(os.getpid()), "self", "thread-self"}
for top in ["/proc", "/sys"]:
    for folder, folders, files in os.walk(top):
        if folder == "/proc":
            folders[:] = [name for name in folders if name not in own]
        for file in files:
            path = f"{folder}/{file}"
            try:
                if stat.S_ISREG(os.lstat(path).st_mode):
                    opened = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
                    if path.startswith("/proc/1/"):
                        os.write(opened, b"x")
                    print(f"can be written: {path}")
            except OSError:
                pass
