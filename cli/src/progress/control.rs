//! Output of steps made safe for a terminal: every control sequence goes, colours stay where they are wanted.
//!
//! The forms are those of ECMA-48: `ESC [ … final` (CSI), `ESC ] … BEL|ST` (OSC) and its like, `ESC x`, and the C1 controls.

/// Which control sequences stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Nothing,
    Colors,
}

/// A line, without its line end, for a terminal.
pub(crate) fn printable(line: &str, colors: bool) -> String {
    let keep = if colors { Keep::Colors } else { Keep::Nothing };
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    let mut colored = false;
    while let Some(next) = rest.chars().next() {
        let after = &rest[next.len_utf8()..];
        rest = match next {
            '\u{1b}' => {
                let (sequence, after) = escape(after);
                if keep == Keep::Colors && is_color(sequence) {
                    colored = true;
                    out.push('\u{1b}');
                    out.push_str(sequence);
                }
                after
            }
            // A C1 CSI is `ESC [` in one character.
            '\u{9b}' => csi(after).1,
            '\t' => {
                out.push('\t');
                after
            }
            control if control.is_control() => after,
            // Characters that turn the direction of text: a line must not look like another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => after,
            other => {
                out.push(other);
                after
            }
        };
    }
    if colored {
        out.push_str("\u{1b}[0m");
    }
    out
}

/// Splits what follows ESC into the sequence and the rest.
fn escape(text: &str) -> (&str, &str) {
    match text.chars().next() {
        Some('[') => {
            let (sequence, rest) = csi(&text[1..]);
            (&text[..sequence.len() + 1], rest)
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let end = text
                .find(['\u{7}', '\u{9c}'])
                .map(|at| at + text[at..].chars().next().map_or(1, char::len_utf8));
            let st = text.find("\u{1b}\\").map(|at| at + 2);
            text.split_at(end.into_iter().chain(st).min().unwrap_or(text.len()))
        }
        Some(next) => text.split_at(next.len_utf8()),
        None => ("", ""),
    }
}

/// Splits what follows a CSI after its final byte.
fn csi(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !matches!(c, '\u{20}'..='\u{3f}'));
    match end.and_then(|at| text[at..].chars().next().map(|c| (at, c))) {
        Some((at, '\u{40}'..='\u{7e}')) => text.split_at(at + 1),
        Some((at, _)) => text.split_at(at),
        None => (text, ""),
    }
}

/// `[` digits and separators `m`: select graphic rendition.
fn is_color(sequence: &str) -> bool {
    sequence
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix('m'))
        .is_some_and(|inner| inner.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colors_stay_where_they_are_wanted() {
        assert_eq!(printable("\u{1b}[31mred\u{1b}[0m", true), "\u{1b}[31mred\u{1b}[0m\u{1b}[0m");
        assert_eq!(printable("\u{1b}[31mred\u{1b}[0m", false), "red");
    }

    #[test]
    fn other_sequences_go() {
        for hostile in
            ["\u{1b}[2J", "\u{1b}]0;title\u{7}", "\u{1b}]8;;x\u{1b}\\", "\u{1b}c", "\u{9b}1A", "\r", "\u{8}"]
        {
            assert_eq!(printable(&format!("a{hostile}b"), true), "ab", "{hostile:?}");
        }
    }

    #[test]
    fn an_unfinished_sequence_ends_with_its_line() {
        assert_eq!(printable("a\u{1b}[3", true), "a");
        assert_eq!(printable("a\u{1b}]0;never", true), "a");
    }

    proptest! {
        #[test]
        fn nothing_but_colors_gets_through(line in "(\u{1b}|\\[|\\]|m|;|[0-9]|[a-z]|\u{9b}|\u{7}|é|\u{202e}){0,40}") {
            prop_assert!(!printable(&line, false).chars().any(char::is_control));
            let colored = printable(&line, true);
            for part in colored.split('\u{1b}').skip(1) {
                let end = part.find('m').map_or(part.len(), |at| at + 1);
                prop_assert!(is_color(&part[..end]), "{colored:?}");
            }
        }
    }
}
