//! `cargo run -p pipe-tree-sitter -- DIR` writes the parser's sources and the queries into a folder, for editors.
//!
//! **Invariant.** It writes nothing outside that folder.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(out) = std::env::args_os().nth(1) else {
        eprintln!("usage: pipe-tree-sitter DIR");
        return ExitCode::from(2);
    };
    match pipe_tree_sitter::generate(out.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
