//! The files for Helix and Zed say what those editors understand, and name what is there.

use std::path::{Path, PathBuf};

use tree_sitter::Query;

use crate::editor::LANGUAGE;

/// What Helix takes in a `[[language]]`, of its 25.01; it refuses what it does not know.
const HELIX_LANGUAGE: &[&str] = &[
    "name",
    "scope",
    "injection-regex",
    "file-types",
    "shebangs",
    "roots",
    "comment-token",
    "comment-tokens",
    "block-comment-tokens",
    "indent",
    "language-servers",
    "formatter",
    "grammar",
    "auto-pairs",
    "rulers",
    "auto-format",
    "text-width",
    "soft-wrap",
];

fn editors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn table(path: &str) -> toml::Table {
    let text = std::fs::read_to_string(editors().join(path)).expect(path);
    text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text<'t>(table: &'t toml::Table, key: &str) -> &'t str {
    table.get(key).and_then(toml::Value::as_str).unwrap_or_else(|| panic!("no `{key}` in {table:?}"))
}

fn tables<'t>(table: &'t toml::Table, key: &str) -> Vec<&'t toml::Table> {
    let all = table.get(key).and_then(toml::Value::as_array).unwrap_or_else(|| panic!("no `{key}`"));
    all.iter().filter_map(toml::Value::as_table).collect()
}

#[test]
fn helix() {
    let config = table("helix/languages.toml");
    let known = |key: &String| ["language", "grammar", "language-server"].contains(&key.as_str());
    assert!(config.keys().all(known), "{config:?}");
    let [language] = tables(&config, "language")[..] else { panic!("one language") };
    let unknown: Vec<&String> =
        language.keys().filter(|key| !HELIX_LANGUAGE.contains(&key.as_str())).collect();
    assert_eq!(unknown, [] as [&String; 0]);
    assert_eq!((text(language, "name"), text(language, "scope")), ("pipe", "source.pipe"));
    let indent = language["indent"].as_table().expect("a table");
    assert_eq!((indent["tab-width"].as_integer(), text(indent, "unit")), (Some(2), "  "));
    // Each server that the language names is declared, with what it is started by.
    let servers = config["language-server"].as_table().expect("a table");
    for name in language["language-servers"].as_array().expect("a list") {
        let server = servers[name.as_str().expect("a name")].as_table().expect("a table");
        assert_eq!((text(server, "command"), server["args"][0].as_str()), ("pipe", Some("lsp")));
    }
    let [grammar] = tables(&config, "grammar")[..] else { panic!("one grammar") };
    assert_eq!(text(grammar, "name"), "pipe");
    assert!(grammar["source"].get("path").is_some(), "a folder on this machine");
}

#[test]
fn zed() {
    let extension = table("zed/extension.toml");
    assert_eq!(extension["schema_version"].as_integer(), Some(1));
    let language = table("zed/languages/pipe/config.toml");
    let grammar = text(&language, "grammar");
    assert!(extension["grammars"].get(grammar).is_some_and(|grammar| grammar.get("rev").is_some()));
    let server = extension["language_servers"]["pipe"].as_table().expect("a table");
    assert_eq!(server["languages"][0].as_str(), Some(text(&language, "name")));
    let mut queries = 0;
    for entry in std::fs::read_dir(editors().join("zed/languages/pipe")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "scm") {
            let text = std::fs::read_to_string(&path).expect("a text");
            Query::new(&LANGUAGE, &text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            queries += 1;
        }
    }
    assert!(queries > 0);
}
