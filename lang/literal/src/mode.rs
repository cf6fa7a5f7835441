//! File modes: three or four octal digits, as `chmod` takes them.

use super::{HOLE, LiteralError, first_refused};

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    let message = "a mode is three or four octal digits, like \"0755\"";
    if let Some((range, _)) = first_refused(text, |c| ('0'..='7').contains(&c)) {
        return Err(LiteralError::new(range, message));
    }
    let digits = text.chars().filter(|c| *c != HOLE).count();
    let fits = if text.contains(HOLE) { digits <= 4 } else { (3..=4).contains(&digits) };
    if fits { Ok(()) } else { Err(LiteralError::new(0..text.len(), message)) }
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
