//! Which values have a text form, for holes of strings and scripts.

use pipe_syntax::ast;

use super::Infer;
use super::expected::Purpose;
use super::mismatch::{is_secret, without_optional};
use crate::checks;
use crate::place::Finding;
use crate::typed::{Expr, Type};

impl Infer<'_> {
    /// `${expr}` in a string. `None` when it has no text form, which is reported.
    pub(crate) fn text_hole(&mut self, e: &ast::Expr, purpose: Purpose) -> Option<Expr> {
        let expr = self.infer(e);
        let ty = self.table.follow(&expr.ty);
        if self.has_text_form(&ty) {
            return Some(expr);
        }
        let found = match is_secret(without_optional(&ty)) {
            true => self.secret(&expr, purpose),
            false => self.no_text_form(&expr, &ty),
        };
        self.report(found);
        None
    }

    pub(crate) fn has_text_form(&self, ty: &Type) -> bool {
        checks::has_text_form(self.db, ty)
    }

    /// A value that cannot stand in a text, or that holds a secret.
    pub(crate) fn no_text_form(&self, expr: &Expr, ty: &Type) -> Finding {
        if checks::no_data(self.db, ty).as_deref() == Some("Secret") {
            return self.holds_secret(expr, ty);
        }
        let found =
            self.error("no-text-form", format!("{} has no text form", article(&ty.to_string())), expr.span);
        match ty {
            Type::Optional(inner) if self.has_text_form(inner) => {
                found.help("it may be none: give another value with `??`, or take it apart with `match`")
            }
            Type::List(inner) if matches!(**inner, Type::String) => {
                found.help("put its texts together: `.join(\" \")`")
            }
            Type::Action(_) => found.help("`do` runs it and gives its result"),
            Type::Function { .. } => found.help("call it"),
            Type::Opaque(global, _) if &*global.name == "File" => found.help("its text is `.contents`"),
            Type::Opaque(global, _) if matches!(&*global.name, "Container" | "Check") => {
                found.help("what it printed is `.stdout`")
            }
            Type::Enum(..) => found.help("only an enum without payloads has one; use `match`"),
            Type::Variable(_) => {
                let message = "the type of this value is not known here";
                self.error("ambiguous-type", message, expr.span).help("write the type where it is bound")
            }
            _ => found,
        }
    }
}

/// A type with its article, in code marks: "a `Container`", "an `Int`".
pub(crate) fn article(name: &str) -> String {
    let vowel = name.starts_with(['A', 'E', 'I', 'O']);
    format!("{} `{name}`", if vowel { "an" } else { "a" })
}
