//! Debian's docker as a peer: a daemon of its own, on its own socket and data folder, that ends with the measure.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::run;

/// Debian's, whatever else is on `PATH`.
const CLIENT: &str = "/usr/bin/docker";
const DAEMON: &str = "/usr/sbin/dockerd";

/// A running daemon that has an image `base` with a shell.
pub(super) struct Docker {
    daemon: Child,
    socket: PathBuf,
}

impl Docker {
    /// Installs what lacks, starts the daemon, and makes `base` of a static busybox. The error says why it cannot run here.
    pub(super) fn start(folder: &Path) -> Result<Docker, String> {
        if !Path::new(DAEMON).exists() || run::find("busybox").is_none() {
            crate::test::install(&["docker.io", "busybox-static"])
                .map_err(|error| format!("Debian's docker cannot be installed here: {error}"))?;
        }
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let socket = folder.join("socket");
        let log = std::fs::File::create(folder.join("log")).map_err(|error| error.to_string())?;
        let own = ["data-root", "exec-root", "pidfile"];
        let daemon = Command::new(DAEMON)
            .arg(format!("--host=unix://{}", socket.display()))
            .args(["--iptables=false", "--bridge=none"])
            .args(own.map(|name| format!("--{name}={}", folder.join(name).display())))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("dockerd cannot be started here: {error}"))?;
        let mut docker = Docker { daemon, socket };
        docker.wait_until_ready(folder)?;
        docker.import_base(folder)?;
        Ok(docker)
    }

    fn wait_until_ready(&mut self, folder: &Path) -> Result<(), String> {
        for _ in 0..300 {
            if run::output(self.client().arg("version")).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.daemon.try_wait() {
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                let last = log.lines().last().unwrap_or_default().to_owned();
                return Err(format!("dockerd does not run here ({status}): {last}"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("dockerd did not get ready".to_owned())
    }

    fn import_base(&self, folder: &Path) -> Result<(), String> {
        let (base, archive) = (folder.join("base"), folder.join("base.tar"));
        let bin = base.join("bin");
        let busybox = run::find("busybox").ok_or("busybox is not on PATH")?;
        let made = std::fs::create_dir_all(&bin).and_then(|()| {
            std::fs::copy(busybox, bin.join("busybox"))?;
            ["sh", "cat", "wc", "head"]
                .iter()
                .try_for_each(|name| std::os::unix::fs::symlink("busybox", bin.join(name)))
        });
        made.map_err(|error| format!("{}: {error}", bin.display()))?;
        run::output(Command::new("tar").arg("-C").arg(&base).arg("-cf").arg(&archive).arg("."))?;
        run::output(self.client().arg("import").arg(&archive).arg("base")).map(drop)
    }

    fn client(&self) -> Command {
        let mut client = Command::new(CLIENT);
        client.arg(format!("--host=unix://{}", self.socket.display())).env("DOCKER_BUILDKIT", "0");
        client
    }

    /// Sends an image that the daemon has to a registry, under another name.
    pub(super) fn push(&self, image: &str, name: &str) -> Result<(), String> {
        run::output(self.client().args(["tag", image, name]))?;
        run::output(&mut self.pushing(name)).map(drop)
    }

    /// Sends an image to the registry that its name tells.
    pub(super) fn pushing(&self, name: &str) -> Command {
        let mut client = self.client();
        client.args(["push", name]);
        client
    }

    /// Builds a folder's `Dockerfile`; `round` is its argument `ROUND`, so that nothing behind it is cached.
    pub(super) fn build(&self, context: &Path, round: usize) -> Command {
        let mut client = self.client();
        client.args(["build", "--quiet", "--network", "none", "--build-arg"]);
        client.arg(format!("ROUND={round}")).arg(context);
        client
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        // Asked to end, it takes its containerd and its mounts along; killed, it would leave them.
        let _ = Command::new("kill").arg(self.daemon.id().to_string()).status();
        let _ = self.daemon.wait();
    }
}
