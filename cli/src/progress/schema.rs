//! The objects of `--progress json`. `docs/reference/events.md` describes each field; a test compares.

use serde::Serialize;

/// The version of the format. It grows when a field changes its meaning or goes; new fields and events do not change it.
const VERSION: u32 = 1;

/// One line of the stream.
#[derive(Debug, Serialize)]
struct Line<'a> {
    v: u32,
    #[serde(flatten)]
    object: &'a Object<'a>,
}

/// Every kind of object. Fields without a value are left out.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
#[serde(rename_all_fields = "snake_case")]
pub(crate) enum Object<'a> {
    /// A run begins.
    Started { nodes: usize },
    /// A step changed its state.
    Step {
        id: u32,
        name: &'a str,
        state: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
    },
    /// A step printed.
    Log { id: u32, stream: &'a str, text: &'a str },
    /// A service changed its state.
    Service {
        id: u32,
        name: &'a str,
        state: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
    },
    /// Something that the pipeline tells a person.
    Notice { message: &'a str },
    /// Something that fails nothing.
    Warning { message: &'a str },
    /// Why a step failed.
    Failure {
        id: u32,
        name: &'a str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        help: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        column: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
        log: &'a str,
    },
    /// A problem in the source, as `pipe check --format json` has it.
    Diagnostic { diagnostic: &'a serde_json::Value },
    /// The command cannot go on.
    Error {
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        help: Option<&'a str>,
    },
    /// What the test reports of a check say.
    Tests { name: &'a str, passed: usize, failed: usize, skipped: usize, failures: &'a [serde_json::Value] },
    /// The run stopped, and what it did to the world need not be repeated.
    Resume { run: &'a str, command: &'a str },
    /// The run is over.
    Summary { cached: usize, ran: usize, failed: usize, skipped: usize, ms: u64 },
}

impl Object<'_> {
    /// As a line of the stream, with its line end.
    pub(crate) fn line(&self) -> String {
        let line = serde_json::to_string(&Line { v: VERSION, object: self });
        // Strings, numbers and a value that came from JSON: nothing that JSON cannot say.
        line.map(|line| line + "\n").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    const PAGE: &str = include_str!("../../../docs/reference/events.md");

    /// One of each, with every field.
    fn every() -> Vec<String> {
        let diagnostic = serde_json::json!({});
        let objects = [
            Object::Started { nodes: 1 },
            Object::Step {
                id: 1,
                name: "build",
                state: "ran",
                ms: Some(1),
                key: Some("k"),
                file: Some("main.pipe"),
                line: Some(1),
                exit_code: Some(0),
                reason: Some("r"),
            },
            Object::Service {
                id: 1,
                name: "db",
                state: "ready",
                ms: Some(1),
                file: Some("main.pipe"),
                line: Some(1),
            },
            Object::Log { id: 1, stream: "stdout", text: "t" },
            Object::Notice { message: "m" },
            Object::Warning { message: "m" },
            Object::Failure {
                id: 1,
                name: "build",
                message: "m",
                help: Some("h"),
                file: Some("main.pipe"),
                line: Some(1),
                column: Some(1),
                exit_code: Some(1),
                log: "l",
            },
            Object::Diagnostic { diagnostic: &diagnostic },
            Object::Error { message: "m", help: Some("h") },
            Object::Tests { name: "unit", passed: 1, failed: 0, skipped: 0, failures: &[] },
            Object::Resume { run: "1a2b3c4d", command: "pipe run deploy --resume 1a2b3c4d" },
            Object::Summary { cached: 0, ran: 0, failed: 0, skipped: 0, ms: 0 },
        ];
        objects.iter().map(Object::line).collect()
    }

    /// Fields by event, from the page's `## event` headings and `| `field` | …` rows.
    fn documented() -> BTreeMap<String, BTreeSet<String>> {
        let mut events: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = None;
        for line in PAGE.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                current = heading.strip_prefix('`').and_then(|h| h.strip_suffix('`')).map(str::to_owned);
            } else if let (Some(event), Some(row)) = (&current, line.strip_prefix("| `")) {
                let field = row.split('`').next().unwrap_or_default().to_owned();
                events.entry(event.clone()).or_default().insert(field);
            }
        }
        events
    }

    #[test]
    fn the_page_documents_what_is_emitted() {
        let mut emitted = BTreeMap::new();
        for line in every() {
            let object: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(&line).unwrap_or_default();
            let event = object["event"].as_str().unwrap_or_default().to_owned();
            let fields =
                object.keys().filter(|k| *k != "v" && *k != "event").cloned().collect::<BTreeSet<_>>();
            assert_eq!(object["v"], VERSION);
            emitted.insert(event, fields);
        }
        assert_eq!(emitted, documented());
    }
}
