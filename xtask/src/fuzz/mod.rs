//! Runs the fuzz targets of `fuzz/` and keeps what came of it in `docs/fuzzing.md`.
//!
//! The targets are those of cargo-fuzz, which runs them as well. Here the same flags are given to the compiler that is there: no
//! nightly, no sanitizer, for what is fuzzed has no `unsafe`.

mod page;
mod seeds;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{repository, run};

/// A run that is shorter is not written down.
const WORTH_WRITING: u64 = 600;
/// Longer inputs say little more and take long.
const MAX_BYTES: usize = 4096;
/// A single input may take so long, in seconds, and all together so much memory, in MiB.
const TIMEOUT: usize = 10;
const MEMORY: usize = 2048;

/// What the compiler adds to each branch and comparison, as cargo-fuzz has it.
const FLAGS: &str = "--cfg=fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let root = repository::root();
    let known = targets(&root)?;
    let (mut wanted, mut seconds) = (Vec::new(), 60);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match *arg {
            "--seconds" => {
                let number = args.next().and_then(|number| number.parse().ok());
                seconds = number.ok_or("--seconds takes a number")?;
            }
            name if known.iter().any(|target| target == name) => wanted.push(name.to_owned()),
            other => return Err(format!("there is no target {other}; there are {}", known.join(", "))),
        }
    }
    let wanted = if wanted.is_empty() { known } else { wanted };
    let host = host()?;
    build(&root, &host)?;
    for target in &wanted {
        let corpus = seeds::corpus(&root, target)?;
        let found = fuzz(&root, &host, target, &corpus, seconds)?;
        println!("{}", page::row(target, seconds, &found));
        if seconds >= WORTH_WRITING {
            page::write(&root, target, seconds, &found)?;
        }
        if !found.clean {
            return Err(format!("{target} found something: see fuzz/artifacts/{target}"));
        }
    }
    Ok(())
}

/// What came of a run.
struct Found {
    /// Inputs that were tried.
    runs: u64,
    /// Branches that were reached.
    coverage: u64,
    clean: bool,
}

/// The names of the targets, in the order of the manifest.
fn targets(root: &Path) -> Result<Vec<String>, String> {
    let text = repository::read(root, Path::new("fuzz/Cargo.toml"));
    let manifest: toml::Table = toml::from_str(&text).map_err(|error| format!("fuzz/Cargo.toml: {error}"))?;
    let bins = manifest.get("bin").and_then(|bins| bins.as_array()).cloned().unwrap_or_default();
    Ok(bins.iter().filter_map(|bin| bin.get("name")?.as_str().map(str::to_owned)).collect())
}

/// The kind of machine this is: with it named, build scripts are compiled without the flags.
fn host() -> Result<String, String> {
    let output = run::output(Command::new("rustc").arg("-vV"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say what machine this is".to_owned())
}

fn build(root: &Path, host: &str) -> Result<(), String> {
    let fuzz = root.join("fuzz");
    let mut cargo = run::cargo();
    cargo.args(["build", "--profile", "fuzz", "--features", "libfuzzer", "--bins", "--target", host]);
    cargo.arg("--target-dir").arg(fuzz.join("target"));
    run::succeed(cargo.current_dir(&fuzz).env("RUSTFLAGS", FLAGS))
}

fn fuzz(root: &Path, host: &str, target: &str, corpus: &Path, seconds: u64) -> Result<Found, String> {
    let fuzz = root.join("fuzz");
    let artifacts = fuzz.join("artifacts").join(target);
    std::fs::create_dir_all(&artifacts).map_err(|error| format!("{}: {error}", artifacts.display()))?;
    let log = artifacts.join("log");
    let file = std::fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let program: PathBuf = fuzz.join("target").join(host).join("fuzz").join(target);
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(program).arg(corpus);
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.args([
        format!("-max_total_time={seconds}"),
        format!("-max_len={MAX_BYTES}"),
        format!("-timeout={TIMEOUT}"),
        format!("-rss_limit_mb={MEMORY}"),
    ]);
    command.args(["-print_final_stats=1", "-reload=0"]);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).status();
    let status = status.map_err(|error| format!("{command:?}: {error}"))?;
    let text = String::from_utf8_lossy(&std::fs::read(&log).unwrap_or_default()).into_owned();
    Ok(Found {
        runs: last(&text, "stat::number_of_executed_units:"),
        coverage: last(&text, "cov:"),
        clean: status.success(),
    })
}

/// The number behind the last occurrence of a word in a log of libFuzzer.
fn last(log: &str, word: &str) -> u64 {
    let number = log.rsplit_once(word).and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_log_is_read() {
        let log =
            "#2 INITED cov: 17 ft: 9\n#90 DONE   cov: 3012 ft: 11\nstat::number_of_executed_units: 90\n";
        assert_eq!((last(log, "cov:"), last(log, "stat::number_of_executed_units:")), (3012, 90));
    }

    /// Nothing compiles them but a run: they are a call of what everything compiles, word for word.
    #[test]
    fn every_target_is_a_call() {
        let root = repository::root();
        let module = repository::read(&root, Path::new("fuzz/src/lib.rs"));
        let mutated = "\nfuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {\n    \
                       pipe_fuzz::mutator::mutate(data, size, max_size, seed, fuzzer_mutate)\n});\n";
        let targets = targets(&root).unwrap();
        assert!(targets.len() >= 11);
        for target in targets {
            assert!(module.contains(&format!("pub mod {target};")), "{target}");
            let bytes = format!("pipe_fuzz::{target}::run");
            let form = |used: &str, call: &str, rest: &str| {
                format!(
                    "#![no_main]\n\nuse libfuzzer_sys::{used};\n\nfuzz_target!(|data: &[u8]| {call});\n{rest}"
                )
            };
            let text = format!("pipe_fuzz::with_text(data, {bytes})");
            let forms = [
                form("fuzz_target", &format!("{bytes}(data)"), ""),
                form("fuzz_target", &text, ""),
                form("{fuzz_mutator, fuzz_target, fuzzer_mutate}", &text, mutated),
            ];
            let found = repository::read(&root, Path::new(&format!("fuzz/fuzz_targets/{target}.rs")));
            assert!(forms.contains(&found), "{target}: {found}");
        }
    }
}
