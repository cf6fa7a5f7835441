//! From fixes to new texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Edit, FileSpan, Fix, Sources};

/// What came of some fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied<'f> {
    /// New texts, by file.
    pub texts: BTreeMap<Arc<str>, String>,
    /// Those that were applied, in their order.
    pub fixes: Vec<&'f Fix>,
}

/// Applies as many of the fixes as do not meet an earlier one; the others may fit into what comes out. A fix is applied as a
/// whole or not at all: one that names a place which the texts do not have is left out.
pub fn apply<'f>(fixes: impl IntoIterator<Item = &'f Fix>, sources: &Sources) -> Applied<'f> {
    let mut chosen: BTreeMap<&Arc<str>, Chosen<'f>> = BTreeMap::new();
    let mut applied = Vec::new();
    for fix in fixes {
        let whole = !fix.edits.is_empty() && fix.edits.iter().all(|edit| fits(edit, sources));
        let free =
            |edit: &Edit| chosen.get(&edit.place.file).is_none_or(|chosen| chosen.is_free(&edit.place));
        if !whole || !fix.edits.iter().all(free) {
            continue;
        }
        for edit in &fix.edits {
            chosen.entry(&edit.place.file).or_default().add(edit);
        }
        applied.push(fix);
    }
    let texts = chosen.into_iter().map(|(file, chosen)| (file.clone(), chosen.text(sources.text(file))));
    Applied { texts: texts.collect(), fixes: applied }
}

/// Whether the place is one of the text.
fn fits(edit: &Edit, sources: &Sources) -> bool {
    let place = &edit.place;
    sources.contains(&place.file)
        && sources.text(&place.file).get(place.start as usize..place.end as usize).is_some()
}

/// Edits of one file that do not meet, by where they begin.
#[derive(Default)]
struct Chosen<'f>(BTreeMap<(u32, u32), Vec<&'f Edit>>);

impl<'f> Chosen<'f> {
    /// Nothing is edited at the place or next to it: two insertions at one point would have no order.
    fn is_free(&self, place: &FileSpan) -> bool {
        // What begins at or before its end: as edits do not overlap, the last two of those reach furthest.
        let before = self.0.range(..=(place.end, u32::MAX)).rev().take(2);
        before.into_iter().all(|((_, end), _)| *end < place.start)
    }

    fn add(&mut self, edit: &'f Edit) {
        self.0.entry((edit.place.start, edit.place.end)).or_default().push(edit);
    }

    fn text(&self, old: &str) -> String {
        let mut new = String::with_capacity(old.len());
        let mut at = 0;
        for edit in self.0.values().flatten() {
            let (start, end) = (edit.place.start as usize, edit.place.end as usize);
            new.push_str(old.get(at..start).unwrap_or_default());
            new.push_str(&edit.text);
            at = at.max(end);
        }
        new.push_str(old.get(at..).unwrap_or_default());
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fix(edits: &[(u32, u32, &str)]) -> Fix {
        let edit = |(start, end, text): &(u32, u32, &str)| Edit {
            place: FileSpan { file: "f".into(), start: *start, end: *end },
            text: (*text).to_owned(),
        };
        Fix { title: "x".into(), edits: edits.iter().map(edit).collect(), automatic: true }
    }

    fn applied(text: &str, fixes: &[Fix]) -> (String, usize) {
        let mut sources = Sources::default();
        sources.insert("f".into(), text.into());
        let applied = apply(fixes, &sources);
        (applied.texts.get("f").cloned().unwrap_or_else(|| text.to_owned()), applied.fixes.len())
    }

    #[test]
    fn edits_do_not_move_one_another() {
        let fixes = [fix(&[(4, 4, "-")]), fix(&[(1, 2, "XX")]), fix(&[(6, 6, "!")])];
        assert_eq!(applied("abcdef", &fixes), ("aXXcd-ef!".into(), 3));
    }

    #[test]
    fn of_two_that_meet_the_first_counts() {
        assert_eq!(applied("abcdef", &[fix(&[(1, 3, "")]), fix(&[(2, 4, "x")])]), ("adef".into(), 1));
        assert_eq!(applied("abc", &[fix(&[(1, 1, "x")]), fix(&[(1, 1, "y")])]), ("axbc".into(), 1));
        assert_eq!(applied("abcdef", &[fix(&[(0, 6, "x")]), fix(&[(2, 3, "")])]), ("x".into(), 1));
        assert_eq!(applied("abcdef", &[fix(&[(2, 3, "")]), fix(&[(0, 6, "x")])]), ("abdef".into(), 1));
    }

    #[test]
    fn a_fix_is_whole_or_nothing() {
        let half = fix(&[(0, 1, "x"), (5, 9, "y")]);
        assert_eq!(applied("abcdef", &[half, fix(&[(0, 0, "z")])]), ("zabcdef".into(), 1));
        let meets = fix(&[(5, 6, "y"), (0, 1, "x")]);
        assert_eq!(applied("abcdef", &[fix(&[(0, 1, "")]), meets]), ("bcdef".into(), 1));
        assert_eq!(applied("é", &[fix(&[(1, 2, "")]), fix(&[])]), ("é".into(), 0));
    }

    #[test]
    fn an_unknown_file_stays_unknown() {
        assert_eq!(apply(&[fix(&[(0, 0, "x")])], &Sources::default()).texts, BTreeMap::new());
    }

    proptest! {
        #[test]
        fn each_that_is_applied_is_in_the_text(places in proptest::collection::vec((0_u32..20, 0_u32..4), 0..12)) {
            let text = "abcdefghijklmnopqrstuvw";
            let fixes: Vec<Fix> = places.iter().map(|(at, len)| fix(&[(*at, at + len, "#")])).collect();
            let mut sources = Sources::default();
            sources.insert("f".into(), text.into());
            let applied = apply(&fixes, &sources);
            let new = applied.texts.get("f").map_or(text, String::as_str);
            prop_assert_eq!(new.matches('#').count(), applied.fixes.len());
            let removed: u32 = applied.fixes.iter().map(|fix| fix.edits[0].place.end - fix.edits[0].place.start).sum();
            prop_assert_eq!(new.len(), text.len() - removed as usize + applied.fixes.len());
        }
    }
}
