//! How two texts differ: by lines, or where a long line does.

use similar::{Change, ChangeTag, TextDiff};

/// A shorter text of one line is shown as it is.
const SHORT: usize = 60;
/// Lines that are shown around what differs.
const AROUND: usize = 1;
/// So many lines are shown.
const MOST_LINES: usize = 60;
/// Longer texts are not compared line by line: only the first line that differs is looked for.
const MOST_BYTES: usize = 1 << 20;
/// Characters of a line that are shown, and how many of them before what differs.
const WIDTH: usize = 120;
const BEFORE: usize = 30;

/// Where texts differ and how, `-` for the left and `+` for the right; `None` for short ones, which are shown whole.
pub(super) fn difference(left: &str, right: &str) -> Option<(String, Vec<String>)> {
    let lines = |text: &str| text.trim_end_matches('\n').contains('\n');
    if !lines(left) && !lines(right) {
        let short = |text: &str| text.chars().count() <= SHORT;
        return if short(left) && short(right) { None } else { Some(in_a_line(left, right)) };
    }
    if left.len().max(right.len()) > MOST_BYTES {
        return Some(first_line(left, right));
    }
    let diff = TextDiff::from_lines(left, right);
    let groups = diff.grouped_ops(AROUND);
    let first = groups.first().and_then(|group| group.first()).map_or(0, |op| op.old_range().start);
    let mut shown = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            let line = group.first().map_or(0, |op| op.old_range().start) + 1;
            shown.push(format!("… line {line}"));
        }
        shown.extend(group.iter().flat_map(|op| diff.iter_changes(op)).map(|change| marked(&change)));
    }
    let more = shown.len().saturating_sub(MOST_LINES);
    if more > 0 {
        shown.truncate(MOST_LINES);
        shown.push(format!("… and {more} more lines"));
    }
    Some((format!("line {} (- left, + right)", first + 1), shown))
}

/// A line with its sign. What cannot be seen at its end is made visible where it may be what differs.
fn marked(change: &Change<&str>) -> String {
    let (line, ends) = match change.value().strip_suffix('\n') {
        Some(line) => (line, ""),
        None => (change.value(), " (no line end)"),
    };
    let (sign, line) = match change.tag() {
        ChangeTag::Equal => (' ', line.to_owned()),
        ChangeTag::Delete => ('-', visible_end(line)),
        ChangeTag::Insert => ('+', visible_end(line)),
    };
    let ends = if change.tag() == ChangeTag::Equal { "" } else { ends };
    format!("{sign} {}{ends}", cut(&line, 0))
}

fn visible_end(line: &str) -> String {
    let text = line.trim_end();
    let end = line.get(text.len()..).unwrap_or_default();
    let seen = |c| match c {
        ' ' => '·',
        '\t' => '→',
        other => other,
    };
    text.chars().chain(end.chars().map(seen)).collect()
}

/// Two texts of one line, from a little before the first character that differs.
fn in_a_line(left: &str, right: &str) -> (String, Vec<String>) {
    let same = left.chars().zip(right.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(BEFORE);
    let side = |sign: char, text: &str| {
        let seen = visible_end(&text.replace('\n', "\\n"));
        format!("{sign} {}", cut(&seen, from))
    };
    (format!("character {} (- left, + right)", same + 1), vec![side('-', left), side('+', right)])
}

/// Of texts that are too long for more: the first line that differs.
fn first_line(left: &str, right: &str) -> (String, Vec<String>) {
    let same = left.lines().zip(right.lines()).take_while(|(a, b)| a == b).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or_default().to_owned();
    let (_, shown) = in_a_line(&line(left), &line(right));
    (format!("line {} is the first that differs (- left, + right)", same + 1), shown)
}

/// What of a line has room, from a character on.
fn cut(line: &str, from: usize) -> String {
    let mut shown: String = line.chars().skip(from).take(WIDTH).collect();
    if from > 0 {
        shown.insert(0, '…');
    }
    if line.chars().nth(from + WIDTH).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_shown_whole() {
        assert_eq!(difference("1.21", "1.22\n"), None);
    }

    #[test]
    fn of_many_lines_those_that_differ_are_shown() {
        let left: String = (1..=40).map(|n| format!("line {n}\n")).collect();
        let right = left.replace("line 20\n", "line XX \n").replace("line 40\n", "line 40");
        let (at, lines) = difference(&left, &right).unwrap();
        assert_eq!(at, "line 19 (- left, + right)");
        assert_eq!(
            lines,
            [
                "  line 19",
                "- line 20",
                "+ line XX·",
                "  line 21",
                "… line 39",
                "  line 39",
                "- line 40",
                "+ line 40 (no line end)"
            ]
        );
    }

    #[test]
    fn a_long_line_is_shown_where_it_differs() {
        let left = format!("{}a{}", "=".repeat(500), "-".repeat(500));
        let right = left.replace('a', "b");
        let (at, lines) = difference(&left, &right).unwrap();
        assert_eq!(at, "character 501 (- left, + right)");
        assert!(lines[0].starts_with("- …=") && lines[0].contains("=a-") && lines[0].ends_with('…'));
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH + 4));
    }

    #[test]
    fn of_what_is_too_long_the_first_line_is_shown() {
        let left = "same\n".repeat(300_000);
        let right = left.replacen("same\n", "same\nother\n", 1);
        let (at, lines) = difference(&left, &right).unwrap();
        assert_eq!(at, "line 2 is the first that differs (- left, + right)");
        assert_eq!(lines, ["- same", "+ other"]);
    }
}
