//! How many tests may be skipped, by kind of user: a skip that nobody expected is a failure.

/// Lines of `identity count`; `#` begins a comment.
pub(super) const FILE: &str = "tests/skips.txt";

/// The number for one kind of user.
pub(super) fn expected(text: &str, identity: &str) -> Result<usize, String> {
    text.lines()
        .filter_map(|line| line.split('#').next()?.trim().split_once(' '))
        .find(|(name, _)| *name == identity)
        .and_then(|(_, count)| count.trim().parse().ok())
        .ok_or_else(|| format!("{FILE} has no number for {identity}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_name() {
        let text = "# how many\nroot 0\nuser 2 # why\n";
        assert_eq!(expected(text, "user"), Ok(2));
        assert!(expected(text, "nobody").is_err());
    }
}
