//! What holds for every diagnostic.

use pipe_diagnostics::{Diagnostic, FileSpan, Sources, render};

/// How many diagnostics of one program are rendered. Each report goes through the whole text, and a text of random words has hundreds of
/// mistakes: to render all of them took nearly all of the time.
const RENDERED: usize = 4;

/// Every place lies in its file, at characters; every renderer has something to say; fixes can be made.
pub(crate) fn sound(found: &[Diagnostic<FileSpan>], sources: &Sources) {
    for diagnostic in found {
        let fixes = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| &edit.place);
        let labels = diagnostic.labels.iter().map(|label| &label.place);
        for place in [&diagnostic.primary.place].into_iter().chain(labels).chain(fixes) {
            inside(place, sources, diagnostic);
        }
    }
    // From everywhere in the program: mistakes at its beginning and its end are of other kinds.
    let shown: Vec<_> = found.iter().step_by(found.len().div_ceil(RENDERED).max(1)).cloned().collect();
    for diagnostic in &shown {
        assert!(!render::full(diagnostic, sources, false).is_empty());
        assert!(!render::short(diagnostic, sources).is_empty());
        assert!(!render::github(diagnostic, sources).is_empty());
        render::json(diagnostic, sources);
    }
    render::sarif(&shown, sources, render::Tool { name: "pipe", version: "0", page: |_| None });
}

fn inside(place: &FileSpan, sources: &Sources, diagnostic: &Diagnostic<FileSpan>) {
    let text = sources.text(&place.file);
    let range = place.start as usize..place.end as usize;
    assert!(text.get(range).is_some(), "{place:?} is no part of its file: {diagnostic:#?}");
}
