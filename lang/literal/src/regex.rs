//! Regular expressions, in the syntax of the `regex` crate.

use regex_syntax::ast::parse::Parser as AstParser;
use regex_syntax::hir::translate::Translator;

use super::{HOLE, LiteralError};

/// Bytes that a compiled expression may take, as when one is used.
pub const MAX_PROGRAM: usize = 1 << 20;

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    let fixed = text.replace(HOLE, "x");
    let ast = AstParser::new().parse(&fixed).map_err(|error| wrong(error.kind(), error.span()))?;
    Translator::new().translate(&fixed, &ast).map_err(|error| wrong(error.kind(), error.span()))?;
    // What remains is size: `a{1000}{1000}`.
    regex::RegexBuilder::new(&fixed).size_limit(MAX_PROGRAM).build().map(|_| ()).map_err(|_| {
        LiteralError::not("a regular expression", 0..text.len(), "it would grow beyond the size limit")
    })
}

fn wrong(kind: &dyn std::fmt::Display, span: &regex_syntax::ast::Span) -> LiteralError {
    LiteralError::not("a regular expression", span.start.offset..span.end.offset, kind.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        for good in ["^v([0-9]+)$", "", "\0+", r"\d{2}"] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        let error = check("ab(c").expect_err("bad");
        assert_eq!(error.message(), "not a regular expression: unclosed group");
        assert_eq!(error.range, 2..3);
        assert!(check("a{1000}{1000}{1000}").is_err());
    }
}
