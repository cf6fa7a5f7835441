//! Generates the parser from `src/grammar.lalrpop`.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a build script speaks to Cargo")]

fn main() {
    println!("cargo:rerun-if-changed=src/grammar.lalrpop");
    let result =
        lalrpop::Configuration::new().emit_rerun_directives(true).use_cargo_dir_conventions().process();
    if let Err(error) = result {
        eprintln!("src/grammar.lalrpop: {error}");
        std::process::exit(1);
    }
}
