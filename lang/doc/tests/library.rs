//! The pages of the standard library are what its declarations say. After a change: `cargo xtask reference`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pipe_analysis::{Analysis, MemorySystem};

#[test]
fn the_pages_are_what_the_declarations_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/library");
    let analysis = Analysis::new(Arc::new(MemorySystem::new()));
    let docs = pipe_doc::standard_library(&analysis.snapshot());
    let wanted: BTreeMap<String, String> = pipe_doc::pages(&docs).into_iter().collect();
    if std::env::var_os("UPDATE").is_some() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        wanted.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
    }
    let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let found: BTreeMap<String, String> = entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&wanted), "`cargo xtask reference` writes them");
    for (name, text) in wanted {
        assert!(found[&name] == text, "{name} is not what stdlib says: `cargo xtask reference` writes it");
    }
}

/// Each public item has its place on a page, and the index leads to it.
#[test]
fn every_item_stands_on_a_page() {
    let analysis = Analysis::new(Arc::new(MemorySystem::new()));
    let docs = pipe_doc::standard_library(&analysis.snapshot());
    let pages: BTreeMap<String, String> = pipe_doc::pages(&docs).into_iter().collect();
    let all: String = pages.values().cloned().collect();
    let mut count = 0;
    for (_, item) in docs.items() {
        count += 1;
        assert!(all.contains(&format!("```text\n{}\n```", item.signature)), "{}", item.name);
    }
    let index = &pages["README.md"];
    let targets = index.match_indices("](").map(|(at, _)| index[at + 2..].split(')').next().unwrap());
    let mut links = 0;
    for target in targets.filter(|target| target.contains('#')) {
        let (page, anchor) = target.split_once('#').unwrap();
        let heading = |line: &str| {
            let heading = line.strip_prefix("## ")?;
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || "_- ".contains(*c));
            Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
        };
        let headings = pages[page].lines().filter_map(heading);
        // Operations of two types may share a name.
        assert!(headings.filter(|found| found == anchor).count() >= 1, "{target}");
        links += 1;
    }
    assert_eq!(links, count);
    assert!(count > 150, "{count}");
}
