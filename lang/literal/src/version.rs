//! Versions: one to four numbers with points, then `-PRERELEASE` and `+BUILD`, as in `1.2` and `1.2.3-rc.1+5`.

use super::{HOLE, LiteralError, first_refused, parts, shown};

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    let wrong = |range, reason: &str| LiteralError::not("a version", range, reason);
    if let Some((range, c)) = first_refused(text, |c| c.is_ascii_alphanumeric() || ".-+".contains(c)) {
        return Err(wrong(range, &format!("{} cannot stand in one", shown(c))));
    }
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let numbers = text.get(..end).unwrap_or(text);
    if let Some(rest) = numbers.strip_prefix(['v', 'V'])
        && rest.starts_with(|c: char| c.is_ascii_digit() || c == HOLE)
    {
        return Err(wrong(0..1, "it begins with a digit, not with `v`").replace(""));
    }
    let numbers = parts(numbers, '.');
    for (range, number) in &numbers {
        if number.is_empty() {
            let range = range.start.saturating_sub(1)..range.end.max(1).min(text.len());
            return Err(wrong(range, "a number is missing"));
        }
        if !number.chars().all(|c| c.is_ascii_digit() || c == HOLE) {
            return Err(wrong(range.clone(), "a version is numbers with points between them, like `1.2.3`"));
        }
    }
    if numbers.len() > 4 {
        return Err(wrong(0..end, "it has more than four numbers"));
    }
    let tail = text.get(end..).unwrap_or_default();
    let mut before = end;
    for part in tail.split_inclusive(['-', '+', '.']).skip(1) {
        before += 1;
        let word = part.trim_end_matches(['-', '+', '.']);
        // A `-` belongs to the words of a prerelease; elsewhere something stands between two marks.
        if word.is_empty() && !part.starts_with('-') {
            return Err(wrong(before - 1..before, "something is missing behind this"));
        }
        before += part.len() - 1;
    }
    if let Some(second) = tail.match_indices('+').nth(1).map(|(at, _)| end + at) {
        return Err(wrong(second..second + 1, "a second `+` cannot stand in one"));
    }
    if tail.ends_with(['+', '.']) || tail == "-" {
        return Err(wrong(text.len() - 1..text.len(), "something is missing behind this"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for good in ["1", "1.21", "1.2.3", "1.2.3-rc.1+5", "\0", "1.\0", "2024.12.31.1"] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        for (bad, at) in [
            ("v1.2", "v"),
            ("latest", "latest"),
            ("1..2", "."),
            ("1.", "."),
            ("1 2", " "),
            ("", ""),
            ("1.2.3.4.5", "1.2.3.4.5"),
            ("1+a+b", "+"),
        ] {
            assert_eq!(&bad[check(bad).expect_err(bad).range], at, "{bad:?}");
        }
        assert_eq!(check("v1").expect_err("bad").replacement.as_deref(), Some(""));
    }
}
