//! What the tests need on the machine.

use std::process::Command;

use crate::run;

/// A program that has to be there, and the Debian package it is in.
const NEEDED: &[(&str, &str)] = &[
    ("git", "git"),
    ("ip", "iproute2"),
    ("newuidmap", "uidmap"),
    ("openssl", "openssl"),
    ("python3", "python3"),
    ("sshd", "openssh-server"),
    ("setpriv", "util-linux"),
    ("strace", "strace"),
    ("unshare", "util-linux"),
    ("useradd", "passwd"),
    ("busybox", "busybox-static"),
    ("faketime", "faketime"),
    ("curl", "curl"),
    ("qemu-aarch64-static", "qemu-user-static"),
    ("docker-registry", "docker-registry"),
    ("mmdebstrap", "mmdebstrap"),
    ("skopeo", "skopeo"),
    ("pip3", "python3-pip"),
];

/// What only root's tests need: engines that run images, one with a daemon.
const NEEDED_BY_ROOT: &[(&str, &str)] = &[("dockerd", "docker.io"), ("podman", "podman"), ("runc", "runc")];

/// Installs what is missing, as root on a Debian; else says what to install.
pub(super) fn packages() -> Result<(), String> {
    let of_root = if is_root() { NEEDED_BY_ROOT } else { &[] };
    let missing: Vec<&str> = NEEDED
        .iter()
        .chain(of_root)
        .filter(|(program, _)| run::find(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    install(&missing)
}

/// Installs Debian packages that are missing.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    if packages.is_empty() {
        return Ok(());
    }
    if !is_root() || run::find("apt-get").is_none() {
        return Err(format!("these packages are missing: {}", packages.join(" ")));
    }
    run::succeed(Command::new("apt-get").args(["update", "-qq"]))?;
    run::succeed(
        Command::new("apt-get").args(["install", "-qq", "-y", "--no-install-recommends"]).args(packages),
    )
}

/// Whether this process is root, without a system call of its own: `/proc` belongs to whoever runs.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0)
}
