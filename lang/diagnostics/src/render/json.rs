//! For machines.

use serde::Serialize;

use crate::{Diagnostic, FileSpan, Position, Sources};

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Object<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    role: &'a str,
    labels: Vec<Label<'a>>,
    help: Option<&'a str>,
    fixes: Vec<Fix<'a>>,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct Fix<'a> {
    title: &'a str,
    automatic: bool,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

/// A diagnostic as an object: `code severity message file line column end_line end_column role labels help fixes`. Lines and
/// columns count from 1, columns in characters.
pub fn json(diagnostic: &Diagnostic, sources: &Sources) -> serde_json::Value {
    let object = Object {
        code: diagnostic.code,
        severity: super::severity(diagnostic.severity),
        message: &diagnostic.message,
        place: place(&diagnostic.primary.place, sources),
        role: &diagnostic.primary.text,
        labels: diagnostic
            .labels
            .iter()
            .map(|label| Label { place: place(&label.place, sources), text: &label.text })
            .collect(),
        help: diagnostic.help.as_deref(),
        fixes: diagnostic.fixes.iter().map(|f| fix(f, sources)).collect(),
    };
    // Strings, numbers and lists: there is nothing that JSON cannot say.
    serde_json::to_value(object).unwrap_or_default()
}

fn fix<'a>(fix: &'a crate::Fix<FileSpan>, sources: &Sources) -> Fix<'a> {
    let edits =
        fix.edits.iter().map(|edit| Edit { place: place(&edit.place, sources), text: &edit.text }).collect();
    Fix { title: &fix.title, automatic: fix.automatic, edits }
}

fn place<'a>(span: &'a FileSpan, sources: &Sources) -> Place<'a> {
    let Position { line, column, end_line, end_column } = sources.position(span);
    Place { file: &span.file, line, column, end_line, end_column }
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn every_field_is_there() {
        let (sources, diagnostic) = example();
        insta::assert_json_snapshot!(json(&diagnostic, &sources));
    }
}
