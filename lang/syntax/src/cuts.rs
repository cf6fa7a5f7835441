//! Places that do not count comments, so that a tree stays equal when one comes, goes or changes.

use std::sync::Arc;

use crate::Span;
use crate::ast::places::{Place, Places};
use crate::ast::{Item, Trivia, TriviaKind};

/// The comments and blank lines inside an item that the places of its tree do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cuts {
    /// In the order of the text.
    cuts: Box<[Cut]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Cut {
    /// Where it is, as places count.
    at: u32,
    /// How many bytes it and those before it take.
    left_out: u32,
}

impl Cut {
    /// Where it ends in the text, from the first byte of the item.
    fn end(&self) -> u32 {
        self.at + self.left_out
    }
}

impl Cuts {
    /// Where a place of the tree stands in the text, both from the first byte of the item.
    pub fn written(&self, span: Span) -> Span {
        // Where nothing stands, what comes there comes before the comment, as does the end of what stands before it.
        let start = if span.start == span.end { self.before(span.start) } else { self.behind(span.start) };
        Span { start, end: self.before(span.end) }
    }

    /// The place of a byte of the text; those of a comment are at its beginning.
    pub fn counted(&self, offset: u32) -> u32 {
        // Cuts end one after the other: none lies in another.
        let passed = self.cuts.partition_point(|cut| cut.end() <= offset);
        let before = passed.checked_sub(1).and_then(|last| self.cuts.get(last)).map_or(0, |cut| cut.left_out);
        let place = offset - before;
        self.cuts.get(passed).map_or(place, |cut| place.min(cut.at))
    }

    fn before(&self, place: u32) -> u32 {
        self.shifted(place, self.cuts.partition_point(|cut| cut.at < place))
    }

    fn behind(&self, place: u32) -> u32 {
        self.shifted(place, self.cuts.partition_point(|cut| cut.at <= place))
    }

    fn shifted(&self, place: u32, cuts: usize) -> u32 {
        let last = cuts.checked_sub(1).and_then(|last| self.cuts.get(last));
        place + last.map_or(0, |cut| cut.left_out)
    }
}

/// Takes comments and blank lines out of the places of an item's tree. Doc comments stay: they belong to the tree. `trivia` is
/// the file's, whose text is `text`.
pub fn leave_out_comments(text: &str, item: &mut Item, trivia: &[Trivia]) -> Cuts {
    let (start, end) = (item.offset, item.offset.saturating_add(item.len));
    let first = trivia.partition_point(|found| found.span.start < start);
    let inside = trivia.iter().skip(first).take_while(|found| found.span.end <= end);
    let mut left_out = 0;
    let cuts = inside.filter_map(|found| {
        let range = taken(text, found)?;
        let at = range.start - start - left_out;
        left_out += range.end - range.start;
        Some(Cut { at, left_out })
    });
    let cuts = Cuts { cuts: cuts.collect() };
    if !cuts.cuts.is_empty() {
        let visit = |place: Place<'_>| match place {
            Place::Span(span) => (span.start, span.end) = (cuts.counted(span.start), cuts.counted(span.end)),
            Place::Text(map) => map.iter_mut().for_each(|(_, at)| *at = cuts.counted(*at)),
            Place::Break(_) => {}
        };
        Places { visit }.item(Arc::make_mut(&mut item.kind));
    }
    cuts
}

/// What goes with a comment: its whole line, or the space before it.
fn taken(text: &str, found: &Trivia) -> Option<Span> {
    let Span { start, end } = found.span;
    match &found.kind {
        TriviaKind::Blank => Some(found.span),
        TriviaKind::Doc(_) => None,
        TriviaKind::Comment { own_line, .. } => {
            let before = text.get(..start as usize)?.trim_end_matches([' ', '\t']).len() as u32;
            let newline = text.get(end as usize..)?.find('\n')? as u32;
            let end = if *own_line { end + newline + 1 } else { end };
            Some(Span { start: before, end })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use crate::testing::program;
    use proptest::prelude::*;

    /// The items of a text, without comments in their places.
    fn items(text: &str) -> Vec<(Item, Cuts)> {
        let module = parse(text).module;
        let cut = |mut item: Item| {
            let cuts = leave_out_comments(text, &mut item, &module.trivia);
            (item, cuts)
        };
        module.items.into_iter().map(cut).collect()
    }

    fn spans(item: &mut Item) -> Vec<Span> {
        let mut spans = Vec::new();
        let visit = |place: Place<'_>| {
            if let Place::Span(span) = place {
                spans.push(*span);
            }
        };
        Places { visit }.item(Arc::make_mut(&mut item.kind));
        spans
    }

    #[test]
    fn comments_change_no_tree() {
        let plain = "fn f(a: Int) -> Int {\n  let b = a\n    .max(1)\n  \"${b}\".len()\n}\n";
        let commented = "fn f(a: Int) -> Int { # One.\n\n  # Two.\n  # Three.\n  let b = a  # Four.\n# Five.\n    .max(1)\n  \"${b}\".len()\n  # Six.\n}\n";
        assert_eq!(items(plain)[0].0.kind, items(commented)[0].0.kind);
        let (mut item, cuts) = items(commented).remove(0);
        let found: Vec<&str> =
            spans(&mut item).into_iter().map(|span| &commented[cuts.written(span).range()]).collect();
        assert!(found.contains(&"a  # Four.\n# Five.\n    .max(1)"), "{found:#?}");
        assert!(found.contains(&"\"${b}\".len()"), "{found:#?}");
    }

    proptest! {
        #[test]
        fn places_are_found_again(seed: u64) {
            let text = program(seed);
            let plain = parse(&text).module.items;
            for (mut plain, (mut cut, cuts)) in plain.into_iter().zip(items(&text)) {
                for (span, counted) in spans(&mut plain).into_iter().zip(spans(&mut cut)) {
                    prop_assert_eq!(cuts.written(counted), span, "{}", &text);
                }
            }
        }

        #[test]
        fn each_byte_has_a_place(seed: u64) {
            let text = program(seed);
            for (item, cuts) in items(&text) {
                prop_assert!(cuts.cuts.is_sorted_by(|a, b| a.end() < b.end()));
                let mut last = 0;
                for offset in 0..=item.len {
                    let place = cuts.counted(offset);
                    prop_assert!(place == last || place == last + 1);
                    last = place;
                }
            }
        }
    }
}
