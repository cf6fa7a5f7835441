//! Why there is no sandbox here, and what mends it.

use pipe_engine::BackendError;

use crate::machine::{Machine, ThisMachine};

/// What was found out about a user namespace that could not be made or used.
struct Cause {
    what: String,
    help: String,
}

const OTHER_WAY: &str = "or run elsewhere";

/// Namespaces of every kind that a step needs: fewer than these can be none.
const FEWEST_NAMESPACES: u64 = 4;

/// The error for a part of the namespace's making that failed with this error number.
pub(super) fn explain(what: &str, errno: i32) -> BackendError {
    explain_on(&ThisMachine, what, errno)
}

fn explain_on(machine: &dyn Machine, what: &str, errno: i32) -> BackendError {
    let error = std::io::Error::from_raw_os_error(errno);
    match cause(machine, errno) {
        Some(Cause { what: cause, help }) => {
            BackendError::Unsupported { what: format!("the sandbox cannot {what}: {cause}"), help }
        }
        None => BackendError::Unsupported {
            what: format!("the sandbox cannot {what}: {error}"),
            help: format!("`pipe doctor` looks at everything the sandbox needs; {OTHER_WAY}"),
        },
    }
}

fn cause(machine: &dyn Machine, errno: i32) -> Option<Cause> {
    match errno {
        libc::ENOSPC | libc::EUSERS => Some(limit(machine)),
        libc::EPERM | libc::EACCES => refusal(machine),
        libc::EINVAL | libc::ENOSYS if !machine.has("/proc/self/ns/user") => Some(Cause {
            what: "this kernel is built without user namespaces".to_owned(),
            help: format!("use a kernel with CONFIG_USER_NS=y, {OTHER_WAY}"),
        }),
        libc::EINVAL | libc::ENOSYS => Some(Cause {
            what: format!("this kernel, {}, refuses what Linux 6.5 has", machine.release()),
            help: format!("use Linux 6.5 or newer, {OTHER_WAY}"),
        }),
        _ => None,
    }
}

/// A limit on namespaces: the first that is too low to make one of each kind.
fn limit(machine: &dyn Machine) -> Cause {
    for kind in ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"] {
        let name = format!("user.max_{kind}_namespaces");
        if let Some(value) = machine.setting(&name).filter(|value| *value < FEWEST_NAMESPACES) {
            return Cause {
                what: format!("this machine allows too few namespaces ({name} = {value})"),
                help: setting_help(&name, 15_000),
            };
        }
    }
    Cause {
        what: "the limit on namespaces is reached (user.max_user_namespaces and its like)".to_owned(),
        help: format!(
            "end other containers, or raise the limit: `sysctl -a | grep namespaces` shows it; {OTHER_WAY}"
        ),
    }
}

fn setting_help(name: &str, value: u64) -> String {
    format!(
        "`sudo sysctl {name}={value}`, and the same line in /etc/sysctl.d/90-pipe.conf to keep it; {OTHER_WAY}"
    )
}

/// A refusal: by a setting of the distribution, or by the container that this machine is.
fn refusal(machine: &dyn Machine) -> Option<Cause> {
    let is_one = |name: &str, value: u64| !machine.is_root() && machine.setting(name) == Some(value);
    let debian = "kernel.unprivileged_userns_clone";
    if is_one(debian, 0) {
        return Some(Cause {
            what: format!("this machine refuses user namespaces to ordinary users ({debian} = 0)"),
            help: setting_help(debian, 1),
        });
    }
    let ubuntu = "kernel.apparmor_restrict_unprivileged_userns";
    if is_one(ubuntu, 1) {
        return Some(Cause {
            what: format!("AppArmor refuses user namespaces to programs without a profile ({ubuntu} = 1)"),
            help: apparmor_help(&machine.own_program()),
        });
    }
    is_filtered(machine).then(|| {
        let (container, help) = container(machine);
        let what = format!("a seccomp filter around this process refuses user namespaces: {container}");
        Cause { what, help: format!("{help}, {OTHER_WAY}") }
    })
}

/// What kind of container seems to be around this process, and how one of that kind lets namespaces be made in it.
fn container(machine: &dyn Machine) -> (&'static str, &'static str) {
    if machine.has("/var/run/secrets/kubernetes.io") {
        let help = "give the pod `securityContext: {seccompProfile: {type: Unconfined}, procMount: Unmasked}` and `hostUsers: false`";
        return ("it runs in a pod of Kubernetes", help);
    }
    let help =
        "start that container with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`";
    if machine.has("/run/.containerenv") {
        return ("it runs in a container of Podman", help);
    }
    if machine.has("/.dockerenv") {
        return ("it runs in a container of Docker", help);
    }
    (
        "it seems to run in a container",
        "start that container with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined` (Docker, Podman)",
    )
}

/// A profile that allows namespaces to this program and nothing else.
fn apparmor_help(program: &str) -> String {
    format!(
        "allow them to pipe: `printf 'abi <abi/4.0>,\\nprofile pipe {program} flags=(unconfined) {{ userns, }}\\n' | sudo tee \
         /etc/apparmor.d/pipe && sudo apparmor_parser -r /etc/apparmor.d/pipe`; {OTHER_WAY}"
    )
}

/// Whether a seccomp filter is around this process.
fn is_filtered(machine: &dyn Machine) -> bool {
    let status = machine.text("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.strip_prefix("Seccomp:").is_some_and(|mode| mode.trim() == "2"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Recorded;

    #[track_caller]
    fn said(machine: &Recorded, errno: i32, what: &str, help: &str) {
        match explain_on(machine, "make a user namespace", errno) {
            BackendError::Unsupported { what: said, help: advice } => {
                assert!(said.contains(what), "{said}");
                assert!(advice.contains(help) && advice.contains(OTHER_WAY), "{advice}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_distribution_that_refuses_is_told_by_its_setting() {
        let debian = Recorded::good().file("/proc/sys/kernel/unprivileged_userns_clone", "0\n");
        said(
            &debian,
            libc::EPERM,
            "kernel.unprivileged_userns_clone = 0",
            "sysctl kernel.unprivileged_userns_clone=1",
        );
        let ubuntu = Recorded::good().file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
        said(
            &ubuntu,
            libc::EACCES,
            "AppArmor refuses",
            "profile pipe /opt/pipe flags=(unconfined) { userns, }",
        );
        // Neither is meant for root, nor set the other way round.
        said(&debian.root(), libc::EPERM, "Operation not permitted", "`pipe doctor`");
        let open = Recorded::good()
            .file("/proc/sys/kernel/unprivileged_userns_clone", "1\n")
            .file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0\n");
        said(&open, libc::EPERM, "Operation not permitted", "`pipe doctor`");
    }

    #[test]
    fn containers_that_refuse_are_told_apart() {
        let filtered = Recorded::good().file("/proc/self/status", "Seccomp:\t2\n");
        let docker = "--security-opt seccomp=unconfined --security-opt systempaths=unconfined";
        said(&filtered, libc::EPERM, "seems to run in a container", docker);
        said(&filtered.clone().file("/.dockerenv", ""), libc::EPERM, "container of Docker", docker);
        said(&filtered.clone().file("/run/.containerenv", ""), libc::EPERM, "container of Podman", docker);
        let pod = filtered.file("/var/run/secrets/kubernetes.io/serviceaccount/token", "").root();
        said(&pod, libc::EPERM, "pod of Kubernetes", "seccompProfile");
    }

    #[test]
    fn limits_are_named_with_their_values() {
        let none = Recorded::good().file("/proc/sys/user/max_user_namespaces", "0\n");
        said(&none, libc::ENOSPC, "user.max_user_namespaces = 0", "sysctl user.max_user_namespaces=15000");
        let few = Recorded::good()
            .file("/proc/sys/user/max_user_namespaces", "15000\n")
            .file("/proc/sys/user/max_net_namespaces", "3\n");
        said(&few, libc::ENOSPC, "user.max_net_namespaces = 3", "sysctl user.max_net_namespaces=15000");
        said(&Recorded::good(), libc::EUSERS, "the limit on namespaces is reached", "end other containers");
    }

    #[test]
    fn kernels_that_cannot_are_told_apart() {
        let without = Recorded::good().without("/proc/self/ns/user");
        said(&without, libc::EINVAL, "built without user namespaces", "CONFIG_USER_NS=y");
        let old = Recorded::good().release("5.10.0");
        said(&old, libc::ENOSYS, "this kernel, 5.10.0, refuses", "Linux 6.5 or newer");
    }
}
