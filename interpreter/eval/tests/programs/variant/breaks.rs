//! Other line ends.

use std::ops::Range;

use super::Edit;
use super::random::Random;

/// Lines broken and joined wherever that means nothing: inside round and square brackets, and in front of the dots of a chain.
/// `opaque` is what has line ends of its own, literals and comments, in order.
pub(super) fn others(text: &str, opaque: &[Range<usize>], random: &mut Random) -> Vec<Edit> {
    let mut edits = Vec::new();
    // Open brackets, each with how far in its line begins.
    let mut open: Vec<(u8, usize)> = Vec::new();
    let (mut at, mut indent) = (0, 0);
    let mut opaque = opaque.iter().peekable();
    let bytes = text.as_bytes();
    while at < bytes.len() {
        if let Some(range) = opaque.next_if(|range| range.start <= at) {
            at = at.max(range.end);
            continue;
        }
        let next = opaque.peek().map_or(bytes.len(), |range| range.start);
        let byte = bytes[at];
        at += 1;
        match byte {
            b'(' | b'[' | b'{' => open.push((byte, indent)),
            b')' | b']' | b'}' => drop(open.pop()),
            b'\n' => indent = text[at..].len() - text[at..].trim_start_matches(' ').len(),
            _ => {}
        }
        let gap = at..at + bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        // A comment ends with its line.
        if gap.end > next || gap.end == next && bytes.get(next) == Some(&b'#') {
            continue;
        }
        let Some((bracket, from)) = open.last() else { continue };
        let inside = *bracket != b'{' && matches!(byte, b'(' | b'[' | b',');
        let before_dot = bytes[gap.end..].first() == Some(&b'.')
            && bytes.get(gap.end + 1).is_some_and(u8::is_ascii_lowercase)
            && !matches!(byte, b'.' | b'?');
        if (inside || before_dot) && random.percent(40) {
            let joined = if before_dot || byte != b',' { "" } else { " " };
            let broken = random.percent(50);
            let wide = from + 2 + random.below(9);
            indent = if broken { wide } else { indent };
            edits.push((
                gap.clone(),
                if broken { format!("\n{}", " ".repeat(wide)) } else { joined.to_owned() },
            ));
            at = gap.end;
        }
    }
    edits
}
