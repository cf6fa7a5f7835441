//! The files of the repository.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The repository's root folder.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// What `pipe init` makes packages from: other people's programs once they are there, no code of this repository.
const TEMPLATES: &str = "cli/templates";

/// Every file that is ours, relative to the root and sorted: no build output, no version control, no vendored code, no templates.
pub(crate) fn files(root: &Path) -> Vec<PathBuf> {
    let skipped = |name: &str| matches!(name, ".git" | "target" | "node_modules");
    let templates = root.join(TEMPLATES);
    let mut files: Vec<PathBuf> = WalkDir::new(root)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !entry.file_name().to_str().is_some_and(skipped))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file() && !entry.path().starts_with(&templates))
        .filter_map(|entry| entry.path().strip_prefix(root).ok().map(Path::to_path_buf))
        .collect();
    files.sort();
    files
}

/// The files whose name ends in `.extension`.
pub(crate) fn with_extension(root: &Path, extension: &str) -> Vec<PathBuf> {
    files(root).into_iter().filter(|file| file.extension().is_some_and(|e| e == extension)).collect()
}

/// A file as text; a file that cannot be read counts as empty, for other checks will say so.
pub(crate) fn read(root: &Path, file: &Path) -> String {
    std::fs::read_to_string(root.join(file)).unwrap_or_default()
}
