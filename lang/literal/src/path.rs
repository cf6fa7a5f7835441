//! Paths, with `/` between their parts.

use super::{LiteralError, first_refused, shown};

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    if text.is_empty() {
        return Err(LiteralError::new(0..0, "a path cannot be empty").help("this folder itself is `.`"));
    }
    match first_refused(text, |c| !c.is_control()) {
        Some((range, c)) => Err(LiteralError::new(range, format!("{} cannot stand in a path", shown(c)))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for good in ["/src", ".", "a b/ü", "../x", "\0/x"] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        assert_eq!(check("a\nb").expect_err("bad").range, 1..2);
        assert!(check("").is_err());
    }
}
