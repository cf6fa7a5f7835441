//! From tokens to a tree.

use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, FileSpan, Sources};
use pipe_syntax::{Span, parse, parse_expression};

use crate::demands::sound;

/// Every text has a tree with its items in order, and errors that can be shown; reading it again gives the same.
pub fn run(text: &str) {
    let parsed = parse(text);
    let mut end = 0;
    for item in &parsed.module.items {
        assert!(item.offset >= end, "an item begins before the one above it ends");
        end = item.offset + item.len;
        assert!(end as usize <= text.len());
    }
    shown(text, &parsed.errors);
    assert_eq!(parsed, parse(text));
    shown(text, &parse_expression(text).1);
}

fn shown(text: &str, errors: &[Diagnostic<Span>]) {
    let file: Arc<str> = "main.pipe".into();
    let mut sources = Sources::default();
    sources.insert(file.clone(), text.into());
    let place = |span: Span| FileSpan { file: file.clone(), start: span.start, end: span.end };
    let found: Vec<_> = errors.iter().map(|error| error.clone().map(place)).collect();
    sound(&found, &sources);
}
