//! Patterns and binders.

use super::Formatter;
use super::doc::{Doc, bracketed, concat, group, indent, line, soft, text};
use crate::ast::{Binder, BinderKind, Name, Pattern, PatternArg, PatternKind};

impl Formatter<'_> {
    pub(super) fn binder(&mut self, binder: &Binder) -> Doc {
        match &binder.kind {
            BinderKind::Name(name) => text(name.text.as_str()),
            BinderKind::Wildcard => text("_"),
            BinderKind::Tuple(parts) => {
                let parts = parts.iter().map(|part| self.binder(part)).collect();
                bracketed("(", parts, ")")
            }
            BinderKind::Error => text(self.slice(binder.span)),
        }
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern) -> Doc {
        match &pattern.kind {
            PatternKind::Wildcard => text("_"),
            PatternKind::Bind(name) => text(name.text.as_str()),
            PatternKind::Number { negative, value } => {
                text(format!("{}{}", if *negative { "-" } else { "" }, value.text))
            }
            PatternKind::String(literal) => self.string(literal),
            PatternKind::Bool(value) => text(if *value { "true" } else { "false" }),
            PatternKind::None => text("none"),
            PatternKind::Some(inner) => {
                let inner = self.pattern(inner);
                concat([text("some"), bracketed("(", vec![inner], ")")])
            }
            PatternKind::Variant { path, name, args, rest } => {
                self.variant_pattern(path, name, args.as_deref(), *rest)
            }
            PatternKind::Tuple(parts) => bracketed("(", self.patterns(parts), ")"),
            PatternKind::List(parts) => bracketed("[", self.patterns(parts), "]"),
            PatternKind::Or(parts) => self.alternatives(parts),
            PatternKind::Error => text(self.slice(pattern.span)),
        }
    }

    fn patterns(&mut self, patterns: &[Pattern]) -> Vec<Doc> {
        patterns.iter().map(|pattern| self.pattern(pattern)).collect()
    }

    fn variant_pattern(
        &mut self,
        path: &[Name],
        name: &Name,
        args: Option<&[PatternArg]>,
        rest: bool,
    ) -> Doc {
        let mut head = String::new();
        for part in path {
            head.push_str(&part.text);
            head.push('.');
        }
        head.push_str(&name.text);
        let Some(args) = args else { return text(head) };
        let mut parts: Vec<Doc> = args.iter().map(|arg| self.pattern_arg(arg)).collect();
        if rest {
            parts.push(text(".."));
        }
        concat([text(head), bracketed("(", parts, ")")])
    }

    fn pattern_arg(&mut self, arg: &PatternArg) -> Doc {
        let pattern = self.pattern(&arg.pattern);
        match &arg.name {
            Some(name) => concat([text(format!("{}: ", name.text)), pattern]),
            None => pattern,
        }
    }

    /// `A | B`; what does not fit goes on with `|` on the next line.
    fn alternatives(&mut self, parts: &[Pattern]) -> Doc {
        let mut docs = parts.iter().map(|part| {
            let doc = self.pattern(part);
            match part.kind {
                PatternKind::Or(_) => concat([text("("), doc, text(")")]),
                _ => doc,
            }
        });
        let Some(first) = docs.next() else { return soft() };
        let rest: Vec<Doc> = docs.map(|doc| concat([line(), text("| "), doc])).collect();
        group(concat([first, indent(concat(rest))]))
    }
}
