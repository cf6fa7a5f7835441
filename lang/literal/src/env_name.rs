//! Names of environment variables, as POSIX shells accept them.

use super::{LiteralError, first_refused, shown};

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    if text.is_empty() {
        return Err(LiteralError::new(0..0, "an environment variable needs a name"));
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(LiteralError::new(
            0..1,
            "the name of an environment variable does not begin with a digit",
        ));
    }
    match first_refused(text, |c| c.is_ascii_alphanumeric() || c == '_') {
        Some((range, c)) => {
            let message = format!("{} cannot stand in the name of an environment variable", shown(c));
            let error = LiteralError::new(range, message);
            Err(if c == '-' || c == '.' { error.replace("_") } else { error })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(check("PATH").is_ok() && check("_x1").is_ok() && check("P_\0").is_ok());
        for (bad, at) in [("A-B", "-"), ("1A", "1"), ("A=B", "="), ("A B", " "), ("", "")] {
            assert_eq!(&bad[check(bad).expect_err(bad).range], at, "{bad:?}");
        }
    }
}
