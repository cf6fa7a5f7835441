//! Puts the pages of `docs/errors` into the program, for `pipe explain`, and says how it is linked.

use std::fmt::Write;
use std::path::PathBuf;

fn main() {
    link();
    println!("cargo::rerun-if-changed=build.rs");
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/errors");
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = std::fs::read_dir(&folder).map(|entries| entries.flatten().map(|entry| entry.path()));
    let mut pages: Vec<PathBuf> = entries.map(Iterator::collect).unwrap_or_default();
    // The README is the index of the pages.
    pages.retain(|page| {
        page.extension().is_some_and(|extension| extension == "md") && !page.ends_with("README.md")
    });
    pages.sort();
    let mut table = String::from("&[\n");
    for page in &pages {
        let code = page.file_stem().unwrap_or_default().to_string_lossy();
        let _ = writeln!(table, "({code:?}, include_str!({:?})),", page.display().to_string());
    }
    table.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    if let Err(error) = std::fs::write(out.join("pages.rs"), table) {
        println!("cargo::error=cannot write the pages: {error}");
    }
}

/// At a fixed address, so that nothing has to be relocated when it starts: docs/decisions/0009-fixed-address.md.
fn link() {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bin=pipe=-no-pie");
    }
}
