//! What a step cannot see and cannot do.

use std::os::unix::fs::PermissionsExt;

use pipe_engine::Exit;

use crate::lab::Lab;

/// Runs a script that must fail; what it printed to standard error.
async fn refused(lab: &Lab, script: &str) -> String {
    let ran = lab.run(lab.script(script)).await.unwrap();
    assert!(!matches!(ran.outcome.exit, Exit::Code(0)), "`{script}` succeeded: {}", ran.stdout);
    ran.stderr
}

#[tokio::test]
async fn the_hosts_own_folders_are_empty() {
    let lab = Lab::new();
    assert_eq!(lab.output("ls -A /root /home /tmp | grep -v : || true").await.trim(), "");
    let top = lab.output("ls -A /").await;
    let host: Vec<&str> = vec![
        "bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "mnt", "opt", "proc", "root", "run",
        "sbin", "sys", "tmp", "usr", "var",
    ];
    assert!(top.lines().all(|name| host.contains(&name)), "{top}");
    assert_eq!(lab.output("stat -c %a /tmp /root").await, "1777\n700\n");
    assert!(!lab.output("ls /etc/ssl").await.contains("private"));
}

#[tokio::test]
async fn secrets_of_the_host_cannot_be_read() {
    let lab = Lab::new();
    for script in [
        "cat /etc/shadow",
        "ls /etc/ssl/private",
        "cat /etc/sudoers",
        "cat /proc/1/environ",
        "ls /proc/1/root/",
    ] {
        refused(&lab, script).await;
    }
}

/// As root: a file that only root may read stays closed, though the step's user is called root.
#[tokio::test]
async fn what_others_may_not_read_is_closed_in_usr() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIP what_others_may_not_read_is_closed_in_usr: only root can put a file there");
        return;
    }
    let file = tempfile::Builder::new().prefix("pipe-test").tempfile_in("/usr/local/share").unwrap();
    let path = file.path().display().to_string();
    let lab = Lab::new();
    file.as_file().set_permissions(PermissionsExt::from_mode(0o644)).unwrap();
    lab.output(&format!("cat {path}")).await;
    file.as_file().set_permissions(PermissionsExt::from_mode(0o600)).unwrap();
    let complaint = refused(&lab, &format!("cat {path}")).await;
    assert!(complaint.contains("Permission denied"), "{complaint}");
}

#[tokio::test]
async fn the_hosts_tools_are_read_only() {
    let lab = Lab::new();
    for script in [
        "touch /usr/x",
        "touch /bin/x",
        "touch /etc/ssl/certs/x",
        "echo > /etc/nsswitch.conf",
        "mkdir /lib/x",
    ] {
        let complaint = refused(&lab, script).await;
        assert!(complaint.contains("Read-only file system"), "{script}: {complaint}");
    }
    refused(&lab, "rm -rf /usr").await;
    let mounts = lab.output("grep -E ' /usr ' /proc/self/mounts").await;
    assert!(["ro", "nosuid", "nodev"].iter().all(|flag| mounts.contains(flag)), "{mounts}");
}

#[tokio::test]
async fn the_kernel_is_out_of_reach() {
    let lab = Lab::new();
    for script in [
        "mknod /tmp/x c 1 3",
        "mknod /tmp/x b 8 0",
        "mount -t tmpfs tmpfs /tmp",
        "mount --bind /usr /tmp",
        "umount /proc/sys",
        "unshare -U true",
        "unshare -m true",
        "unshare -n true",
        "nsenter -t 1 -m true",
        "echo 1 > /proc/sys/kernel/hostname",
        "echo 1 > /proc/sys/vm/drop_caches",
        "echo b > /proc/sysrq-trigger",
        "echo 0 > /sys/kernel/mm/transparent_hugepage/enabled",
        "dmesg",
        "date -s 2000-01-01",
        "hostname other",
        "chroot / mount -t proc proc /tmp",
        "ip link add x type dummy",
    ] {
        refused(&lab, script).await;
    }
    assert_eq!(
        lab.output("cat /proc/kcore | wc -c; cat /proc/keys | wc -c; ls /sys/firmware | wc -l").await,
        "0\n0\n0\n"
    );
}

#[tokio::test]
async fn no_process_of_the_host_is_there() {
    let lab = Lab::new();
    let mut other = std::process::Command::new("sleep").arg("992").spawn().unwrap();
    let pids = lab.output("echo /proc/[0-9]*").await;
    assert!(pids.split_whitespace().count() <= 3, "{pids}");
    refused(&lab, &format!("kill -0 {}", other.id())).await;
    refused(&lab, "kill -KILL -1 2>/dev/null; kill -KILL 1; test ! -d /proc/1").await;
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
}

#[tokio::test]
async fn ids_are_not_the_hosts() {
    let lab = Lab::new();
    assert_eq!(lab.output("id -u; id -g").await, "0\n0\n");
    let map = lab.output("cat /proc/self/uid_map").await;
    let fields: Vec<&str> = map.split_whitespace().take(2).collect();
    if rustix::process::geteuid().is_root() {
        assert_ne!(fields, ["0", "0"], "{map}");
    }
    let status = lab.output("grep -E '^(CapPrm|CapBnd|CapInh|CapAmb|Seccomp):' /proc/self/status").await;
    let values: Vec<&str> = status.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    let capabilities = "00000000800405fb";
    assert_eq!(values, ["0000000000000000", capabilities, capabilities, "0000000000000000", "2"], "{status}");
    assert_eq!(lab.output("ulimit -c; umask").await, "0\n0022\n");
    assert_eq!(
        lab.output("id -G | wc -w").await.trim(),
        if is_single(&map) { supplementary() } else { "1".to_owned() }
    );
}

fn is_single(map: &str) -> bool {
    map.split_whitespace().nth(2) == Some("1") && map.lines().count() == 1
}

/// Without a range the kernel does not let groups go.
fn supplementary() -> String {
    let groups = rustix::process::getgroups().unwrap();
    let gid = rustix::process::getegid();
    (1 + usize::from(groups.iter().any(|group| *group != gid))).to_string()
}

#[tokio::test]
async fn there_is_a_loopback_and_no_other_network() {
    let lab = Lab::new();
    let interfaces = lab.output("tail -n +3 /proc/net/dev | cut -d: -f1").await;
    assert_eq!(interfaces.split_whitespace().collect::<Vec<_>>(), ["lo"]);
    assert_eq!(lab.output("cat /sys/class/net/lo/flags").await, "0x9\n");
}

#[tokio::test]
async fn steps_share_nothing() {
    let lab = Lab::new();
    lab.output("echo x > /dev/shm/x; echo x > /tmp/x; touch /dev/y").await;
    assert_eq!(lab.output("ls -A /dev/shm /tmp").await, "/dev/shm:\n\n/tmp:\n");
    assert_eq!(
        lab.output("ls /dev").await,
        "fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n"
    );
}

#[tokio::test]
async fn no_descriptor_of_the_supervisor_is_open() {
    let lab = Lab::new();
    assert_eq!(lab.output("ls /proc/self/fd | tr '\\n' ' '").await, "0 1 2 3 ");
}

#[tokio::test]
async fn a_layers_links_lead_nowhere() {
    let lab = Lab::new();
    let trap = lab.tree("ln -s / up; ln -s /etc deep; ln -s /up/root rooted").await;
    // Mounted through a link of a layer, the mount lands inside the step's root.
    let spec = Lab::mounted(
        lab.script("ls /t/up/; ls -A /srv-mark 2>&1 || true"),
        "/t",
        std::slice::from_ref(&trap),
    );
    let spec = Lab::mounted(spec, "/t/up/srv-mark", &[]);
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.code(), 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("srv-mark"), "{}", ran.stdout);
    assert!(!std::path::Path::new("/srv-mark").exists());
    // A layer whose folder is a link is refused.
    let mut through = trap.clone();
    through.path = "deep".into();
    let spec = Lab::mounted(lab.script("true"), "/t", &[through]);
    assert!(lab.run(spec).await.unwrap_err().to_string().contains("is no folder of a layer"));
    let mut outside = trap;
    outside.path = "../..".into();
    let spec = Lab::mounted(lab.script("true"), "/t", &[outside]);
    assert!(lab.run(spec).await.unwrap_err().to_string().contains("not a path of a layer"));
}

/// A mount over the root would come between the new root and the host's, which is stacked there until it is taken away.
#[tokio::test]
async fn a_link_to_the_root_is_no_mount_point() {
    let lab = Lab::new();
    let links = lab.tree("ln -s / root; ln -s ../.. up; ln -s /proc proc; ln -s root/dev dev").await;
    let tree = lab.tree("echo mine > file").await;
    for (path, leads_to) in
        [("/root", "/"), ("/up", "/"), ("/proc", "/proc"), ("/dev/x", "/dev/x"), ("/root/sys/x", "/sys/x")]
    {
        let mut spec = Lab::mounted(lab.script("ls /.."), "/links", std::slice::from_ref(&links));
        spec = Lab::mounted(spec, &format!("/links{path}"), std::slice::from_ref(&tree));
        let error = lab.run(spec).await.unwrap_err().to_string();
        assert!(
            error.contains(&format!("nothing can be mounted at `/links{path}`, which leads to `{leads_to}`")),
            "{error}"
        );
    }
}

/// However a step is mounted, nothing lies above its root.
#[tokio::test]
async fn above_the_root_is_the_root() {
    let lab = Lab::new();
    let links = lab.tree("ln -s /usr usr; ln -s / root").await;
    let spec = Lab::mounted(
        lab.script("stat -c %d:%i / /.. /../.. | uniq; cd /..; stat -c %d:%i . ; grep -c ' / / ' /proc/self/mountinfo"),
        "/links",
        std::slice::from_ref(&links),
    );
    let ran = lab.run(spec).await.unwrap();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    assert_eq!((lines[0], lines[2]), (lines[1], "1"), "{}", ran.stdout);
}

/// Else a step could write overlayfs's own marks into its changes, and they would mean something else than what it saw.
#[tokio::test]
async fn what_a_step_writes_to_is_never_the_upper_folder_itself() {
    let lab = Lab::new();
    let mounts = lab.output("grep -c ' / / .* - overlay ' /proc/self/mountinfo").await;
    assert_eq!(mounts, "1\n");
    let spec = Lab::mounted(lab.script("grep ' /empty ' /proc/self/mountinfo; ls -A /empty"), "/empty", &[]);
    let ran = lab.run(spec).await.unwrap();
    assert!(ran.stdout.contains(" - overlay ") && ran.stdout.lines().count() == 1, "{}", ran.stdout);
}
