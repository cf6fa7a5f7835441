//! One SARIF document: the OASIS standard "Static Analysis Results Interchange Format" 2.1.0.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{Diagnostic, FileSpan, Severity, Sources};

/// A document with all diagnostics of one run of a tool.
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources, tool: &str, version: &str) -> Value {
    let codes: BTreeSet<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let rules: Vec<Value> = codes.into_iter().map(|code| json!({ "id": code })).collect();
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(diagnostic, sources)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": tool, "version": version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
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
    let related: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let mut place = location(&label.place, sources);
            place["message"] = json!({ "text": label.text });
            place
        })
        .collect();
    json!({
        "ruleId": diagnostic.code,
        "level": level,
        "message": { "text": text },
        "locations": [location(&diagnostic.primary.place, sources)],
        "relatedLocations": related,
    })
}

fn location(span: &FileSpan, sources: &Sources) -> Value {
    let position = sources.position(span);
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&span.file) },
            "region": {
                "startLine": position.line,
                "startColumn": position.column,
                "endLine": position.end_line,
                "endColumn": position.end_column,
            },
        },
    })
}

/// A path as a relative reference of RFC 3986.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn a_document_has_rules_and_results() {
        let (sources, diagnostic) = example();
        insta::assert_json_snapshot!(sarif(&[diagnostic], &sources, "pipe", "0.0.0"));
    }

    #[test]
    fn names_become_references() {
        assert_eq!(uri("a b/é.pipe"), "a%20b/%C3%A9.pipe");
    }
}
