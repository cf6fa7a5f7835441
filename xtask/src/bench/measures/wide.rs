//! Many steps at once, beside Debian's `docker build`.

use super::super::docker::Docker;
use super::super::timing::{median, whole};
use super::{Bench, Measured, alternate, millis};

const PARTS: usize = 64;
const WORK: &str = "64 independent steps that are not cached; one more reads all their results";

pub(super) fn independent(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let package = bench.package("w3", &program())?;
    let docker = match Docker::start(&bench.folder.join("docker")) {
        Ok(docker) => docker,
        Err(why) => {
            let times: Result<Vec<_>, String> =
                (0..=rounds).map(|round| whole(&mut bench.pipe(&package, "all", round))).collect();
            let pipe = millis(median(times?.get(1..).unwrap_or_default()));
            return Ok(Measured { pipe, ..Measured::absent("W3", WORK, &why) });
        }
    };
    let context = bench.folder.join("w3-docker");
    let written = std::fs::create_dir_all(&context)
        .and_then(|()| std::fs::write(context.join("Dockerfile"), dockerfile()));
    written.map_err(|error| format!("{}: {error}", context.display()))?;
    let mut built = 0;
    let times = alternate(
        rounds,
        |round| whole(&mut bench.pipe(&package, "all", round)),
        || {
            built += 1;
            whole(&mut docker.build(&context, built))
        },
    )?;
    Ok(Measured::beside("W3", WORK, times, "`docker build` of the same", 0.05))
}

fn program() -> String {
    let numbers: Vec<String> = (0..PARTS).map(|number| number.to_string()).collect();
    format!(
        r#"param tools: Container = host.toolchain()

fn part(number: Int, round: Int) -> File {{
  tools.run(sh"echo ${{{{ number }}}} ${{{{ round }}}} > /part").file("/part")
}}

pub fn all(round: Int) -> String {{
  let parts = dir([for n in [{}] => "${{n}}": part(n, round)])
  tools.mount("/parts", parts).run(sh"cat /parts/* | wc -l").stdout
}}
"#,
        numbers.join(", ")
    )
}

fn dockerfile() -> String {
    let mut text = String::new();
    for number in 0..PARTS {
        text.push_str(&format!("FROM base AS s{number}\nARG ROUND\nRUN echo {number} $ROUND > /part\n"));
    }
    text.push_str("FROM base\n");
    for number in 0..PARTS {
        text.push_str(&format!("COPY --from=s{number} /part /parts/{number}\n"));
    }
    text.push_str("RUN cat /parts/* | wc -l\n");
    text
}
