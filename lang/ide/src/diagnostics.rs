//! What is wrong in a file, and the edits that mend it.

use pipe_analysis::inspect::Snapshot;
use pipe_diagnostics::{Diagnostic, FileSpan, Fix};
use pipe_syntax::Span;

/// What is wrong in a file, in its order.
pub fn diagnostics(snapshot: &Snapshot, file: &str) -> Vec<Diagnostic<FileSpan>> {
    let mut found = snapshot.diagnostics();
    found.retain(|diagnostic| &*diagnostic.primary.place.file == file);
    found
}

/// An edit that mends something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuickFix {
    /// What it mends.
    pub diagnostic: Diagnostic<FileSpan>,
    /// The edits; they may be in several files.
    pub fix: Fix<FileSpan>,
    /// The only safe one for its problem: what an editor offers first.
    pub preferred: bool,
}

/// The edits that mend what is wrong at a range of a file.
pub fn fixes(snapshot: &Snapshot, file: &str, range: Span) -> Vec<QuickFix> {
    let at_range = diagnostics(snapshot, file).into_iter().filter(|diagnostic| {
        let place = &diagnostic.primary.place;
        place.start <= range.end && range.start <= place.end
    });
    at_range
        .flat_map(|diagnostic| {
            let safe = diagnostic.fixes.iter().filter(|fix| fix.automatic).count();
            let fixes = diagnostic.fixes.clone().into_iter();
            fixes.map(move |fix| QuickFix {
                preferred: fix.automatic && safe == 1,
                fix,
                diagnostic: diagnostic.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    /// `^^^ code` below a line mark what is wrong in `main.pipe`.
    #[track_caller]
    fn check(text: &str) {
        let fixture = Fixture::new(text);
        let found = diagnostics(&fixture.snapshot(), "main.pipe");
        let found: Vec<_> =
            found.iter().map(|d| (d.primary.place.start..d.primary.place.end, d.code.to_owned())).collect();
        let wanted: Vec<_> = fixture.marks().iter().map(|m| (m.range.clone(), m.text.clone())).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn they_stand_where_the_mistakes_are() {
        check(
            "\
fn f(xs: List[Int]) -> Int { xs.lenn() }
#                               ^^^^ unknown-operation
fn g() -> Int { nothing }
#               ^^^^^^^ unknown-name
",
        );
    }

    #[test]
    fn a_file_has_its_own() {
        check("use \"./a.pipe\" as a\npub fn f() -> Int { a.n }\n--- a.pipe\npub let n: Int = \"x\"\n");
    }

    #[test]
    fn fixes_mend() {
        let text = "fn f(xs: List[Int]) -> Int { xs.le$0nn() }\n";
        let fixture = Fixture::new(text);
        let (file, at) = fixture.cursor();
        let found = fixes(&fixture.snapshot(), &file, Span { start: at, end: at });
        let [QuickFix { fix, preferred: true, .. }] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((fix.title.as_str(), fix.edits[0].text.as_str()), ("write `len`", "len"));
        assert_eq!(fixes(&fixture.snapshot(), &file, Span { start: 0, end: 5 }), []);
    }
}
