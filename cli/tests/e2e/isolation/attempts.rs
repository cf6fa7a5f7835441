//! System calls and files that reach into the kernel, other steps and the supervisor: a program in a step tries them all.

use std::collections::BTreeMap;

use crate::harness::{Outcome, World, has_ids};

const PROGRAM: &str = r#"
param attempts: Dir = workspace.dir(".", include: ["attempts.py"])

fn all(container: Container, numbers: String, process: String, network: Network) -> String {
  container
    .mount("/attempts", attempts)
    .run(["python3", "/attempts/attempts.py", numbers, process], name: "attempts", network: network)
    .stdout
}

pub fn privileged(numbers: String, process: String) -> String {
  tools
    .mount("/attempts", attempts)
    .run(["python3", "/attempts/attempts.py", numbers, process], name: "attempts", network: Off, privileged: true)
    .stdout
}
pub fn by_root(numbers: String, process: String) -> String { all(tools, numbers, process, Off) }
pub fn by_a_user(numbers: String, process: String) -> String { all(tools.user("65534"), numbers, process, Default) }
pub fn in_the_hosts_network(numbers: String, process: String) -> String { all(tools, numbers, process, Host) }
"#;

macro_rules! numbers {
    ($($name:ident),* $(,)?) => {
        BTreeMap::from([$((stringify!($name).trim_start_matches("SYS_"), libc::$name)),*])
    };
}

/// Numbers of the calls that the program makes.
fn numbers() -> String {
    let mut numbers = numbers![
        SYS_acct,
        SYS_add_key,
        SYS_adjtimex,
        SYS_bpf,
        SYS_capset,
        SYS_clock_settime,
        SYS_clone,
        SYS_clone3,
        SYS_delete_module,
        SYS_fanotify_init,
        SYS_finit_module,
        SYS_fsconfig,
        SYS_fsmount,
        SYS_fsopen,
        SYS_fspick,
        SYS_init_module,
        SYS_io_uring_register,
        SYS_io_uring_setup,
        SYS_kcmp,
        SYS_kexec_file_load,
        SYS_kexec_load,
        SYS_keyctl,
        SYS_lookup_dcookie,
        SYS_mbind,
        SYS_mount,
        SYS_mount_setattr,
        SYS_move_mount,
        SYS_move_pages,
        SYS_open_by_handle_at,
        SYS_open_tree,
        SYS_perf_event_open,
        SYS_personality,
        SYS_pidfd_getfd,
        SYS_pivot_root,
        SYS_prlimit64,
        SYS_process_madvise,
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_ptrace,
        SYS_quotactl,
        SYS_reboot,
        SYS_request_key,
        SYS_set_mempolicy,
        SYS_setdomainname,
        SYS_sethostname,
        SYS_setns,
        SYS_settimeofday,
        SYS_swapoff,
        SYS_swapon,
        SYS_syslog,
        SYS_umount2,
        SYS_unshare,
        SYS_userfaultfd,
        SYS_vhangup,
    ];
    #[cfg(target_arch = "x86_64")]
    numbers.extend(numbers![SYS_ioperm, SYS_iopl]);
    numbers.insert("newer than the list", libc::SYS_mseal + 1);
    serde_json::to_string(&numbers).unwrap()
}

/// Ways in which the kernel says that a file is not there, or not for this process.
const CLOSED: &[&str] = &["EACCES", "EPERM", "EROFS", "ENOENT", "ENODATA"];

/// What has to come of an attempt. Nearly all must fail as the filter, or a capability that is not there, makes them.
fn expected(name: &str) -> &'static [&'static str] {
    match name {
        "clone3" | "a call that is newer than the list" | "a call of x32 programs" => &["ENOSYS"],
        // Without support for such programs in the kernel it is no call at all.
        "a call of 32-bit programs" => &["SIGSYS", "SIGSEGV"],
        "a process of the host" | "ptrace of a process of the host" => &["ESRCH"],
        "the terminal" => &["ENXIO"],
        "a higher priority" => &["EACCES", "EPERM"],
        "flags of the host's tools" => &["EROFS", "EPERM", "ENOTTY"],
        name if name.starts_with("typing on") => &["ENOTTY"],
        name if name.starts_with("/dev/") => &["ENOENT"],
        "to be killed last when memory is short"
        | "a control group of its own"
        | "another terminal"
        | "writing to the host's tools"
        | "attributes of the host's tools"
        | "memory of the host's tools"
        | "the host's tools by a descriptor's name" => CLOSED,
        name if name.contains('/') => CLOSED,
        _ => &["EPERM"],
    }
}

/// Runs all attempts of a target.
fn attempt(target: &str) -> Outcome {
    let world = World::tools(PROGRAM);
    world.write("attempts.py", include_str!("attempts.py"));
    let process = std::process::id().to_string();
    let flags = ["--allow", "net:host,privileged", target, "--numbers", &numbers(), "--process", &process];
    world.run(["run"].iter().chain(&flags))
}

/// What a privileged step may do, and what it may because it can see that: all of it to namespaces of its own.
fn is_for_privileged(name: &str) -> bool {
    let calls = [
        "fsconfig",
        "fsmount",
        "fsopen",
        "fspick",
        "kcmp",
        "mount",
        "mount_setattr",
        "move_mount",
        "open_tree",
        "pivot_root",
        "process_madvise",
        "setdomainname",
        "sethostname",
        "setns",
        "umount2",
        "unshare",
        "clone3",
        "AF_PACKET",
        "raw internet socket",
        "a higher priority",
        "more capabilities",
        "a file with more capabilities",
        "remounting /sys",
        "writing /proc/1/timerslack_ns",
        "can be written: /proc/1/timerslack_ns",
        "writing /proc/sys/kernel/hostname",
        "writing /proc/sys/net/ipv4/ip_forward",
    ];
    let kinds = [
        "clone with",
        "unshare of",
        "reading /proc",
        "looking into",
        "can be written: /proc/sys/",
        "can be written: /proc/pressure/",
    ];
    calls.contains(&name) || kinds.iter().any(|kind| name.starts_with(kind))
}

/// None of them may succeed.
#[track_caller]
fn none_succeeds(target: &str) {
    none_succeeds_but(target, |_| false);
}

/// None of them may succeed but these.
#[track_caller]
fn none_succeeds_but(target: &str, may: impl Fn(&str) -> bool) {
    let printed = attempt(target).success().stdout;
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in printed.lines() {
        count += 1;
        let (name, outcome) = line.rsplit_once(": ").unwrap_or((line, ""));
        if !expected(name).contains(&outcome) && !may(name) && !may(line) {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 150, "{printed}");
}

#[test]
fn a_steps_root_is_kept_in() {
    none_succeeds("by_root");
}

#[test]
fn a_steps_user_is_kept_in() {
    if !has_ids() {
        attempt("by_a_user").exits(3).says("needs more than one user id");
        return;
    }
    none_succeeds("by_a_user");
}

/// Nobody but the kernel keeps it in, and that it does.
#[test]
fn a_privileged_step_is_kept_in() {
    none_succeeds_but("privileged", is_for_privileged);
}

/// The grant for the host's network is one for that alone.
#[test]
fn a_step_in_the_hosts_network_is_kept_in() {
    none_succeeds("in_the_hosts_network");
}
