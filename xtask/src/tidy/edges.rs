//! Which crate may depend on which. The two cuts of the architecture (salsa ends at the typed program; evaluation is pure)
//! are edges that are missing here.

use std::collections::BTreeMap;
use std::path::Path;

use crate::repository;

/// A crate: its folder, its name, and which of ours it may depend on. ARCHITECTURE.md shows the same table.
struct Crate {
    folder: &'static str,
    name: &'static str,
    may_use: &'static [&'static str],
}

const fn row(folder: &'static str, name: &'static str, may_use: &'static [&'static str]) -> Crate {
    Crate { folder, name, may_use }
}

const CRATES: &[Crate] = &[
    row("lang/diagnostics", "pipe-diagnostics", &[]),
    row("lang/syntax", "pipe-syntax", &["pipe-diagnostics"]),
    row("lang/shell", "pipe-shell", &[]),
    row("lang/literal", "pipe-literal", &["pipe-diagnostics"]),
    row("stdlib", "pipe-stdlib", &[]),
    row(
        "lang/analysis",
        "pipe-analysis",
        &["pipe-diagnostics", "pipe-syntax", "pipe-stdlib", "pipe-shell", "pipe-literal"],
    ),
    row("lang/ide", "pipe-ide", &["pipe-diagnostics", "pipe-syntax", "pipe-analysis"]),
    row("lang/doc", "pipe-doc", &["pipe-analysis"]),
    row("interpreter/ops", "pipe-ops", &["pipe-literal"]),
    row("interpreter/dockerfile", "pipe-dockerfile", &[]),
    row(
        "interpreter/eval",
        "pipe-eval",
        &["pipe-diagnostics", "pipe-syntax", "pipe-analysis", "pipe-ops", "pipe-dockerfile"],
    ),
    row("interpreter/store", "pipe-store", &["pipe-ops"]),
    row("interpreter/registry", "pipe-registry", &["pipe-ops", "pipe-store", "pipe-archive"]),
    row("interpreter/git", "pipe-git", &["pipe-store"]),
    row("interpreter/fetch", "pipe-fetch", &[]),
    row("interpreter/cache", "pipe-cache", &["pipe-ops"]),
    row("interpreter/archive", "pipe-archive", &["pipe-ops", "pipe-store"]),
    row(
        "interpreter/engine",
        "pipe-engine",
        &[
            "pipe-ops",
            "pipe-store",
            "pipe-registry",
            "pipe-archive",
            "pipe-git",
            "pipe-fetch",
            "pipe-cache",
            "pipe-dockerfile",
        ],
    ),
    row("interpreter/backends/sandbox", "pipe-sandbox", &["pipe-ops", "pipe-store", "pipe-engine"]),
    row("lsp", "pipe-lsp", &["pipe-diagnostics", "pipe-syntax", "pipe-analysis", "pipe-ide"]),
    row(
        "cli",
        "pipe",
        &[
            "pipe-diagnostics",
            "pipe-syntax",
            "pipe-analysis",
            "pipe-ops",
            "pipe-eval",
            "pipe-store",
            "pipe-archive",
            "pipe-registry",
            "pipe-fetch",
            "pipe-cache",
            "pipe-engine",
            "pipe-sandbox",
            "pipe-lsp",
            "pipe-doc",
        ],
    ),
    row("editors/tree-sitter", "pipe-tree-sitter", &[]),
    row("editors/zed", "pipe-zed", &[]),
    row("xtask", "xtask", &[]),
    row(
        "fuzz",
        "pipe-fuzz",
        &[
            "pipe-diagnostics",
            "pipe-syntax",
            "pipe-stdlib",
            "pipe-analysis",
            "pipe-ide",
            "pipe-ops",
            "pipe-eval",
            "pipe-dockerfile",
            "pipe-store",
            "pipe-archive",
            "pipe-registry",
            "pipe-lsp",
        ],
    ),
];

/// Crates of others that only one of ours may know: the cuts again, for what is not our own.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("salsa", &["pipe-analysis"]),
    ("rusqlite", &["pipe-store"]),
    ("gix", &["pipe-git"]),
    ("ariadne", &["pipe-diagnostics"]),
    ("clap", &["pipe"]),
    ("tokio", &["pipe-engine", "pipe-sandbox", "pipe-lsp", "pipe"]),
    ("tower-lsp", &["pipe-lsp"]),
];

pub(super) fn check(root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    let manifests = manifests(root);
    for (folder, manifest) in &manifests {
        match CRATES.iter().find(|c| c.folder == folder) {
            Some(known) => problems.extend(dependencies(known, manifest)),
            None => problems.push(format!("{folder} is not in the table of xtask/src/tidy/edges.rs")),
        }
    }
    for known in CRATES.iter().filter(|c| !manifests.contains_key(c.folder)) {
        problems.push(format!("{} is in the table and not on disk", known.folder));
    }
    problems.extend(page(&repository::read(root, Path::new("ARCHITECTURE.md"))));
    problems
}

/// Every crate's manifest, by folder.
fn manifests(root: &Path) -> BTreeMap<String, toml::Table> {
    let is_manifest = |file: &Path| file.file_name().is_some_and(|name| name == "Cargo.toml");
    repository::files(root)
        .iter()
        .filter(|file| is_manifest(file))
        .filter_map(|file| {
            let table: toml::Table = toml::from_str(&repository::read(root, file)).ok()?;
            table.contains_key("package").then(|| {
                let folder = file.parent().map(|p| p.display().to_string()).unwrap_or_default();
                (folder, table)
            })
        })
        .collect()
}

fn dependencies(known: &Crate, manifest: &toml::Table) -> Vec<String> {
    let mut problems = Vec::new();
    // `dev-dependencies` are left out: a test may drive its crate through another one.
    for section in ["dependencies", "build-dependencies"] {
        let Some(table) = manifest.get(section).and_then(|s| s.as_table()) else { continue };
        for name in table.keys() {
            let ours = name.starts_with("pipe-");
            if ours && !known.may_use.contains(&name.as_str()) {
                problems.push(format!("{} must not depend on {name}", known.name));
            }
            let reserved = ONLY_IN.iter().find(|(crate_name, _)| crate_name == name);
            if reserved.is_some_and(|(_, allowed)| !allowed.contains(&known.name)) {
                problems.push(format!("{} must not depend on {name}: see ONLY_IN", known.name));
            }
        }
    }
    problems
}

/// The rows of ARCHITECTURE.md's table must be those above: `| folder (name) | may use | invariant |`.
fn page(text: &str) -> Vec<String> {
    let rows: BTreeMap<&str, Vec<&str>> = text.lines().filter_map(page_row).collect();
    let mut problems = Vec::new();
    for known in CRATES {
        let shown: Vec<&str> = known.may_use.iter().map(|name| name.trim_start_matches("pipe-")).collect();
        match rows.get(known.folder) {
            None => problems.push(format!("ARCHITECTURE.md has no row for `{}`", known.folder)),
            Some(row) if *row != shown => problems.push(format!(
                "ARCHITECTURE.md says `{}` may use {row:?}, the table says {shown:?}",
                known.folder
            )),
            Some(_) => {}
        }
    }
    for folder in rows.keys().filter(|folder| !CRATES.iter().any(|c| c.folder == **folder)) {
        problems.push(format!("ARCHITECTURE.md has a row for `{folder}`, which is no crate"));
    }
    problems
}

fn page_row(line: &str) -> Option<(&str, Vec<&str>)> {
    let mut cells = line.strip_prefix("| `")?.split(" | ");
    let folder = cells.next()?.strip_suffix('`')?;
    let may_use = cells.next()?;
    let names = if may_use == "–" { Vec::new() } else { may_use.split(", ").collect() };
    Some((folder, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_edge_is_found() {
        let manifest: toml::Table =
            toml::from_str("[dependencies]\npipe-engine.workspace = true\nsalsa = \"1\"").unwrap_or_default();
        let known = row("interpreter/eval", "pipe-eval", &["pipe-ops"]);
        let problems = dependencies(&known, &manifest);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn a_page_that_differs_is_found() {
        let page_text = "| `lang/diagnostics` | syntax | pure |";
        let problems = page(page_text);
        assert!(problems.iter().any(|p| p.contains("`lang/diagnostics` may use")), "{problems:?}");
    }
}
