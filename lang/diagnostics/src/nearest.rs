//! The name that was probably meant.

/// The candidate nearest to a name that is not known, if one is near enough to be what was meant: at most one edit for
/// every three characters (insertions, deletions, replacements, swaps of neighbours), or equal but for case. Among equally near
/// ones the first counts.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    // A name of this length has no typing mistake; comparing it is quadratic.
    if length > 100 {
        return None;
    }
    let limit = (length / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == name || candidate.chars().count().abs_diff(length) > limit {
            continue;
        }
        let distance = if candidate.eq_ignore_ascii_case(name) { 0 } else { distance(name, candidate) };
        if distance <= limit && distance < candidate.chars().count() && best.is_none_or(|(d, _)| distance < d)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The distance of optimal string alignment (Damerau and Levenshtein without overlapping edits).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, cb) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(ca != cb);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                best = best.min(before_last[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn typing_mistakes_find_their_name() {
        let names = ["mount", "copy", "write", "timeout", "workdir", "linux/arm64", "linux/amd64"];
        assert_eq!(nearest("mout", names), Some("mount"));
        assert_eq!(nearest("timeuot", names), Some("timeout"));
        assert_eq!(nearest("linux/arm46", names), Some("linux/arm64"));
        assert_eq!(nearest("WORKDIR", names), Some("workdir"));
    }

    #[test]
    fn far_names_are_not_suggested() {
        assert_eq!(nearest("banana", ["mount", "copy"]), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("", ["a"]), None);
        assert_eq!(nearest("mount", ["mount"]), None);
    }

    #[test]
    fn the_first_of_equally_near_names_counts() {
        assert_eq!(nearest("bat", ["cat", "hat"]), Some("cat"));
    }
}
