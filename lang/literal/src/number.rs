//! Ports and percentages: written as numbers, without quotes.

use super::{HOLE, LiteralError};

/// A port is 1 to 65535.
///
/// # Errors
/// When it is none.
pub fn check_port(value: i64) -> Result<(), String> {
    if (1..=65535).contains(&value) { Ok(()) } else { Err("a port is a number from 1 to 65535".into()) }
}

/// A percentage is 0 to 100.
///
/// # Errors
/// When it is none.
pub fn check_percent(value: i64) -> Result<(), String> {
    if (0..=100).contains(&value) { Ok(()) } else { Err("a percentage is a number from 0 to 100".into()) }
}

/// Text in quotes where such a number belongs.
pub(super) fn quoted(what: &str, text: &str) -> Result<(), LiteralError> {
    let error = LiteralError::new(0..0, format!("a {what} is a number, without quotes"));
    Err(if text.contains(HOLE) {
        error.help("a text is read by `Port.parse(text)` or `Percent.parse(text)`")
    } else if let number = text.trim_end_matches('%')
        && !number.is_empty()
        && number.len() < 6
        && number.chars().all(|c| c.is_ascii_digit())
    {
        error.replace(number)
    } else {
        error
    })
}

/// Text that is such a number's digits.
pub(super) fn digits(text: &str, check: fn(i64) -> Result<(), String>) -> Result<(), LiteralError> {
    let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    // What is no number is none of the right size either.
    check(number.unwrap_or(-1)).map_err(|reason| LiteralError::new(0..text.len(), reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert!(check_port(1).is_ok() && check_port(65535).is_ok());
        assert!(check_port(0).is_err() && check_port(65536).is_err());
        assert!(check_percent(0).is_ok() && check_percent(100).is_ok());
        assert!(check_percent(-1).is_err() && check_percent(101).is_err());
    }

    #[test]
    fn digits_are_read() {
        assert!(digits("80", check_port).is_ok() && digits("080", check_port).is_ok());
        for bad in ["", "+80", "-1", "80 ", "8O", "65536", "99999999999999999999"] {
            assert!(digits(bad, check_port).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn quotes_go() {
        assert_eq!(quoted("port", "80").expect_err("bad").replacement.as_deref(), Some("80"));
        assert_eq!(quoted("port", "http").expect_err("bad").replacement, None);
    }
}
