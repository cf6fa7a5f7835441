//! A step that writes much, beside the same commands on the host.

use std::process::Command;

use super::super::timing::whole;
use super::{Bench, Measured, alternate};

const PROGRAM: &str = r#"param tools: Container = host.toolchain()

pub fn size(round: Int) -> String {
  tools
    .env("ROUND", "${round}")
    .run(sh"head -c 500000000 /dev/zero > /big")
    .run(sh"wc -c < /big")
    .stdout
}
"#;

const FLOOR: &str = "head -c 500000000 /dev/zero > \"$1\" && wc -c < \"$1\"";

pub(super) fn written(bench: &Bench<'_>, rounds: usize) -> Result<Measured, String> {
    let package = bench.package("w5", PROGRAM)?;
    let big = bench.folder.join("big");
    let times = alternate(
        rounds,
        |round| whole(&mut bench.pipe(&package, "size", round)),
        || {
            let time = whole(Command::new("sh").args(["-e", "-c", FLOOR, "sh"]).arg(&big));
            let _ = std::fs::remove_file(&big);
            time
        },
    )?;
    let work = "a step writes 500 MB, the next reads its size";
    Ok(Measured::beside("W5", work, times, "the same commands on the host", 1.2))
}
