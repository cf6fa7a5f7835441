//! Strings and scripts. Their bytes are the author's; only the indentation that a script's lines have in common follows
//! the code around it.

use super::Formatter;
use super::doc::{Doc, concat, hard, indent, raw, text};
use crate::ast::{ScriptLit, Shell, StrLit};
use crate::build::ScriptLines;

impl Formatter<'_> {
    /// A string, as it stands.
    pub(super) fn string(&mut self, literal: &StrLit) -> Doc {
        raw(self.slice(literal.span))
    }

    /// A script; one of several lines is indented with its place.
    pub(super) fn script(&mut self, literal: &ScriptLit) -> Doc {
        let source = self.slice(literal.span);
        if !literal.triple || !source.contains('\n') {
            return raw(source);
        }
        let open = match literal.shell {
            Shell::Sh => "sh\"\"\"",
            Shell::Bash => "bash\"\"\"",
        };
        let body = source.strip_prefix(open).and_then(|rest| rest.strip_suffix("\"\"\""));
        let Some(ScriptLines { first, lines, closed }) = body.map(ScriptLines::of) else {
            return raw(source);
        };
        let mut inner = Vec::new();
        for line in lines {
            inner.extend([hard(false), raw(line)]);
        }
        let mut parts = vec![text(open), raw(first), indent(concat(inner))];
        if closed {
            parts.push(hard(false));
        }
        parts.push(text("\"\"\""));
        concat(parts)
    }
}
