//! What a step can see and do. Everything here holds for root and for any other user.

mod attempts;
mod files;
mod privileged;
mod races;

use crate::harness::{World, finish, is_root};

/// Runs a script in a step and gives what it printed.
fn step(script: &str) -> String {
    let indented: String = script.lines().map(|line| format!("    {line}\n")).collect();
    let world = World::tools(&format!(
        "pub fn probe() -> String {{\n  tools.run(sh\"\"\"\n{indented}  \"\"\").stdout\n}}\n"
    ));
    world.prints(["run", "probe"])
}

#[test]
fn homes_and_temporary_folders_are_the_steps_own() {
    let listed = step("for d in /root /home /tmp /mnt /opt /srv; do ls -A $d 2>/dev/null || true; done");
    assert_eq!(listed, "");
}

#[test]
fn only_the_few_named_folders_are_at_the_root() {
    let allowed = "bin dev etc home lib lib32 lib64 libx32 mnt opt proc root run sbin srv sys tmp usr var";
    let listed = step("ls -A /");
    for name in listed.split_whitespace() {
        assert!(allowed.split(' ').any(|a| a == name), "/{name} in {listed}");
    }
}

#[test]
fn only_the_few_named_files_of_etc_are_visible() {
    let allowed = [
        "alternatives",
        "ca-certificates",
        "ca-certificates.conf",
        "group",
        "hostname",
        "hosts",
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "localtime",
        "nsswitch.conf",
        "passwd",
        "resolv.conf",
        "ssl",
    ];
    let listed = step("ls -A /etc; ls -A /etc/ssl | sed s,^,ssl/,");
    for name in listed.split_whitespace() {
        let below_ssl = ["ssl/certs", "ssl/openssl.cnf"].contains(&name);
        assert!(allowed.contains(&name) || below_ssl, "/etc/{name} in {listed}");
    }
}

/// Each of these must fail.
const FORBIDDEN: &[(&str, &str)] = &[
    ("shadow", "cat /etc/shadow"),
    ("private keys", "ls /etc/ssl/private"),
    ("writing to /usr", "touch /usr/x"),
    ("device nodes", "mknod /tmp/null c 1 3"),
    ("mount", "mount -t tmpfs none /mnt || mount -t tmpfs none /tmp"),
    ("user namespaces", "unshare -U true"),
    ("mount namespaces", "unshare -m true"),
    ("kernel settings", "echo x > /proc/sys/kernel/hostname"),
    ("kernel settings of core dumps", "echo x > /proc/sys/kernel/core_pattern"),
    ("sysrq", "echo h > /proc/sysrq-trigger"),
    ("kernel memory", "head -c 1 /proc/kcore"),
    ("kernel log", "dmesg"),
    ("clock", "date -s 2000-01-01"),
    ("hosts processes", "kill -0 $HOST"),
    ("disks", "ls /dev | grep -E '^(sd|vd|nvme|loop|mem|kmsg)'"),
    ("tracing of init", "cat /proc/1/environ | grep -a PIPE_STORE"),
];

#[test]
fn what_is_forbidden_fails() {
    let mut script = format!("HOST={}\n", std::process::id());
    for (name, command) in FORBIDDEN {
        script.push_str(&format!("if ({command}) >/dev/null 2>&1; then echo 'can: {name}'; fi\n"));
    }
    assert_eq!(step(&script), "");
}

#[test]
fn usr_is_read_only_and_says_so() {
    let said = step("touch /usr/x 2>&1 || true");
    assert!(said.contains("Read-only file system"), "{said}");
}

#[test]
fn no_step_is_the_hosts_root() {
    let map = step("cat /proc/self/uid_map; cat /proc/self/gid_map");
    for line in map.lines() {
        let ids: Vec<&str> = line.split_whitespace().collect();
        assert_ne!(ids.get(1), Some(&"0"), "mapped to the host's root: {map}");
    }
}

#[test]
fn files_others_may_not_read_are_invisible_to_root_too() {
    if !is_root() {
        return crate::harness::skip("files_others_may_not_read_are_invisible_to_root_too", "needs root");
    }
    let secret = std::path::Path::new("/usr/local/share/pipe-e2e-secret");
    std::fs::write(secret, "secret").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(secret, mode).unwrap();
    let said = step("cat /usr/local/share/pipe-e2e-secret 2>&1 || true");
    std::fs::remove_file(secret).unwrap();
    assert!(!said.contains("secret\n") && !said.ends_with("secret"), "{said}");
    assert!(said.contains("Permission denied") || said.contains("No such file"), "{said}");
}

#[test]
fn the_callers_environment_does_not_reach_a_step() {
    let world = World::tools("pub fn probe() -> String { tools.run([\"env\"]).stdout }\n");
    let printed = finish(world.pipe().env("SECRET_OF_CALLER", "x").args(["run", "probe"])).success().stdout;
    assert!(!printed.contains("SECRET_OF_CALLER") && !printed.contains("PIPE_STORE"), "{printed}");
}

#[test]
fn without_a_network_there_is_a_loopback_and_nothing_else() {
    let world = World::tools(
        "pub fn probe() -> String { tools.run(sh\"tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort\").stdout }\n",
    );
    assert_eq!(world.prints(["run", "--network", "off", "probe"]), "lo\n");
    assert_eq!(world.prints(["run", "probe"]).split_whitespace().collect::<Vec<_>>(), ["eth0", "lo"]);
}

#[test]
fn setuid_programs_of_the_host_gain_nothing() {
    let said = step(
        "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status; grep ' /usr ' /proc/self/mountinfo | head -n 1",
    );
    assert!(said.contains("Seccomp:\t2"), "{said}");
    assert!(said.contains("nosuid") && said.contains("nodev"), "{said}");
}

#[test]
fn a_run_writes_nothing_but_its_store() {
    let world = World::tools(
        "param src: Dir = workspace.dir()\npub fn probe() -> Dir {\n  tools.mount(\"/src\", src).run(sh\"echo changed > /src/main.pipe; echo new > /src/new; rm /src/pipe.toml\").dir(\"/src\")\n}\n",
    );
    world.run(["run", "probe"]).success();
    let mut left: Vec<String> = walk(&world.package()).into_iter().chain(walk(&world.home())).collect();
    left.sort();
    assert_eq!(left, ["main.pipe", "pipe.toml"]);
    assert!(world.read("main.pipe").starts_with("param tools"), "the user's file is untouched");
}

#[test]
fn what_a_run_writes_out_stays_inside_what_was_asked_for() {
    let world = World::tools(
        "pub fn links() -> Dir {\n  tools.run(sh\"mkdir -p /out/d; ln -s /etc/passwd /out/abs; ln -s ../../../../outside /out/up; echo x > /out/d/f\").dir(\"/out\")\n}\n",
    );
    let out = world.path("out");
    // A link that stands where the result goes must not lead the write elsewhere.
    let victim = world.path("victim");
    std::fs::create_dir(&victim).unwrap();
    std::fs::create_dir(&out).unwrap();
    std::os::unix::fs::symlink(&victim, out.join("d")).unwrap();
    let _ = world.run(["run", "-o", out.to_str().unwrap(), "links"]);
    assert_eq!(walk(&victim), [""; 0], "written through a link");
}

/// Paths of all files below a folder, relative to it.
fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            found.push(name);
        }
    }
    found
}
