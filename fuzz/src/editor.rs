//! What an editor asks while somebody is typing.

use pipe_ide::{complete, definition, diagnostics, fixes, folds, hover, symbols};
use pipe_syntax::Span;

use crate::project::with_project;

const FILE: &str = "main.pipe";

/// Every question has an answer at every place, and none is outside of the text.
pub fn run(text: &str) {
    folds(text);
    symbols(text);
    let places = places(text);
    with_project(|project| {
        project.check(text);
        let folder = project.folder();
        let answered = project.analysis.snapshot().ask(|snapshot| {
            diagnostics(snapshot, FILE);
            for at in places {
                complete(snapshot, &folder, FILE, at);
                definition(snapshot, FILE, at);
                fixes(snapshot, FILE, Span { start: at, end: at });
                if let Some(hover) = hover(snapshot, FILE, at, None) {
                    assert!(text.get(hover.span.range()).is_some());
                }
            }
        });
        assert_eq!(answered, Ok(()));
    });
}

/// A few places, most of them where something begins or ends, which depend on nothing but the text.
fn places(text: &str) -> Vec<u32> {
    let step = text.len() / 5 + 1;
    let chosen = text.char_indices().map(|(at, _)| at).step_by(step);
    let points = text.match_indices(['.', '(', '$', '{']).map(|(at, _)| at + 1).take(6);
    chosen.chain(points).chain([text.len()]).map(|at| at as u32).collect()
}
