//! File modes: three or four octal digits, as `chmod` takes them.

use super::{HOLE, LiteralError};

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    let octal = text.chars().all(|c| ('0'..='7').contains(&c) || c == HOLE);
    let length = text.contains(HOLE) || (3..=4).contains(&text.len());
    if octal && length {
        return Ok(());
    }
    Err(LiteralError::new(0..text.len(), "a mode is three or four octal digits, like \"0755\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        assert!(check("755").is_ok() && check("0644").is_ok() && check("0\0").is_ok());
        assert!(
            check("0955").is_err() && check("u+x").is_err() && check("").is_err() && check("77777").is_err()
        );
    }
}
