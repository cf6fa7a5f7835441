//! Text that cannot do anything to a terminal: a source file or a message may hold control characters, which could hide
//! or fake what is printed.

use std::borrow::Cow;

/// Characters that act instead of showing: controls, and marks that turn the direction of writing.
fn acts(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of ours, with names and values of users in it: acting characters are written as escapes. Line ends and tabs
/// stay.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    escape(text, |c| acts(c) && !matches!(c, '\n' | '\t'))
}

/// A text that is one line: line ends are escaped too.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    escape(text, acts)
}

fn escape(text: &str, escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&escaped) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if escaped(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// A source file: each acting character becomes another of as many bytes, so that places stay right.
pub(super) fn source(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| acts(c) && !matches!(c, '\n' | '\t' | '\r');
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| match (hidden(c), c.len_utf8()) {
        (false, _) => c,
        (true, 1) => '?',
        (true, 2) => '¿',
        (true, _) => '\u{fffd}',
    };
    Cow::Owned(text.chars().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn acting_characters_are_shown() {
        assert_eq!(text("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\nc");
        assert_eq!(line("a\nb\u{202e}"), "a\\nb\\u{202e}");
        assert_eq!(source("\u{1b}x\u{9b}\u{202e}\n"), "?x¿\u{fffd}\n");
    }

    proptest! {
        #[test]
        fn places_in_a_source_stay(text in any::<String>()) {
            let shown = source(&text);
            prop_assert_eq!(shown.len(), text.len());
            prop_assert!(text.char_indices().map(|(i, _)| i).eq(shown.char_indices().map(|(i, _)| i)));
            prop_assert!(!shown.contains(|c: char| acts(c) && !"\n\t\r".contains(c)));
        }
    }
}
