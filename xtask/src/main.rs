//! Development tasks: `cargo xtask tidy`, `cargo xtask test`, `cargo xtask reference`, `cargo xtask bench`,
//! `cargo xtask fuzz`, `cargo xtask machine`.
//!
//! **Invariant.** Depends on no crate of the product: what it knows of `pipe` it knows from its files and its command line.

mod bench;
mod fuzz;
mod machine;
mod pip;
mod reference;
mod repository;
mod run;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  tidy               check what the compiler cannot: crate edges, invariants, sizes, docs
  test [--unit|--e2e|--editors] set this machine up and run every test, as each kind of user
  images             make the images that tests use, and print where they are: PIPE_TEST_IMAGES=$(cargo xtask images)
  reference          write docs/reference/library from the docs in stdlib/
  bench [--rounds N] [--only IDS] [--pipe FILE] measure beside floors and peers and write docs/benchmarks.md
  fuzz [TARGET] [--seconds N]
                     run the fuzz targets, and write docs/fuzzing.md after ten minutes
  machine [--kernel FILE]
                     limits by control groups of version 2, in an emulated machine with a kernel of Debian's
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["tidy"] => tidy::run(),
        ["test", rest @ ..] => test::run(rest),
        ["images"] => test::images(),
        ["reference"] => reference::run(),
        ["bench", rest @ ..] => bench::run(rest),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["machine", rest @ ..] => machine::run(rest),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
