//! An image with a large new layer, pushed to a registry, beside Debian's `docker build` and `docker push`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::docker::Docker;
use super::super::timing::whole;
use super::{Bench, Measured, alternate, failing};
use crate::test::Registry;

const WORK: &str =
    "a step writes 200 MB that cannot be compressed, the image is pushed to a registry on this machine";
const AGAIN: &str = "the same once more, nothing changed";
const PEER: &str = "`docker build` and `docker push`";

/// Of the peer's time, at most.
const GOAL: f64 = 0.8;
const AGAIN_GOAL: Duration = Duration::from_millis(30);

/// What fills the layer: the same bytes for nobody.
const FILL: &str = "head -c 200000000 /dev/urandom > /big";

pub(super) fn pushed(bench: &Bench<'_>, rounds: usize) -> Result<Vec<Measured>, String> {
    let folder = bench.folder.join("w7");
    failing(std::fs::create_dir_all(&folder), &folder)?;
    let peer = match Peer::start(&folder) {
        Ok(peer) => peer,
        Err(why) => return Ok([WORK, AGAIN].map(|work| Measured::absent("W7", work, &why)).into()),
    };
    let at = peer.registry.address().to_owned();
    let package = bench.package("w7-pipe", &program(&at))?;
    let pipe = |round: usize| {
        let mut command = bench.pipe(&package, "publish", round);
        command.args(["--to", &format!("{at}/pipe:{round}")]);
        whole(&mut command)
    };
    let mut built = 0;
    let first = alternate(rounds, pipe, || {
        built += 1;
        peer.publish(built)
    })?;
    let again = alternate(rounds, |_| pipe(rounds), || peer.publish(built))?;
    let (time, docker) = again;
    let ratio = time.as_secs_f64() / docker.as_secs_f64();
    Ok(vec![
        Measured::beside("W7", WORK, first, PEER, GOAL),
        Measured {
            ratio: format!("{ratio:.2}"),
            goal: format!("≤ {} ms", AGAIN_GOAL.as_millis()),
            reached: Some(time <= AGAIN_GOAL),
            ..Measured::beside("W7", AGAIN, again, PEER, GOAL)
        },
    ])
}

/// Docker, and a registry that both push to and take their base from.
struct Peer {
    docker: Docker,
    registry: Registry,
    context: PathBuf,
}

impl Peer {
    fn start(folder: &Path) -> Result<Peer, String> {
        if crate::run::find("docker-registry").is_none() || crate::run::find("curl").is_none() {
            crate::test::install(&["docker-registry", "curl"])?;
        }
        let docker = Docker::start(&folder.join("docker"))?;
        let registry = Registry::start(folder, &folder.join("registry"))?;
        let base = format!("{}/base:1", registry.address());
        docker.push("base", &base)?;
        let context = folder.join("context");
        let dockerfile = format!("FROM {base}\nARG ROUND\nRUN {FILL}\n");
        let written = std::fs::create_dir_all(&context)
            .and_then(|()| std::fs::write(context.join("Dockerfile"), dockerfile));
        failing(written, &context)?;
        Ok(Peer { docker, registry, context })
    }

    fn publish(&self, round: usize) -> Result<Duration, String> {
        let name = format!("{}/docker:{round}", self.registry.address());
        let build = whole(self.docker.build(&self.context, round).args(["--tag", &name]))?;
        Ok(build + whole(&mut self.docker.pushing(&name))?)
    }
}

fn program(registry: &str) -> String {
    format!(
        r#"pub action publish(round: Int, to: ImageRef) -> ImageRef {{
  do image("{registry}/base:1").env("ROUND", "${{round}}").run(sh"{FILL}").push(to)
}}
"#
    )
}
