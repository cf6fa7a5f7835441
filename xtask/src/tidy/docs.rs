//! Pages say what is there: links lead somewhere, and every diagnostic has its page and every page its diagnostic.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::repository;

/// Folder with one page a diagnostic code.
const PAGES: &str = "docs/errors";
/// Where diagnostics are made.
const SOURCES: &[&str] = &["lang", "interpreter/eval", "cli/src"];
/// Calls whose first argument is a code.
const MAKERS: &[&str] =
    &["Diagnostic::error(", "Diagnostic::warning(", " syntax(", " missing(", ".error(", ".warning("];

pub(super) fn check(root: &Path) -> Vec<String> {
    let mut problems = links(root);
    problems.extend(pages(root));
    problems
}

fn links(root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for file in repository::with_extension(root, "md") {
        // Fixtures are Markdown too; their brackets are programs.
        if file.starts_with("tests") || file.components().any(|c| c.as_os_str() == "tests") {
            continue;
        }
        let text = repository::read(root, &file);
        for target in link_targets(&text) {
            let path = target.split('#').next().unwrap_or_default();
            let folder = file.parent().unwrap_or(Path::new(""));
            if !path.is_empty() && !root.join(folder).join(path).exists() {
                problems.push(format!("{}: the link to {target} leads nowhere", file.display()));
            }
        }
    }
    problems
}

/// Targets of `[text](target)` outside code, without those that have a scheme.
fn link_targets(text: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let rest = &line[at + 2..];
            let target = rest.split(')').next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                targets.push(target);
            }
        }
    }
    targets
}

fn pages(root: &Path) -> Vec<String> {
    // What lies in folders below is about several codes.
    let pages: BTreeSet<String> = repository::files(&root.join(PAGES))
        .iter()
        .filter(|file| file.parent() == Some(Path::new("")))
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "README")
        .collect();
    let sources: Vec<(PathBuf, String)> = repository::with_extension(root, "rs")
        .into_iter()
        .filter(|file| SOURCES.iter().any(|source| file.starts_with(source)))
        .filter(|file| !file.components().any(|part| part.as_os_str() == "tests"))
        .map(|file| {
            let text = repository::read(root, &file);
            (file, text)
        })
        .collect();
    let mut problems = Vec::new();
    for (file, text) in &sources {
        for code in codes(text).into_iter().filter(|code| !pages.contains(*code)) {
            problems.push(format!("{}: `{code}` has no page {PAGES}/{code}.md", file.display()));
        }
    }
    for page in &pages {
        let literal = format!("\"{page}\"");
        if !sources.iter().any(|(_, text)| text.contains(&literal)) {
            problems.push(format!("{PAGES}/{page}.md is about a code that nothing reports"));
        }
    }
    problems
}

/// The literal codes that diagnostics are made with, up to the first test module.
fn codes(text: &str) -> Vec<&str> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut codes = Vec::new();
    for maker in MAKERS {
        for (at, _) in text.match_indices(maker) {
            let rest = text[at + maker.len()..].trim_start();
            let literal = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
            // Others that are called so are handed sentences.
            let code = |text: &&str| text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            codes.extend(literal.filter(code));
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_code_do_not_count() {
        let text = "[a](b.md) [c](https://d)\n```\n[x](y)\n```\n[e](f.md#g)";
        assert_eq!(link_targets(text), ["b.md", "f.md#g"]);
    }

    #[test]
    fn codes_are_found_where_diagnostics_are_made() {
        assert_eq!(codes("Diagnostic::error(\n    \"unknown-name\", m, p)"), ["unknown-name"]);
        assert_eq!(codes("self.error(\"bad-key\", m, p); log.error(\"it failed\")"), ["bad-key"]);
        assert_eq!(codes("#[cfg(test)] Diagnostic::error(\"x\", m, p)"), Vec::<&str>::new());
    }
}
