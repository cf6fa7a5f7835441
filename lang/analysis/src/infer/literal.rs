//! Numbers and strings, which take the type that is expected.

use pipe_diagnostics::{Edit, Fix};
use pipe_literal::{HOLE, LiteralError, check_literal, check_percent, check_port};
use pipe_syntax::Span;
use pipe_syntax::ast::{NumLit, NumValue, StrLit, StrPart, TextPart};

use super::Infer;
use super::context::{broken, typed};
use super::expected::{Purpose, Want};
use crate::place::Finding;
use crate::typed::{CheckedKind, Expr, ExprKind, TextPiece, Type};

impl Infer<'_> {
    pub(crate) fn number(&mut self, number: &NumLit, want: Want<'_>) -> Expr {
        let span = number.span;
        match (&number.value, self.target(want)) {
            (NumValue::Int(value), Some(Type::Float)) => {
                typed(ExprKind::Float((*value as f64).to_bits()), Type::Float, span)
            }
            (NumValue::Int(value), Some(Type::Checked(kind))) => self.checked_number(*value, kind, number),
            (NumValue::Int(value), _) => typed(ExprKind::Int(*value), Type::Int, span),
            (NumValue::Float(_), Some(Type::Checked(kind @ (CheckedKind::Port | CheckedKind::Percent)))) => {
                let message = match kind {
                    CheckedKind::Port => check_port(0),
                    _ => check_percent(-1),
                };
                let message = message.err().unwrap_or_default();
                self.report(self.error(code(kind), message, span));
                broken(span)
            }
            (NumValue::Float(bits), _) => typed(ExprKind::Float(*bits), Type::Float, span),
            (NumValue::Duration(ns), _) => typed(ExprKind::Duration(*ns), Type::Duration, span),
            (NumValue::Size(bytes), _) => typed(ExprKind::Size(*bytes), Type::Size, span),
            (NumValue::Bad, _) => broken(span),
        }
    }

    /// A port or a percentage. Like every checked literal it is its text.
    fn checked_number(&mut self, value: i64, kind: CheckedKind, number: &NumLit) -> Expr {
        let checked = match kind {
            CheckedKind::Port => check_port(value),
            CheckedKind::Percent => check_percent(value),
            CheckedKind::Mode => {
                self.report(quoted_number(self, number, kind, &format!("\"{:0>4}\"", number.text)));
                return broken(number.span);
            }
            CheckedKind::Version => {
                self.report(quoted_number(self, number, kind, &format!("\"{}\"", number.text)));
                return broken(number.span);
            }
            _ => return typed(ExprKind::Int(value), Type::Int, number.span),
        };
        if let Err(message) = checked {
            self.report(self.error(code(kind), message, number.span));
            return broken(number.span);
        }
        let text = TextPiece::Fixed(value.to_string().into());
        typed(ExprKind::Text([text].into()), Type::Checked(kind), number.span)
    }

    /// `-80` where a port or a percentage is expected: it is reported as what it is.
    pub(crate) fn negative_number(&mut self, number: &NumLit, span: Span, want: Want<'_>) -> Option<Expr> {
        let Some(Type::Checked(kind @ (CheckedKind::Port | CheckedKind::Percent))) = self.target(want) else {
            return None;
        };
        let NumValue::Int(value) = &number.value else { return None };
        let checked = match kind {
            CheckedKind::Port => check_port(value.saturating_neg()),
            _ => check_percent(value.saturating_neg()),
        };
        self.report(self.error(code(kind), checked.err()?, span));
        Some(broken(span))
    }

    pub(crate) fn string(&mut self, string: &StrLit, want: Want<'_>) -> Expr {
        let purpose = want.expected().map_or(Purpose::Value, |expected| expected.purpose);
        let mut pieces = Vec::with_capacity(string.parts.len());
        let mut holes_fit = true;
        for part in &string.parts {
            match part {
                StrPart::Text(text) => pieces.push(TextPiece::Fixed(text.cooked.clone())),
                StrPart::Hole { expr, .. } => match self.text_hole(expr, purpose) {
                    Some(hole) => pieces.push(TextPiece::Hole(hole)),
                    None => holes_fit = false,
                },
            }
        }
        let ty = match self.target(want) {
            Some(Type::Checked(kind)) => match self.check_string(kind, string) {
                true => Type::Checked(kind),
                false => return broken(string.span),
            },
            _ => Type::String,
        };
        let kind = if holes_fit { ExprKind::Text(pieces.into()) } else { ExprKind::Error };
        typed(kind, ty, string.span)
    }

    /// Checks a string against the form of a kind; the error lies inside the string.
    pub(crate) fn check_string(&mut self, kind: CheckedKind, string: &StrLit) -> bool {
        let layout = Layout::of(string);
        let wrong = layout.control().or_else(|| check_literal(kind, &layout.text).err());
        let Some(wrong) = wrong else { return true };
        let span = layout.source(&wrong.range).unwrap_or(string.span);
        let mut found = self.error(code(kind), wrong.message(), span);
        let LiteralError { help, replacement, range, .. } = wrong;
        found.help = help;
        if let Some(replacement) = replacement {
            let title =
                if replacement.is_empty() { "remove it".into() } else { format!("write `{replacement}`") };
            let place = self.place(if range.is_empty() { string.span } else { span });
            let edits = vec![Edit { place, text: replacement }];
            found.fixes.push(Fix { title, edits, automatic: false });
        }
        self.report(found);
        false
    }
}

/// The code of the diagnostic for a bad literal of a kind.
pub(crate) fn code(kind: CheckedKind) -> &'static str {
    match kind {
        CheckedKind::ImageRef => "bad-image",
        CheckedKind::Platform => "bad-platform",
        CheckedKind::Path => "bad-path",
        CheckedKind::Glob => "bad-glob",
        CheckedKind::Regex => "bad-regex",
        CheckedKind::Url => "bad-url",
        CheckedKind::GitRef => "bad-git-ref",
        CheckedKind::Version => "bad-version",
        CheckedKind::Port => "bad-port",
        CheckedKind::Percent => "bad-percent",
        CheckedKind::Mode => "bad-mode",
        CheckedKind::EnvName => "bad-env-name",
    }
}

fn quoted_number(infer: &Infer<'_>, number: &NumLit, kind: CheckedKind, text: &str) -> Finding {
    let what = if kind == CheckedKind::Mode { "a mode" } else { "a version" };
    let found = infer.error(code(kind), format!("{what} is written in quotes"), number.span);
    found.fix(format!("write `{text}`"), infer.place(number.span), text)
}

/// The text of a string with a mark for each hole, and where each piece came from.
struct Layout<'a> {
    text: String,
    /// Where in `text` each part begins.
    parts: Vec<(usize, &'a StrPart)>,
}

impl<'a> Layout<'a> {
    fn of(string: &'a StrLit) -> Layout<'a> {
        let mut layout = Layout { text: String::new(), parts: Vec::new() };
        for part in &string.parts {
            layout.parts.push((layout.text.len(), part));
            match part {
                StrPart::Text(text) => layout.text.push_str(&text.cooked),
                StrPart::Hole { .. } => layout.text.push(HOLE),
            }
        }
        layout
    }

    /// A character that would be taken for a hole.
    fn control(&self) -> Option<LiteralError> {
        self.parts.iter().find_map(|(start, part)| match part {
            StrPart::Text(text) => {
                let at = start + text.cooked.find(HOLE)?;
                Some(LiteralError::new(at..at + 1, "the character U+0000 cannot stand here"))
            }
            StrPart::Hole { .. } => None,
        })
    }

    /// Where a range of the text stands in the source; `None` for an empty one.
    fn source(&self, range: &std::ops::Range<usize>) -> Option<Span> {
        let mut spans = self.parts.iter().filter_map(|(start, part)| match part {
            StrPart::Text(text) => within(text, *start, range),
            StrPart::Hole { span, .. } => range.contains(start).then_some(*span),
        });
        let first = spans.next()?;
        Some(spans.fold(first, Span::to))
    }
}

fn within(text: &TextPart, start: usize, range: &std::ops::Range<usize>) -> Option<Span> {
    let from = range.start.max(start) - start;
    let to = range.end.min(start + text.cooked.len()).checked_sub(start)?;
    (from < to).then(|| text.source(from..to))
}
