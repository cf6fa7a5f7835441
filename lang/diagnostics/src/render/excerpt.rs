//! Around a place in a line that nobody could read: a generated one, or one that was made to flood a terminal.

use super::{short, visible};
use crate::{Diagnostic, FileSpan, Sources};

/// Bytes of a line that is shown as a whole.
const LINE: usize = 1_000;
/// Characters that are shown on each side of a place's start.
const AROUND: usize = 40;

/// Whether a place of the diagnostic stands in a line that is too long to be shown.
pub(super) fn needed(diagnostic: &Diagnostic, sources: &Sources) -> bool {
    let places = diagnostic.labels.iter().map(|label| &label.place).chain([&diagnostic.primary.place]);
    places.into_iter().any(|place| {
        let (text, range) = (sources.text(&place.file), sources.range(place));
        // The end of a text is shown in its last line.
        let (before, after) = (text[..range.start].trim_end_matches('\n'), &text[range.end..]);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = after.find('\n').map_or(text.len(), |at| range.end + at);
        text[start..end].split('\n').any(|line| line.len() > LINE)
    })
}

/// The one-line form, with what stands around its place, and what to do.
pub(super) fn excerpt(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let mut text = short(diagnostic, sources);
    text += &format!("   │ {}\n", around(&diagnostic.primary.place, sources));
    if let Some(help) = &diagnostic.help {
        text += &format!("   │ Help: {}\n", visible::text(help));
    }
    for fix in &diagnostic.fixes {
        text += &format!("   │ Note: fix: {}\n", visible::text(&fix.title));
    }
    text
}

fn around(place: &FileSpan, sources: &Sources) -> String {
    let (text, start) = (sources.text(&place.file), sources.range(place).start);
    let before = text[..start].char_indices().rev().take(AROUND).last().map_or(start, |(at, _)| at);
    let after = text[start..].char_indices().nth(AROUND).map_or(text.len(), |(at, _)| start + at);
    let (left, right) = (if before > 0 { "…" } else { "" }, if after < text.len() { "…" } else { "" });
    format!("{left}{}{right}", visible::line(&text[before..after].replace('\n', " ")))
}

#[cfg(test)]
mod tests {
    use super::super::full;
    use super::*;

    fn shown(text: &str, at: usize) -> String {
        let mut sources = Sources::default();
        sources.insert("f".into(), text.into());
        let place = FileSpan { file: "f".into(), start: at as u32, end: at as u32 + 1 };
        full(&Diagnostic::error("x", "wrong", place).help("mend it"), &sources, false)
    }

    #[test]
    fn a_line_that_fits_is_shown() {
        assert!(shown("let a = 1\n", 4).contains("let a = 1"));
    }

    #[test]
    fn of_a_long_line_a_part_is_shown() {
        let text = format!("let a = {}!{}é\n", "(".repeat(5_000), ")".repeat(5_000));
        let (left, right) = ("(".repeat(AROUND), ")".repeat(AROUND - 1));
        assert_eq!(
            shown(&text, 5_008),
            format!("f:1:5009: error[x]: wrong\n   │ …{left}!{right}…\n   │ Help: mend it\n")
        );
        assert!(shown(&text, 0).contains("│ let a = ((("));
        assert!(
            shown(&text, text.len()).ends_with("é \n   │ Help: mend it\n"),
            "{}",
            shown(&text, text.len())
        );
    }
}
