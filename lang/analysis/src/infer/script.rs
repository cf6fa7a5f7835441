//! Scripts: what may be inserted, and where.

use pipe_syntax::Span;
use pipe_syntax::ast::{HolePosition, HoleRefusal, ScriptLit, ScriptPart};

use super::Infer;
use super::context::typed;
use super::mismatch::{is_list_of_secrets, is_secret};
use crate::checks::hole;
use crate::place::Finding;
use crate::typed::{Expr, ExprKind, ScriptPiece, Type};

impl Infer<'_> {
    pub(crate) fn script(&mut self, script: &ScriptLit) -> Expr {
        let mut parts = Vec::with_capacity(script.parts.len());
        let mut fits = true;
        for (index, part) in script.parts.iter().enumerate() {
            match part {
                ScriptPart::Text(text) => {
                    self.shell_variables(script, text);
                    parts.push(ScriptPiece::Fixed(text.cooked.clone()));
                }
                ScriptPart::Hole { expr, position, span } => {
                    let expr = self.infer(expr);
                    if self.script_hole(&expr, script, index, *position, *span) {
                        parts.push(ScriptPiece::Hole { expr, position: *position, span: *span });
                    } else {
                        fits = false;
                    }
                }
            }
        }
        if fits {
            typed(ExprKind::Script { shell: script.shell, parts: parts.into() }, Type::Command, script.span)
        } else {
            typed(ExprKind::Error, Type::Command, script.span)
        }
    }

    /// Whether the value can stand in the hole; reported when not. The first reason counts.
    fn script_hole(
        &mut self,
        expr: &Expr,
        script: &ScriptLit,
        index: usize,
        position: HolePosition,
        span: Span,
    ) -> bool {
        let ty = self.table.follow(&expr.ty);
        let found = if is_list_of_secrets(&ty) {
            self.secrets_in_list(expr, true)
        } else if is_secret(&ty) {
            let quote = if script.triple { "\"" } else { "\\\"" };
            match position {
                HolePosition::Word { .. } => {
                    let variable = format!("{quote}$NAME{quote}");
                    self.secret_in_command(expr, Some((span, &variable)))
                }
                HolePosition::DoubleQuotes => self.secret_in_command(expr, Some((span, "$NAME"))),
                HolePosition::Heredoc | HolePosition::Refused(_) => self.secret_in_command(expr, None),
            }
        } else if let HolePosition::Refused(reason) = position {
            self.refused(script, index, reason, span)
        } else if let Type::List(element) = &ty {
            if !self.has_text_form(element) {
                self.no_text_form(expr, element)
            } else if let Some(found) = self.list_hole(position, span) {
                found
            } else {
                return true;
            }
        } else if self.has_text_form(&ty) {
            return true;
        } else {
            self.no_text_form(expr, &ty)
        };
        self.report(found);
        false
    }

    fn list_hole(&self, position: HolePosition, span: Span) -> Option<Finding> {
        let message = match position {
            HolePosition::Word { glued: false } => return None,
            HolePosition::Word { glued: true } => "a list cannot be part of a word",
            _ => "a list cannot stand inside quotes",
        };
        let found =
            self.error("list-hole", message, span).role("this is a list: each element becomes a word");
        Some(found.help("put white space around it, or join it to one text: `xs.join(\",\")`"))
    }

    fn refused(&self, script: &ScriptLit, index: usize, reason: HoleRefusal, span: Span) -> Finding {
        let found = self.error("hole-position", hole::message(reason), span);
        let found = found.help(hole::help(reason));
        match hole::fix(script, index, reason) {
            Some(fix) => {
                let edits = fix
                    .edits
                    .into_iter()
                    .map(|(span, text)| pipe_diagnostics::Edit { place: self.place(span), text });
                found.suggestion(fix.title, edits.collect())
            }
            None => found,
        }
    }

    /// `sh"${version}"` where `version` is a name of the program: probably a hole with one brace too few.
    fn shell_variables(&mut self, script: &ScriptLit, text: &pipe_syntax::ast::TextPart) {
        for (range, name) in hole::braced_variables(&text.cooked) {
            let known = self.local(name).is_some() || self.own_value(name);
            if !known || hole::assigned(script, name) {
                continue;
            }
            let span = text.source(range);
            let message =
                format!("`${{{name}}}` is a variable of the shell, not the `{name}` of this program");
            let found = self.warning("shell-variable", message, span);
            let found = found.help(format!("insert the value with two braces: `${{{{ {name} }}}}`"));
            let place = self.place(span);
            self.report(found.fix(format!("write `${{{{ {name} }}}}`"), place, format!("${{{{ {name} }}}}")));
            // It is meant, so it is no unused `let` as well.
            self.use_local(name);
        }
    }

    fn own_value(&self, name: &str) -> bool {
        self.names.own_value(name).is_some()
    }
}
