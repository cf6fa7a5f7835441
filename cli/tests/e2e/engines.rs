//! Images that were made here, run by the engines that people run images with: Debian's Docker, and Podman with `runc`.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::harness::{World, finish, is_root, skip};
use crate::registry::Registry;

const DOCKERD: &str = "/usr/sbin/dockerd";
const DOCKER: &str = "/usr/bin/docker";
const PODMAN: &str = "/usr/bin/podman";

/// What an engine takes from an image is all in it: layers of a base, one of ours with a step's files and their owners, and what is started.
const APP: &str = r#"
fn app() -> Container {
  image("busybox:1.36")
    .write("/srv/start", "echo \"$WORD, $1, from $(pwd) as $(id -u):$(id -g)\"\ncat data/made\necho more >> data/made\n")
    .run(sh"mkdir -m 700 /srv/data; echo by a step > /srv/data/made; chown -R 1000:1000 /srv/data", network: Off)
    .entrypoint(["/bin/sh", "/srv/start"])
    .command(["everybody"])
    .env("WORD", "hello")
    .user("1000:1000")
    .workdir("/srv")
}

pub fn bundle() -> File { app().tarball() }
pub action publish(ref: ImageRef) -> ImageRef { do app().push(ref) }
pub action loaded(ref: ImageRef) -> ImageRef { do app().load(ref) }
"#;

/// What it prints.
const SAID: &str = "hello, everybody, from /srv as 1000:1000\nby a step\n";

/// A daemon of its own that ends with this.
struct Docker {
    daemon: Child,
    folder: TempDir,
}

impl Docker {
    fn start() -> Docker {
        let folder = tempfile::Builder::new().prefix("pipe-docker-").tempdir().unwrap();
        let own = |name: &str| format!("--{name}={}", folder.path().join(name).display());
        let daemon = Command::new(DOCKERD)
            .arg(format!("--host=unix://{}", folder.path().join("socket").display()))
            .args(["--iptables=false", "--bridge=none", "--storage-driver=vfs"])
            .args(["data-root", "exec-root", "pidfile"].map(own))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut docker = Docker { daemon, folder };
        while !docker.client().arg("version").output().unwrap().status.success() {
            let log = std::fs::read_to_string(docker.folder.path().join("log")).unwrap();
            assert!(docker.daemon.try_wait().unwrap().is_none(), "dockerd does not run: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
        docker
    }

    fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("socket").display())
    }

    fn client(&self) -> Command {
        let mut client = Command::new(DOCKER);
        client.args(["--host", &self.host(), "--config"]).arg(self.folder.path());
        client
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        // Asked to end, it takes its containerd along.
        let _ = kill_process(Pid::from_child(&self.daemon), Signal::TERM);
        let _ = self.daemon.wait();
    }
}

/// With storage of its own.
fn podman(folder: &Path) -> Command {
    let mut podman = Command::new(PODMAN);
    podman.args(["--runtime", "runc", "--cgroup-manager", "cgroupfs", "--storage-driver", "vfs"]);
    podman.arg("--root").arg(folder.join("root")).arg("--runroot").arg(folder.join("runroot"));
    podman
}

/// The last word of what `load` prints: what it calls the image.
fn loaded(mut load: Command, archive: &Path) -> String {
    let printed = finish(load.args(["load", "--input"]).arg(archive)).success().stdout;
    printed.split_whitespace().last().unwrap().to_owned()
}

#[test]
fn docker_and_podman_run_what_is_made() {
    const NAME: &str = "docker_and_podman_run_what_is_made";
    if !is_root() {
        return skip(NAME, "Docker's daemon is root's");
    }
    if let Some(missing) = [DOCKERD, DOCKER, PODMAN].into_iter().find(|program| !Path::new(program).exists())
    {
        return skip(NAME, &format!("there is no {missing} (`cargo xtask test` installs it)"));
    }
    let Some(images) = Registry::start(NAME) else { return };
    let world = images.module(APP);
    let registry = Registry::empty();
    world.run(["run", "bundle", "-o", "app.tar"]).success();
    let archive = world.package().join("app.tar");
    let pushed = world.prints(["run", "publish", "--ref", &format!("{}/team/app:1", registry.address)]);

    let docker = Docker::start();
    let run = |image: &str| {
        finish(docker.client().args(["run", "--rm", "--network", "none", image])).success().stdout
    };
    assert_eq!(run(&loaded(docker.client(), &archive)), SAID);
    finish(docker.client().args(["pull", "--quiet", pushed.trim()])).success();
    assert_eq!(run(pushed.trim()), SAID);
    let mut load = world.pipe();
    load.env("DOCKER_HOST", docker.host()).args(["run", "--allow", "load", "loaded", "--ref", "app:dev"]);
    finish(&mut load).success();
    assert_eq!(run("app:dev"), SAID);

    runs_with_podman(&world, &archive, pushed.trim());
}

fn runs_with_podman(world: &World, archive: &Path, pushed: &str) {
    let folder = world.path("podman");
    let run = |image: &str| {
        let mut run = podman(&folder);
        // More processes than this process may have it could not give either.
        run.args(["run", "--rm", "--network=host", "--ulimit", "nofile=1024:20000", "--ulimit", "nproc=256"]);
        finish(run.arg(image)).success().stdout
    };
    assert_eq!(run(&loaded(podman(&folder), archive)), SAID);
    finish(podman(&folder).args(["pull", "--quiet", "--tls-verify=false", pushed])).success();
    assert_eq!(run(pushed), SAID);
    finish(podman(&folder).args(["rmi", "--all", "--force"])).success();
}
