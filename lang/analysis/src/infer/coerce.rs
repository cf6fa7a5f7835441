//! The conversions of the language: `T` to `T?`, into `Tree` and `Command`, and texts to paths, globs and names of
//! environment variables.

use pipe_syntax::Nested;

use super::Infer;
use super::context::typed;
use super::expected::Expected;
use super::table::first_variable;
use crate::typed::{CheckedKind, Conversion, Expr, ExprKind, Type};

impl Infer<'_> {
    /// Converts an expression to what is expected; what does not fit is reported.
    pub(crate) fn coerce(&mut self, expr: Expr, expected: &Expected) -> Expr {
        if expected.or_optional
            && let Type::Optional(inner) = self.table.resolve(&expr.ty)
            && self.table.try_unify(&inner, &expected.ty)
        {
            return expr;
        }
        match self.convert(expr, &expected.ty) {
            Ok(expr) => expr,
            Err(expr) => {
                self.mismatch(&expr, expected);
                typed(ExprKind::Error, expected.ty.clone(), expr.span)
            }
        }
    }

    fn convert(&mut self, expr: Expr, wanted: &Type) -> Result<Expr, Box<Expr>> {
        let actual = self.table.resolve(&expr.ty);
        let wanted = self.table.resolve(wanted);
        match (&actual, &wanted) {
            (_, Type::Error) => {
                self.silence(&actual);
                Ok(expr)
            }
            (Type::Error, Type::Variable(_)) => self.unified(expr, &wanted),
            (Type::Error | Type::Never, _) => Ok(expr),
            (Type::Optional(_) | Type::Variable(_), Type::Optional(_)) | (_, Type::Variable(_)) => {
                self.unified(expr, &wanted)
            }
            (_, Type::Optional(inner)) => {
                let expr = self.convert(expr, inner)?;
                Ok(converted(expr, Conversion::ToOptional, wanted))
            }
            (Type::Opaque(global, _), Type::Tree) if is_tree(&global.module.0, &global.name) => {
                Ok(converted(expr, Conversion::ToTree, Type::Tree))
            }
            (Type::List(element), Type::Command) => {
                if self.table.try_unify(element, &Type::String) {
                    Ok(converted(expr, Conversion::ToCommand, Type::Command))
                } else {
                    Err(Box::new(expr))
                }
            }
            (Type::String, Type::Checked(kind)) if taken_unchecked(*kind) => {
                Ok(converted(expr, Conversion::Check(*kind), wanted))
            }
            _ => self.unified(expr, &wanted),
        }
    }

    /// What is not known of a type whose place was reported will not be asked for.
    fn silence(&mut self, ty: &Type) {
        let mut unknown = self.table.follow(ty);
        while let Some(id) = first_variable(&unknown, &|_| true) {
            self.table.unify(&Type::Variable(id), &Type::Error);
            unknown = self.table.follow(&unknown);
        }
    }

    fn unified(&mut self, expr: Expr, wanted: &Type) -> Result<Expr, Box<Expr>> {
        if self.table.try_unify(&expr.ty, wanted) { Ok(expr) } else { Err(Box::new(expr)) }
    }
}

/// The kinds for which any text is taken and checked when it is known.
pub(crate) fn taken_unchecked(kind: CheckedKind) -> bool {
    matches!(kind, CheckedKind::Path | CheckedKind::Glob | CheckedKind::EnvName)
}

/// The two types that `Tree` is the union of.
fn is_tree(module: &str, name: &str) -> bool {
    module == "std/prelude" && matches!(name, "Dir" | "File")
}

pub(crate) fn converted(expr: Expr, conversion: Conversion, ty: Type) -> Expr {
    let span = expr.span;
    typed(ExprKind::Convert { conversion, expr: Nested::new(expr) }, ty, span)
}
