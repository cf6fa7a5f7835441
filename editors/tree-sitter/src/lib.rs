//! Makes the parser for editors out of `grammar.js`.
//!
//! **Invariant.** It knows none of the language's own crates; only its tests do, to hold the grammar against them.

use std::fs;
use std::path::{Path, PathBuf};

/// The version of generated tables. Neovim 0.7 and everything newer reads it.
const ABI: usize = 14;

/// The folder of the grammar.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Writes a folder that a C compiler, Neovim, Helix and Zed can take: `src/parser.c` with its headers, the scanner, and
/// the queries.
///
/// # Errors
/// A grammar that is wrong, with the generator's words, or a folder that cannot be written.
pub fn generate(out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let grammar = folder();
    let src = out.join("src");
    fs::create_dir_all(&src)?;
    let mut found = Vec::new();
    tree_sitter_generate::generate_parser_in_directory(
        grammar.clone(),
        Some(src.clone()),
        Some(grammar.join("grammar.js")),
        ABI,
        None,
        Some("native"),
        true,
        tree_sitter_generate::OptLevel::default(),
        &mut found,
    )?;
    if let Some(first) = found.first() {
        return Err(format!("grammar.js: {first}").into());
    }
    fs::copy(grammar.join("src/scanner.c"), src.join("scanner.c"))?;
    fs::copy(grammar.join("grammar.js"), out.join("grammar.js"))?;
    fs::copy(grammar.join("tree-sitter.json"), out.join("tree-sitter.json"))?;
    let queries = out.join("queries");
    fs::create_dir_all(&queries)?;
    for entry in fs::read_dir(grammar.join("queries"))? {
        let entry = entry?;
        fs::copy(entry.path(), queries.join(entry.file_name()))?;
    }
    Ok(())
}
