//! Why there is no sandbox here, and what mends it.

use pipe_engine::BackendError;

/// What was found out about a user namespace that could not be made or used.
struct Cause {
    what: String,
    help: String,
}

const OTHER_WAY: &str = "or run elsewhere";

/// The error for a part of the namespace's making that failed with this error number.
pub(super) fn explain(what: &str, errno: i32) -> BackendError {
    let error = std::io::Error::from_raw_os_error(errno);
    match cause(errno) {
        Some(Cause { what: cause, help }) => {
            BackendError::Unsupported { what: format!("the sandbox cannot {what}: {cause}"), help }
        }
        None => BackendError::Unsupported {
            what: format!("the sandbox cannot {what}: {error}"),
            help: format!("`pipe doctor` looks at everything the sandbox needs; {OTHER_WAY}"),
        },
    }
}

fn cause(errno: i32) -> Option<Cause> {
    match errno {
        libc::ENOSPC | libc::EUSERS => limit(),
        libc::EPERM | libc::EACCES => refusal(),
        libc::EINVAL | libc::ENOSYS => Some(Cause {
            what: "this kernel is built without user namespaces or is older than 6.5".to_owned(),
            help: format!("use a newer kernel (CONFIG_USER_NS=y), {OTHER_WAY}"),
        }),
        _ => None,
    }
}

/// A limit on namespaces: the first that is too low to make one of each kind.
fn limit() -> Option<Cause> {
    for kind in ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"] {
        let name = format!("user.max_{kind}_namespaces");
        if let Some(value) = sysctl(&name).filter(|value| *value < 4) {
            return Some(Cause {
                what: format!("this machine allows too few namespaces ({name} = {value})"),
                help: format!(
                    "`sudo sysctl {name}=15000`, and the same line in /etc/sysctl.d/90-pipe.conf to keep it; {OTHER_WAY}"
                ),
            });
        }
    }
    Some(Cause {
        what: "the limit on namespaces is reached (user.max_user_namespaces and its like)".to_owned(),
        help: format!(
            "end other containers, or raise the limit: `sysctl -a | grep namespaces` shows it; {OTHER_WAY}"
        ),
    })
}

/// A refusal: by a setting of the distribution, or by the container that this machine is.
fn refusal() -> Option<Cause> {
    if sysctl("kernel.unprivileged_userns_clone") == Some(0) && !rustix::process::geteuid().is_root() {
        let name = "kernel.unprivileged_userns_clone";
        return Some(Cause {
            what: format!("this machine refuses user namespaces to ordinary users ({name} = 0)"),
            help: format!(
                "`sudo sysctl {name}=1`, and the same line in /etc/sysctl.d/90-pipe.conf to keep it; {OTHER_WAY}"
            ),
        });
    }
    if sysctl("kernel.apparmor_restrict_unprivileged_userns") == Some(1)
        && !rustix::process::geteuid().is_root()
    {
        return Some(Cause {
            what: "AppArmor refuses user namespaces to programs without a profile \
                   (kernel.apparmor_restrict_unprivileged_userns = 1)"
                .to_owned(),
            help: apparmor_help(),
        });
    }
    if is_filtered() {
        return Some(Cause {
            what:
                "a seccomp filter around this process refuses user namespaces: it seems to run in a container"
                    .to_owned(),
            help: format!(
                "start that container with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined` \
                 (Docker, Podman), {OTHER_WAY}"
            ),
        });
    }
    None
}

/// A profile that allows namespaces to this program and nothing else.
fn apparmor_help() -> String {
    let program = std::env::current_exe()
        .map_or_else(|_| "/usr/bin/pipe".to_owned(), |path| path.display().to_string());
    format!(
        "allow them to pipe: `printf 'abi <abi/4.0>,\\nprofile pipe {program} flags=(unconfined) {{ userns, }}\\n' | sudo tee \
         /etc/apparmor.d/pipe && sudo apparmor_parser -r /etc/apparmor.d/pipe`; {OTHER_WAY}"
    )
}

/// The value of a setting of the kernel, if it has that setting.
fn sysctl(name: &str) -> Option<u64> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Whether a seccomp filter is around this process.
fn is_filtered() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.strip_prefix("Seccomp:").is_some_and(|mode| mode.trim() == "2"))
}
