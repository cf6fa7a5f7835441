//! Branches, tags, commits and `HEAD~1`: the names of `git check-ref-format` with the suffixes of `gitrevisions`.

use super::{LiteralError, first_refused, shown};

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    let wrong = |range, reason: &str| Err(LiteralError::not("a git reference", range, reason));
    if text.is_empty() {
        return wrong(0..0, "it is empty");
    }
    if let Some((range, c)) =
        first_refused(text, |c| !c.is_control() && !c.is_whitespace() && !":?*[\\".contains(c))
    {
        return wrong(range, &format!("{} cannot stand in one", shown(c)));
    }
    if let Some(at) = text.find("..") {
        return wrong(at..at + 2, "`..` is a range of two");
    }
    if text.starts_with('-') {
        return wrong(0..1, "it begins with `-`");
    }
    if let Some(at) = text.find("//") {
        return wrong(at..at + 2, "`//` cannot stand in one");
    }
    if text.ends_with(['/', '.']) {
        return wrong(text.len() - 1..text.len(), "it ends with `/` or `.`");
    }
    if let Some(at) = text.strip_suffix(".lock").map(str::len) {
        return wrong(at..text.len(), "it ends with `.lock`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        for good in ["HEAD~1", "main", "origin/main", "v1.2", "HEAD^", "release-\0"] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        for (bad, at) in [("a..b", ".."), ("-x", "-"), ("a b", " "), ("a:", ":"), ("a/", "/"), ("", "")] {
            assert_eq!(&bad[check(bad).expect_err(bad).range], at, "{bad:?}");
        }
    }
}
