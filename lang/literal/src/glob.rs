//! Globs: `*` `?` `[…]` `{a,b}` inside a part of a path, `**` for any number of parts.

use super::{HOLE, LiteralError};

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    if text.is_empty() {
        return Err(LiteralError::new(0..0, "a glob cannot be empty"));
    }
    let fixed = text.replace(HOLE, "x");
    match globset::GlobBuilder::new(&fixed).literal_separator(true).build() {
        Ok(_) => Ok(()),
        Err(error) => Err(LiteralError::not("a glob", culprit(text, error.kind()), error.kind().to_string())),
    }
}

/// Where the mistake is. The library does not say; the bracket that it complains about can be found.
fn culprit(text: &str, kind: &globset::ErrorKind) -> std::ops::Range<usize> {
    let at = match kind {
        globset::ErrorKind::UnclosedClass | globset::ErrorKind::InvalidRange(..) => text.rfind('['),
        globset::ErrorKind::UnclosedAlternates => text.rfind('{'),
        globset::ErrorKind::UnopenedAlternates => text.rfind('}'),
        globset::ErrorKind::DanglingEscape => text.rfind('\\'),
        _ => None,
    };
    at.map_or(0..text.len(), |at| at..at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for good in ["**/*.rs", ".git", "{a,b}/[0-9]?", "services/*/Dockerfile", "\0/*"] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        assert_eq!(check("src/[a").expect_err("bad").range, 4..5);
        assert_eq!(check("{a,b").expect_err("bad").range, 0..1);
        assert!(check("").is_err());
    }
}
