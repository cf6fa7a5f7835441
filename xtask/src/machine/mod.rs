//! `cargo xtask machine`: limits by version 2 of control groups, in a machine that is emulated, with the kernel of a Debian package. A machine that
//! has version 1 shows there what one with version 2 does; how it came out stands in docs/decisions/0040-version-2-in-a-machine.md.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{repository, run};

/// Debian's kernel for machines of clouds, which is the smallest.
const KERNEL: &str = "linux-image-cloud-amd64";

/// What the test has to print, in this order; what stands between these lines does not count.
const EXPECTED: &[&str] = &[
    "cgroups: version 2",
    "hungry exit: 1",
    "hungry failed: out of memory: it may use 64MiB",
    "modest exit: 0",
    "modest: 8388608",
    "bomb exit: 1",
    "bomb failed: exit code 7",
    "forks: refused",
    "memory.max: 67108864",
    "pids.max: 50",
    "cpu.max: 50000 100000",
    "groups left: 0",
];

/// Boots the machine and compares what it says. `args`: `--kernel FILE`, a package of a kernel.
pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let package = match args {
        [] => None,
        ["--kernel", file] => Some(PathBuf::from(file)),
        _ => return Err(format!("cargo xtask machine takes --kernel FILE, not {args:?}")),
    };
    let missing = ["qemu-system-x86_64", "busybox", "cpio", "dpkg-deb"]
        .into_iter()
        .filter(|name| run::find(name).is_none());
    let missing: Vec<&str> = missing.collect();
    if !missing.is_empty() {
        return Err(format!(
            "these programs are missing: {} (Debian: qemu-system-x86 busybox-static cpio dpkg)",
            missing.join(" ")
        ));
    }
    let folder = repository::root().join("target/machine");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let package = match package {
        Some(package) => package,
        None => download(&folder)?,
    };
    let kernel = unpack(&package, &folder)?;
    let initial = initial_root(&kernel, &folder)?;
    let printed = boot(&kernel, &initial)?;
    println!("{printed}");
    compare(&printed)
}

/// The newest kernel of this machine's own Debian.
fn download(folder: &Path) -> Result<PathBuf, String> {
    let depends = run::output(Command::new("apt-cache").args(["depends", KERNEL]))?;
    let depends = String::from_utf8_lossy(&depends.stdout).into_owned();
    let package = depends.lines().find_map(|line| line.trim().strip_prefix("Depends: "));
    let package =
        package.ok_or_else(|| format!("apt knows no {KERNEL}: give a package with --kernel FILE"))?;
    run::succeed(Command::new("apt-get").args(["download", "-qq", package]).current_dir(folder))?;
    only(folder, &|name| name.ends_with(".deb"))
}

/// What of the package is needed.
struct Kernel {
    image: PathBuf,
    /// The module of overlayfs.
    overlay: PathBuf,
}

fn unpack(package: &Path, folder: &Path) -> Result<Kernel, String> {
    let to = folder.join("kernel");
    run::succeed(Command::new("dpkg-deb").arg("-x").arg(package).arg(&to))?;
    let image = only(&to.join("boot"), &|name| name.starts_with("vmlinuz-"))?;
    let release = image.file_name().unwrap_or_default().to_string_lossy().replace("vmlinuz-", "");
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    let mut parts = release.split(['.', '-', '+']);
    let version = (number(parts.next()), number(parts.next()));
    if version < (6, 5) {
        return Err(format!(
            "the kernel {release} is too old for the sandbox, which needs 6.5: give the package of a newer Debian's with --kernel FILE"
        ));
    }
    // Since Debian 13 the folder of modules is below /usr.
    let modules = ["usr/lib/modules", "lib/modules"].map(|modules| to.join(modules).join(&release));
    let overlays = modules.map(|modules| modules.join("kernel/fs/overlayfs"));
    let found = overlays.iter().find_map(|folder| only(folder, &|name| name.starts_with("overlay.ko")).ok());
    Ok(Kernel { image, overlay: found.ok_or("the package has no module of overlayfs")? })
}

/// The file of a folder whose name is like this.
fn only(folder: &Path, like: &dyn Fn(&str) -> bool) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let found = entries.flatten().find(|entry| entry.file_name().to_str().is_some_and(like));
    found.map(|entry| entry.path()).ok_or_else(|| format!("{} has not what it should have", folder.display()))
}

/// The archive with the first root: `busybox`, `pipe` with its libraries, and the test.
fn initial_root(kernel: &Kernel, folder: &Path) -> Result<PathBuf, String> {
    let root = folder.join("root");
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("{path}: {error}")
    };
    for name in ["bin", "new", "package", "proc"] {
        std::fs::create_dir_all(root.join(name)).map_err(failed(&root))?;
    }
    run::succeed(run::cargo().args(["build", "-p", "pipe"]).current_dir(repository::root()))?;
    let pipe = root.join("bin/pipe");
    run::succeed(
        Command::new("strip").arg("-o").arg(&pipe).arg(repository::root().join("target/debug/pipe")),
    )?;
    let busybox = run::find("busybox").ok_or("busybox is missing")?;
    let copy = |from: &Path, to: &Path| {
        std::fs::create_dir_all(to.parent().unwrap_or(to)).map_err(failed(to))?;
        std::fs::copy(from, to).map(drop).map_err(failed(from))
    };
    copy(&busybox, &root.join("bin/busybox"))?;
    let libraries = run::output(Command::new("ldd").arg(&pipe))?;
    for word in String::from_utf8_lossy(&libraries.stdout).split_whitespace() {
        if let Some(below) = word.strip_prefix('/') {
            copy(Path::new(word), &root.join(below))?;
        }
    }
    let overlay = root.join("overlay.ko");
    if kernel.overlay.extension().is_some_and(|extension| extension == "xz") {
        let module = run::output(Command::new("xz").arg("-dc").arg(&kernel.overlay))?;
        std::fs::write(&overlay, module.stdout).map_err(failed(&overlay))?;
    } else {
        copy(&kernel.overlay, &overlay)?;
    }
    for (name, text) in [
        ("init", include_str!("init.sh")),
        ("test", include_str!("test.sh")),
        ("package/main.pipe", include_str!("limits.pipe")),
        ("package/pipe.toml", "[package]\nname = \"limits\"\n"),
    ] {
        std::fs::write(root.join(name), text).map_err(failed(&root))?;
    }
    run::succeed(Command::new("chmod").arg("755").args([root.join("init"), root.join("test")]))?;
    let archive = folder.join("initrd.gz");
    let pack = "find . | cpio --quiet -o -H newc | gzip -1 > ../initrd.gz";
    run::succeed(Command::new("sh").args(["-e", "-c", pack]).current_dir(&root))?;
    Ok(archive)
}

/// Runs the machine to its end; what it printed. Emulated, for an accelerator is not everywhere.
fn boot(kernel: &Kernel, initial: &Path) -> Result<String, String> {
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.args(["-accel", "tcg", "-cpu", "max", "-m", "1024", "-nographic", "-no-reboot", "-nic", "none"])
        .args(["-append", "console=ttyS0 quiet panic=-1"])
        .arg("-kernel")
        .arg(&kernel.image)
        .arg("-initrd")
        .arg(initial)
        .stdin(Stdio::null());
    let output = run::output(&mut qemu)?;
    // The serial line ends lines as terminals do.
    Ok(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
}

fn compare(printed: &str) -> Result<(), String> {
    let mut lines = printed.lines();
    for expected in EXPECTED {
        if !lines.any(|line| line.contains(expected)) {
            return Err(format!("the machine did not say `{expected}`, or not in its place"));
        }
    }
    println!("all as it should be");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_must_come_in_its_place() {
        let all = EXPECTED.join("\nsomething else\n");
        assert!(compare(&all).is_ok());
        let less: Vec<&str> = EXPECTED.iter().copied().filter(|line| !line.starts_with("pids")).collect();
        assert!(compare(&less.join("\n")).is_err_and(|message| message.contains("pids.max")));
        let turned: Vec<&str> = EXPECTED.iter().rev().copied().collect();
        assert!(compare(&turned.join("\n")).is_err());
    }
}
