//! Patterns of `${x#pattern}` and its kin: `*` is any text, `?` any character, `\` takes their meaning. They match across `/`.

/// A pattern in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    One(char),
    Any,
    Many,
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut chars = pattern.chars();
    let mut pieces = Vec::new();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' => Piece::Many,
            '?' => Piece::Any,
            '\\' => Piece::One(chars.next().unwrap_or('\\')),
            c => Piece::One(c),
        });
    }
    pieces
}

/// Ends (in bytes) of the parts of `text` that begin at its start and match, the shortest first. Takes time in proportion to the product
/// of both lengths.
fn ends(pieces: &[Piece], text: &[char]) -> Vec<usize> {
    let mut states = vec![false; pieces.len() + 1];
    if let Some(first) = states.first_mut() {
        *first = true;
    }
    skip_many(pieces, &mut states);
    let mut found = Vec::new();
    for position in 0..=text.len() {
        if states.last() == Some(&true) {
            found.push(position);
        }
        let Some(c) = text.get(position) else { break };
        let mut next = vec![false; pieces.len() + 1];
        for (i, piece) in pieces.iter().enumerate().filter(|(i, _)| states.get(*i) == Some(&true)) {
            let to = match piece {
                Piece::One(one) if one != c => continue,
                Piece::One(_) | Piece::Any => i + 1,
                Piece::Many => i,
            };
            if let Some(state) = next.get_mut(to) {
                *state = true;
            }
        }
        skip_many(pieces, &mut next);
        states = next;
    }
    found
}

/// `*` may stand for nothing.
fn skip_many(pieces: &[Piece], states: &mut [bool]) {
    for (i, piece) in pieces.iter().enumerate() {
        if *piece == Piece::Many
            && states.get(i) == Some(&true)
            && let Some(next) = states.get_mut(i + 1)
        {
            *next = true;
        }
    }
}

fn choose(ends: &[usize], longest: bool) -> Option<usize> {
    if longest { ends.last().copied() } else { ends.first().copied() }
}

/// `text` without what matches at its beginning.
pub(crate) fn without_prefix(text: &str, pattern: &str, longest: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let end = choose(&ends(&pieces(pattern), &chars), longest).unwrap_or(0);
    chars.into_iter().skip(end).collect()
}

/// `text` without what matches at its end.
pub(crate) fn without_suffix(text: &str, pattern: &str, longest: bool) -> String {
    let chars: Vec<char> = text.chars().rev().collect();
    let mut pieces = pieces(pattern);
    pieces.reverse();
    let end = choose(&ends(&pieces, &chars), longest).unwrap_or(0);
    let kept: Vec<char> = chars.into_iter().skip(end).collect();
    kept.into_iter().rev().collect()
}

/// `text` with `with` in place of the first part that matches, or of all; each as long as it can be, but never empty.
pub(crate) fn replaced(text: &str, pattern: &str, with: &str, all: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let pieces = pieces(pattern);
    let mut result = String::new();
    let mut at = 0;
    let mut done = false;
    while let Some(rest) = chars.get(at..).filter(|rest| !rest.is_empty()) {
        let length =
            if done && !all { None } else { ends(&pieces, rest).last().copied().filter(|end| *end > 0) };
        match length {
            Some(length) => {
                result.push_str(with);
                at += length;
                done = true;
            }
            None => {
                result.extend(rest.first());
                at += 1;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the Dockerfile reference.
    #[test]
    fn patterns_are_those_of_the_reference() {
        assert_eq!(without_prefix("foobarbaz", "f*b", false), "arbaz");
        assert_eq!(without_prefix("foobarbaz", "f*b", true), "az");
        assert_eq!(without_suffix("foobarbaz", "b*", false), "foobar");
        assert_eq!(without_suffix("foobarbaz", "b*", true), "foo");
        assert_eq!(replaced("foobarbaz", "ba", "fo", false), "fooforbaz");
        assert_eq!(replaced("foobarbaz", "ba", "fo", true), "fooforfoz");
        assert_eq!(without_prefix("a*b", "a\\*", false), "b");
        assert_eq!(without_suffix("x?", "\\?", false), "x");
        assert_eq!(without_prefix("abc", "x", true), "abc");
    }
}
