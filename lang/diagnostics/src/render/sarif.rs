//! One SARIF document: the OASIS standard "Static Analysis Results Interchange Format" 2.1.0.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{Diagnostic, FileSpan, Fix, Label, Severity, Sources};

/// The program that found something.
#[derive(Clone, Copy, Debug)]
pub struct Tool<'t> {
    /// Its name.
    pub name: &'t str,
    /// Its version.
    pub version: &'t str,
    /// The page of a code, in Markdown, whose first line is a heading.
    pub page: fn(&str) -> Option<&'static str>,
}

/// A document with all diagnostics of one run of a tool.
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources, tool: Tool<'_>) -> Value {
    let codes: BTreeSet<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let indices: BTreeMap<&str, usize> = codes.iter().enumerate().map(|(i, code)| (*code, i)).collect();
    let rules: Vec<Value> = codes.into_iter().map(|code| rule(code, (tool.page)(code))).collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| {
            let mut result = result(diagnostic, sources);
            result["ruleIndex"] = json!(indices.get(diagnostic.code));
            result
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": tool.name, "version": tool.version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// What a code means.
fn rule(code: &str, page: Option<&str>) -> Value {
    let mut rule = json!({ "id": code });
    if let Some(page) = page {
        let heading = page.lines().next().unwrap_or_default();
        let title = heading.split_once(": ").map_or(heading, |(_, title)| title);
        rule["shortDescription"] = json!({ "text": title });
        rule["help"] = json!({ "text": page, "markdown": page });
    }
    rule
}

fn result(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    let text = match &diagnostic.help {
        Some(help) => format!("{}\n{help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level,
        "message": { "text": text },
        "locations": [labelled(&diagnostic.primary, sources)],
    });
    if !diagnostic.labels.is_empty() {
        let related = diagnostic.labels.iter().map(|label| labelled(label, sources));
        result["relatedLocations"] = related.collect();
    }
    if !diagnostic.fixes.is_empty() {
        result["fixes"] = diagnostic.fixes.iter().map(|f| fix(f, sources)).collect();
    }
    result
}

/// A place, and what is said about it.
fn labelled(label: &Label, sources: &Sources) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": artifact(&label.place.file),
            "region": region(&label.place, sources),
        },
    });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

/// The edits of a fix, by file.
fn fix(fix: &Fix, sources: &Sources) -> Value {
    let mut changes: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        changes.entry(&edit.place.file).or_default().push(json!({
            "deletedRegion": region(&edit.place, sources),
            "insertedContent": { "text": edit.text },
        }));
    }
    let changes = changes.into_iter().map(
        |(file, replacements)| json!({ "artifactLocation": artifact(file), "replacements": replacements }),
    );
    json!({ "description": { "text": fix.title }, "artifactChanges": changes.collect::<Vec<_>>() })
}

fn region(span: &FileSpan, sources: &Sources) -> Value {
    let position = sources.position(span);
    json!({
        "startLine": position.line,
        "startColumn": position.column,
        "endLine": position.end_line,
        "endColumn": position.end_column,
    })
}

fn artifact(file: &str) -> Value {
    match file {
        path if path.starts_with('/') => json!({ "uri": format!("file://{}", reference(path)) }),
        // What has no file of its own: the standard library.
        name if name.starts_with("std/") && !name.ends_with(".pipe") => {
            json!({ "uri": format!("pipe:{}", reference(name)) })
        }
        // Readers know the folder that this is relative to: the one that was checked out.
        path => json!({ "uri": reference(path), "uriBaseId": "%SRCROOT%" }),
    }
}

/// A path as a relative reference of RFC 3986.
fn reference(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::tests::{example, wild};
    use super::*;
    use proptest::prelude::*;

    const TOOL: Tool<'_> = Tool { name: "pipe", version: "0.0.0", page };

    fn page(code: &str) -> Option<&'static str> {
        (code == "unknown-argument").then_some("# `unknown-argument`: there is no such argument\n\nMore.\n")
    }

    #[test]
    fn a_document_has_rules_results_and_fixes() {
        let (sources, diagnostic) = example();
        insta::assert_json_snapshot!(sarif(&[diagnostic], &sources, TOOL));
    }

    #[test]
    fn names_become_references() {
        assert_eq!(artifact("a b/é.pipe"), json!({ "uri": "a%20b/%C3%A9.pipe", "uriBaseId": "%SRCROOT%" }));
        assert_eq!(artifact("/tmp/a.pipe"), json!({ "uri": "file:///tmp/a.pipe" }));
        assert_eq!(artifact("std/prelude"), json!({ "uri": "pipe:std/prelude" }));
    }

    /// What the standard asks of every result of this kind.
    fn is_valid(document: &Value) {
        let run = &document["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let related = result["relatedLocations"].as_array().into_iter().flatten();
            for location in result["locations"].as_array().unwrap().iter().chain(related) {
                let place = &location["physicalLocation"];
                is_region(&place["region"]);
                assert!(!place["artifactLocation"]["uri"].as_str().unwrap().contains(' '));
            }
            for fix in result["fixes"].as_array().into_iter().flatten() {
                for change in fix["artifactChanges"].as_array().unwrap() {
                    let replacements = change["replacements"].as_array().unwrap();
                    assert!(!replacements.is_empty());
                    replacements.iter().for_each(|replacement| is_region(&replacement["deletedRegion"]));
                }
            }
        }
    }

    fn is_region(region: &Value) {
        let at =
            |line: &str, column: &str| (region[line].as_u64().unwrap(), region[column].as_u64().unwrap());
        let (start, end) = (at("startLine", "startColumn"), at("endLine", "endColumn"));
        assert!(start.0 >= 1 && start.1 >= 1 && start <= end, "{region}");
    }

    proptest! {
        #[test]
        fn any_place_gives_a_valid_document(start in 0_u32..12, end in 0_u32..12) {
            let ((sources, example), (more, wild)) = (example(), wild(start, end));
            is_valid(&sarif(&[example], &sources, TOOL));
            is_valid(&sarif(std::slice::from_ref(&wild), &more, TOOL));
            is_valid(&sarif(&[wild], &Sources::default(), TOOL));
        }
    }
}
