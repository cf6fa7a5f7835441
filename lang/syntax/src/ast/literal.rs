//! Literals: numbers with units, strings with holes, scripts with quoting positions.

use super::{Expr, Symbol};
use crate::{Nested, Span};
use std::sync::Arc;

/// A number, with a unit if one is glued to it: `10`, `1_000`, `0.5`, `10min`, `1h30min`, `512MiB`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NumLit {
    /// The text as written.
    pub text: Symbol,
    /// What it is.
    pub value: NumValue,
    /// Where it stands.
    pub span: Span,
}

/// The meaning of a number token. Units: durations `ms s min h d`, sizes `B kB MB GB KiB MiB GiB`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NumValue {
    /// A whole number.
    Int(i64),
    /// A number with a point; the bits of an `f64`, so that trees compare and hash.
    Float(u64),
    /// Nanoseconds.
    Duration(i64),
    /// Bytes.
    Size(u64),
    /// Out of range, or an unknown unit; reported by the parser.
    Bad,
}

/// A string literal with its holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrLit {
    /// Text and holes in turn.
    pub parts: Box<[StrPart]>,
    /// `"""`.
    pub triple: bool,
    /// With the quotes.
    pub span: Span,
}

impl StrLit {
    /// The text, if there is no hole.
    pub fn constant(&self) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                StrPart::Text(text) => out.push_str(&text.cooked),
                StrPart::Hole { .. } => return None,
            }
        }
        Some(out)
    }
}

/// A piece of a string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StrPart {
    /// Fixed text.
    Text(TextPart),
    /// `${expr}`.
    Hole {
        /// The expression.
        expr: Nested<Expr>,
        /// From `$` to `}`.
        span: Span,
    },
}

/// Fixed text of a literal: what it means, and where each byte came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPart {
    /// The text after escapes and indentation were taken away.
    pub cooked: Arc<str>,
    /// The source it came from.
    pub span: Span,
    /// Breakpoints `(offset in cooked, offset in source)`, first at `(0, span.start)`: between two of them the text
    /// is the source's, byte for byte. None when that first one is the only one.
    pub map: Box<[(u32, u32)]>,
}

impl TextPart {
    /// The source span of a range of the cooked text: where an error inside a checked literal points.
    pub fn source(&self, cooked: std::ops::Range<usize>) -> Span {
        let at = |offset: u32| {
            let i = self.map.partition_point(|&(c, _)| c <= offset).saturating_sub(1);
            let (c, s) = self.map.get(i).copied().unwrap_or((0, self.span.start));
            (s + (offset - c)).min(self.span.end)
        };
        let start = at(cooked.start as u32);
        // A character that is written as an escape ends where the next one begins.
        let next = self.map.iter().find(|&&(c, _)| c as usize == cooked.end).map(|&(_, s)| s);
        let end = match cooked.end > cooked.start {
            true => next.unwrap_or_else(|| at(cooked.end as u32 - 1) + 1),
            false => start,
        };
        Span { start, end: end.min(self.span.end) }
    }
}

/// A script literal: `sh"…"`, `bash"""…"""`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptLit {
    /// Which shell runs it.
    pub shell: Shell,
    /// Text and holes in turn. Text is as the shell sees it (common indentation and the first newline are gone,
    /// `$${{` is `${{`).
    pub parts: Box<[ScriptPart]>,
    /// `"""`.
    pub triple: bool,
    /// From the shell's name to the last quote.
    pub span: Span,
}

/// The shells a script literal can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shell {
    /// `/bin/sh -e -c`.
    Sh,
    /// `bash -eo pipefail -c`.
    Bash,
}

/// A piece of a script literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptPart {
    /// Fixed text.
    Text(TextPart),
    /// `${{ expr }}`.
    Hole {
        /// The expression.
        expr: Nested<Expr>,
        /// Where the shell's quoting puts it.
        position: HolePosition,
        /// From `$` to the last `}`.
        span: Span,
    },
}

/// Where a hole stands in the shell's grammar, which decides how its value is inserted, or that it cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HolePosition {
    /// A word of its own or a part of one: becomes `"$PIPE_1"`. `glued` when other text belongs to the same word: then a list
    /// cannot stand here.
    Word {
        /// Other text belongs to the same word.
        glued: bool,
    },
    /// Inside `"…"`: becomes `${PIPE_1}`. A list cannot stand here.
    DoubleQuotes,
    /// Inside a here-document whose delimiter is not quoted: becomes `${PIPE_1}`. A list cannot stand here.
    Heredoc,
    /// A value cannot be inserted here.
    Refused(HoleRefusal),
}

/// Why a hole cannot stand where it does. Each is one diagnostic with its own fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoleRefusal {
    /// Inside `'…'` or `$'…'`.
    SingleQuotes,
    /// Inside a here-document whose delimiter is quoted.
    QuotedHeredoc,
    /// Part of a here-document's delimiter.
    HeredocDelimiter,
    /// In a comment.
    Comment,
    /// Inside backquotes.
    Backquotes,
    /// Inside `$((…))` or `((…))`.
    Arithmetic,
    /// Inside `${…}` of the shell.
    ParameterExpansion,
    /// An argument of `eval`, `trap` or another builtin that reads its words as a script.
    Eval,
    /// The script argument of a nested interpreter: `sh -c "…"`, `ssh host "…"`, `python -c`, `awk`.
    NestedScript,
    /// Directly behind an unescaped `\` or `$`, which would change the quoting that the hole needs.
    AfterEscape,
}
